"""The image–text embedder on towers whose answers can be counted by hand."""

import json
from pathlib import Path

import numpy as np
import pytest

from serve_app.errors import ModelServerError
from serve_app.models.image_text import MAX_BATCH, MAX_TOKENS, ImageTextModel, Towers
from serve_app.models.pictures import Image
from tests.serve_app.models.towers import CUTOFFS, DIMENSION, SIDE_PX, VERSION, write_towers


def plain(red: int, green: int, blue: int, side_px: int = 20) -> Image:
    return np.full((side_px, side_px, 3), (red, green, blue), np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_towers(tmp_path / "weights")


@pytest.fixture
def model(folder: Path) -> ImageTextModel:
    return ImageTextModel(folder)


def test_it_knows_its_version_its_size_and_what_was_fitted(model: ImageTextModel) -> None:
    assert (model.version, model.dimension, model.side_px) == (VERSION, DIMENSION, SIDE_PX)
    assert model.calibration.cutoffs == {"default": CUTOFFS}


def test_pictures_and_words_meet_in_one_space(model: ImageTextModel) -> None:
    pictures = model.embed_images([plain(255, 0, 0), plain(0, 255, 0)])
    texts = model.embed_texts(["red", "green", "blue"])
    np.testing.assert_allclose(pictures @ texts.T, [[1, 0, 0], [0, 1, 0]], atol=1e-6)


def test_vectors_are_of_unit_length_and_as_many_as_the_inputs(model: ImageTextModel) -> None:
    many = [plain(10 + number, 90, 200 - number) for number in range(2 * MAX_BATCH + 1)]
    vectors = model.embed_images(many)
    assert vectors.shape == (len(many), DIMENSION)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert model.embed_images([]).shape == model.embed_texts([]).shape == (0, DIMENSION)


def test_a_texts_vector_does_not_depend_on_its_neighbours(model: ImageTextModel) -> None:
    together = model.embed_texts(["red", "green dress green dress green", "red"])
    assert together[0].tobytes() == together[2].tobytes() == model.embed_texts(["red"])[0].tobytes()


def test_a_text_is_read_up_to_the_limit_of_tokens(model: ImageTextModel) -> None:
    long, longer = (" ".join(["red"] * count + ["blue"] * 5) for count in (MAX_TOKENS - 5, MAX_TOKENS))
    red, blue = model.embed_texts(["red", "blue"])
    assert float(model.embed_texts([long])[0] @ blue) > 0.05
    np.testing.assert_allclose(model.embed_texts([longer])[0], red, atol=1e-6)


def test_an_attribute_is_read_where_it_is_sure_and_the_type_has_it(model: ImageTextModel) -> None:
    red, yellow = model.embed_images([plain(255, 0, 0), plain(255, 255, 0)])
    (sure,) = model.read_attributes("dress", red)
    assert (sure.name, sure.value) == ("pattern", "solid")
    assert 0.99 < sure.confidence <= 1
    assert model.read_attributes("shoes", red) == ()
    assert model.read_attributes("dress", yellow) == (), "half red, half green: neither is sure"


def test_the_chance_of_a_value_is_the_softmax_of_its_scaled_cosines(model: ImageTextModel) -> None:
    vector = np.array([0.8, 0.6, 0], np.float32)
    solid = model.embed_texts(["red", "red dress"]).mean(0) @ vector
    raised = np.exp(10 * np.array([solid, 0.6]))
    (found,) = model.read_attributes("top", vector)
    assert found.confidence == pytest.approx(raised[0] / raised.sum(), abs=1e-3)


@pytest.mark.parametrize("name", ["image_tower.onnx", "text_tower.onnx", "tokenizer.json", "image_text.json"])
def test_a_missing_file_is_named_with_the_way_out(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ModelServerError, match=rf"{name} are missing.*install.*catalog_jobs\.embedder") as caught:
        ImageTextModel(folder)
    assert caught.value.code == "bad_setting"


@pytest.mark.parametrize("name", ["image_tower.onnx", "text_tower.onnx", "tokenizer.json", "image_text.json"])
@pytest.mark.parametrize("data", [b"", b"\x00\xffnot what it was", b"{}"], ids=["empty", "noise", "an empty object"])
def test_a_damaged_file_is_named_with_the_way_out(folder: Path, name: str, data: bytes) -> None:
    (folder / name).write_bytes(data)
    with pytest.raises(ModelServerError, match=rf"{name} cannot be read.*install") as caught:
        ImageTextModel(folder)
    assert caught.value.code == "bad_setting"


def test_towers_of_two_trainings_are_refused(tmp_path: Path) -> None:
    folder = write_towers(tmp_path, text_version="ffffffffffff")
    with pytest.raises(ModelServerError, match=r"version ffffffffffff.*export both"):
        ImageTextModel(folder)


def test_a_fit_of_other_towers_is_refused(folder: Path) -> None:
    fitted = json.loads((folder / "image_text.json").read_text())
    (folder / "image_text.json").write_text(json.dumps(fitted | {"model_version": "ffffffffffff"}))
    with pytest.raises(ModelServerError, match=r"fitted for version ffffffffffff.*catalog_jobs\.embedder\.fit"):
        ImageTextModel(folder)


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param({"cutoffs": {}}, id="no cut-offs for the other types"),
        pytest.param({"attributes": [{"biases": {"solid": 0.0}}]}, id="a value without a bias"),
        pytest.param({"attributes": [{"prompts": {"solid": [], "striped": ["green"]}}]}, id="a value without a prompt"),
    ],
)
def test_a_fit_that_is_incomplete_is_refused(folder: Path, broken: dict[str, object]) -> None:
    fitted = json.loads((folder / "image_text.json").read_text())
    for name, value in broken.items():
        first = value[0] if isinstance(value, list) else None
        fitted[name] = [fitted[name][0] | first] if first else value
    (folder / "image_text.json").write_text(json.dumps(fitted))
    with pytest.raises(ModelServerError, match=r"image_text\.json cannot be read"):
        ImageTextModel(folder)


def test_the_towers_alone_need_no_fit(folder: Path) -> None:
    (folder / "image_text.json").unlink()
    assert Towers(folder).embed_texts(["red"]).shape == (1, DIMENSION)
