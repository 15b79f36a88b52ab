"""The exported files answer as torch does, and what bytes lose is told."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import pytest

torch = pytest.importorskip("torch", reason="the export needs torch: pip install 'reelwear[models]'")

from catalog_jobs.hub.export import export, main  # noqa: E402
from catalog_jobs.hub.loss import nearest, own, pictures_of, shared  # noqa: E402
from serve_app.errors import ModelServerError  # noqa: E402
from tests.serve_app.models.large.tiny_clip import DIMENSION, write_clip, write_open_clip, write_siglip  # noqa: E402

torch.set_num_threads(1)
# torch warns of its older exporter and traces of it; the newer one needs a package more.
pytestmark = pytest.mark.filterwarnings("ignore")

WRITERS: dict[str, Callable[[Path], Any]] = {"clip": write_clip, "siglip": write_siglip, "open_clip": write_open_clip}


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Class folders of drawn pictures, portrait and landscape."""
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for kind in ("dress", "hat"):
        (folder / kind).mkdir()
        for number in range(7):
            height, width = (80, 50) if number % 2 else (45, 70)
            coarse = rng.integers(0, 256, (5, 4, 3), np.uint8)
            cv2.imwrite(str(folder / kind / f"{number}.png"), cv2.resize(coarse, (width, height)))
    return folder


@pytest.fixture(scope="module", params=WRITERS)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model of each family."""
    folder = tmp_path_factory.mktemp(request.param)
    WRITERS[request.param](folder)
    return folder


@pytest.fixture(scope="module")
def made(model: Path, photos: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Any]]:
    """Where the model was exported to, and what was told of it, in floats and in bytes."""
    out = tmp_path_factory.mktemp("exported")
    files = pictures_of(photos, 100)
    return {kind: (out / kind, export(model, out / kind, kind == "int8", files)) for kind in ("float", "int8")}


def test_float_files_answer_as_torch_and_find_the_same_pictures(model: Path, made: dict[str, tuple[Path, Any]]) -> None:
    out, told = made["float"]
    assert told["name"] == model.name
    assert told["loss"]["texts"]["cosine"]["least"] > 0.9999
    assert told["loss"]["images"]["pictures"] == 14
    assert told["loss"]["images"]["cosine"]["least"] > 0.9999
    assert told["loss"]["images"]["neighbours"] == {"recall@1": 1.0, "recall@10": 1.0}
    assert {path.name for path in out.iterdir()} == set(told["bytes"])


def test_bytes_stay_near_and_tell_what_they_lose(model: Path, made: dict[str, tuple[Path, Any]]) -> None:
    told = made["int8"][1]
    images = told["loss"]["images"]
    assert told["name"] == f"{model.name}-int8"
    assert told["loss"]["texts"]["cosine"]["least"] > 0.99
    assert 0.99 < images["cosine"]["least"] <= images["cosine"]["mean"] <= 1.0
    assert 0.5 < images["neighbours"]["recall@10"] <= 1.0
    assert images["own"]["plain"].keys() == images["own"]["exported"].keys() == {"recall@1", "recall@10"}


def test_weights_are_bytes_and_multiplied_as_such(made: dict[str, tuple[Path, Any]]) -> None:
    for tower in ("image.onnx", "text.onnx"):
        graph = onnx.load(made["int8"][0] / tower).graph
        # Two layers of four products for the attention and two for what follows it.
        assert [node.op_type for node in graph.node].count("MatMulInteger") >= 2 * 6
        large = [tensor for tensor in graph.initializer if len(tensor.dims) == 2 and np.prod(tensor.dims) >= 256]
        assert large
        assert {tensor.data_type for tensor in large} == {onnx.TensorProto.INT8}


def test_a_version_tells_bytes_from_floats_and_comes_back(
    model: Path, made: dict[str, tuple[Path, Any]], tmp_path: Path
) -> None:
    again = export(model, tmp_path, False)["version"]
    assert again == made["float"][1]["version"] != made["int8"][1]["version"]


@pytest.mark.parametrize(
    ("lacking", "match"),
    [
        pytest.param("model.safetensors", r"holds no \*\.safetensors", id="no weights"),
        pytest.param("config.json", r"config\.json cannot be read", id="no config"),
    ],
)
def test_a_folder_without_a_model_is_refused_by_name(lacking: str, match: str, tmp_path: Path) -> None:
    write_clip(tmp_path)
    (tmp_path / lacking).unlink()
    with pytest.raises(ModelServerError, match=match):
        export(tmp_path, tmp_path / "out", False)
    assert not (tmp_path / "out").exists()


def test_the_command_prints_what_it_made(photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_clip(tmp_path)
    out = str(tmp_path / "out")
    capsys.readouterr()
    main(["--model", str(tmp_path), "--out", out, "--int8", "--images", str(photos / "hat")])
    made = json.loads(capsys.readouterr().out)
    assert made["loss"]["images"]["pictures"] == 7
    assert made["dimension"] == DIMENSION


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (["--model", "nowhere", "--out", "out"], "nowhere/config.json cannot be read"),
        (["--model", "nowhere", "--out", "out", "--images", "nothing"], "nothing is no folder; give a folder of pict"),
    ],
)
def test_the_command_refuses_by_name(arguments: list[str], match: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert match in capsys.readouterr().err


def test_pictures_may_lie_flat_or_in_classes_and_are_taken_evenly(photos: Path, tmp_path: Path) -> None:
    taken = [path.relative_to(photos).as_posix() for path in pictures_of(photos, 3)]
    assert taken == ["dress/0.png", "dress/6.png", "hat/6.png"]
    assert len(pictures_of(photos / "hat", 100)) == 7
    with pytest.raises(ValueError, match="has 0 pictures, fewer than two"):
        pictures_of(tmp_path, 3)


def test_neighbours_are_counted_by_hand() -> None:
    gallery = np.eye(4, dtype=np.float32)
    queries = np.array([[1, 0.5, 0.2, 0], [0, 0.4, 1, 0.6]], np.float32)
    found = nearest(queries, gallery)
    assert found.tolist() == [[0, 1, 2, 3], [2, 3, 1, 0]]
    other = np.array([[1, 0, 3, 2], [3, 0, 1, 2]])
    assert (shared(found, other, 1), shared(found, other, 2), shared(found, other, 10)) == (0.0, 0.75, 1.0)
    assert (own(found, 1), own(found, 3)) == (0.5, 1.0)
