"""The embedder from ONNX files says what torch says."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the large models need torch: pip install 'reelwear[models]'")

from catalog_jobs.evaluate.large import scale_and_bias  # noqa: E402
from catalog_jobs.hub.export import export  # noqa: E402
from serve_app.errors import ModelServerError  # noqa: E402
from serve_app.models.large.clip import load_clip  # noqa: E402
from serve_app.models.large.onnx_clip import EmbedderCard, load_onnx_clip  # noqa: E402
from serve_app.models.large.parts import Embedder  # noqa: E402
from tests.serve_app.models.large.tiny_clip import (  # noqa: E402
    PICTURES,
    TEXTS,
    change_json,
    least_cosine,
    write_clip,
    write_siglip,
)

torch.set_num_threads(1)
# torch warns of its older exporter and traces of it; the newer one needs a package more.
pytestmark = pytest.mark.filterwarnings("ignore")

CPU = torch.device("cpu")
WRITERS: dict[str, Callable[[Path], Any]] = {"clip": write_clip, "siglip": write_siglip}


@pytest.fixture(scope="module", params=WRITERS)
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model, exported to its folders float and int8."""
    folder = tmp_path_factory.mktemp(request.param)
    WRITERS[request.param](folder)
    for name in ("float", "int8"):
        export(folder, folder / name, name == "int8")
    return folder


@pytest.mark.parametrize(("kind", "least"), [("float", 0.9999), ("int8", 0.99)])
def test_vectors_are_those_of_torch(exported: Path, kind: str, least: float) -> None:
    wanted = load_clip(exported, CPU)
    got: Embedder = load_onnx_clip(exported / kind)
    assert got.dimension == wanted.dimension
    images, texts = got.embed_images(PICTURES), got.embed_texts(TEXTS)
    assert images.dtype == texts.dtype == torch.float32
    assert images.norm(dim=-1).numpy() == pytest.approx(np.ones(len(PICTURES)), abs=1e-5)
    assert least_cosine(images, wanted.embed_images(PICTURES)) > least
    assert least_cosine(texts, wanted.embed_texts(TEXTS)) > least


@pytest.mark.parametrize("kind", ["float", "int8"])
def test_what_is_beside_an_input_changes_no_vector(exported: Path, kind: str) -> None:
    embedder = load_onnx_clip(exported / kind)
    pictures = torch.cat([embedder.embed_images([picture]) for picture in PICTURES])
    texts = torch.cat([embedder.embed_texts([text]) for text in TEXTS])
    assert least_cosine(embedder.embed_images(PICTURES), pictures) > 0.99999
    assert least_cosine(embedder.embed_texts(TEXTS), texts) > 0.99999


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a second device")
def test_pictures_come_from_a_device_and_vectors_go_there(exported: Path) -> None:
    here, there = load_onnx_clip(exported / "float"), load_onnx_clip(exported / "float", 1, torch.device("cuda"))
    vectors = there.embed_images([picture.to("cuda") for picture in PICTURES])
    assert vectors.device.type == there.embed_texts(TEXTS).device.type == "cuda"
    assert least_cosine(vectors.cpu(), here.embed_images(PICTURES)) > 0.99999


def test_nothing_gives_no_rows(exported: Path) -> None:
    embedder = load_onnx_clip(exported / "float")
    assert embedder.embed_images([]).shape == embedder.embed_texts([]).shape == (0, embedder.dimension)


def test_the_card_says_what_was_exported(exported: Path) -> None:
    cards = {kind: EmbedderCard.load(exported / kind) for kind in ("float", "int8")}
    wanted = load_clip(exported, CPU)
    assert cards["float"].made_from == cards["int8"].made_from == f"{exported.name} {wanted.version}"
    assert cards["float"].looks == wanted.looks
    assert cards["float"].words == wanted.words.rules
    assert (cards["int8"].scale, cards["int8"].bias) == scale_and_bias(wanted)
    assert (cards["int8"].bias is None) == (exported.name.startswith("clip"))
    assert (cards["float"].is_int8, cards["int8"].is_int8) == (False, True)
    assert load_onnx_clip(exported / "int8").version == cards["int8"].version != cards["float"].version


@pytest.mark.parametrize(
    ("spoil", "match"),
    [
        pytest.param(
            lambda folder: (folder / "embedder.json").unlink(),
            r"embedder\.json cannot be read.*catalog_jobs\.hub\.export",
            id="no card",
        ),
        pytest.param(
            lambda folder: change_json(folder / "embedder.json", dimension="many"),
            r"embedder\.json cannot be read",
            id="damaged card",
        ),
        pytest.param(
            lambda folder: (folder / "text.onnx").unlink(),
            r"text\.onnx are missing.*catalog_jobs\.hub\.export",
            id="no text tower",
        ),
        pytest.param(
            lambda folder: (folder / "image.onnx").write_bytes(b"half a file"),
            r"image\.onnx cannot be read",
            id="damaged image tower",
        ),
        pytest.param(
            lambda folder: (folder / "tokenizer.json").unlink(), r"tokenizer\.json is missing", id="no tokenizer"
        ),
        pytest.param(
            lambda folder: (folder / "tokenizer.json").write_text("half a file"),
            r"tokenizer\.json cannot be read",
            id="damaged tokenizer",
        ),
        pytest.param(
            lambda folder: shutil.copyfile(folder.parent / "other.onnx", folder / "image.onnx"),
            r"is of version \w{12}, but its embedder\.json was written for \w{12}: a file changed since",
            id="tower of another export",
        ),
    ],
)
def test_a_folder_that_cannot_be_used_is_refused_by_name(
    spoil: Callable[[Path], None], match: str, exported: Path, tmp_path: Path
) -> None:
    shutil.copytree(exported / "float", tmp_path / "out")
    shutil.copyfile(exported / "int8" / "image.onnx", tmp_path / "other.onnx")
    spoil(tmp_path / "out")
    with pytest.raises(ModelServerError, match=match) as caught:
        load_onnx_clip(tmp_path / "out")
    assert caught.value.code == "bad_setting"


def test_transformers_is_not_needed() -> None:
    code = "import sys, serve_app.models.large.onnx_clip as one; sys.exit('transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
