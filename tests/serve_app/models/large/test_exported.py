"""An exported embedder as a setting: chosen, refused and served like the models of a hub."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

torch = pytest.importorskip("torch", reason="the large models need torch: pip install 'reelwear[models]'")

from catalog_jobs.hub.export import export  # noqa: E402
from serve_app.config import ServeSettings  # noqa: E402
from serve_app.contract import FramesOptions  # noqa: E402
from serve_app.errors import ModelServerError  # noqa: E402
from serve_app.frames import FrameJob  # noqa: E402
from serve_app.models.families import check_choice  # noqa: E402
from serve_app.models.large.choice import Choice  # noqa: E402
from serve_app.models.large.clip import load_clip  # noqa: E402
from serve_app.models.large.composed import on_device  # noqa: E402
from serve_app.models.large.exported import ExportedCard, faults_by_version  # noqa: E402
from serve_app.models.large.folders import choose_model, require_folder, state_of, verify  # noqa: E402
from serve_app.models.large.table import EXPORTED  # noqa: E402
from serve_app.models.large.wiring import load_large  # noqa: E402
from serve_app.models.pictures import Image  # noqa: E402
from serve_app.models.rows import LoadedModels  # noqa: E402
from tests.serve_app.looking import look_at_frames  # noqa: E402
from tests.serve_app.models.large.tiny_clip import DIMENSION, TEXTS, write_clip  # noqa: E402
from tests.serve_app.models.large.tiny_detectors import write_owlv2  # noqa: E402
from tests.serve_app.models.large.tiny_segmenters import write_sam2  # noqa: E402

# torch warns of its older exporter and traces of it.
pytestmark = pytest.mark.filterwarnings("ignore")

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CLIP, an OWLv2 and a SAM 2.1, and the CLIP exported in floats and in bytes."""
    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("exported")
    for name in ("clip", "owlv2", "sam2"):
        (root / name).mkdir()
    write_clip(root / "clip")
    write_owlv2(root / "owlv2")
    write_sam2(root / "sam2")
    for name in ("float", "int8"):
        export(root / "clip", root / name, name == "int8")
    return root


def pictures() -> list[Image]:
    rng = np.random.default_rng(5)
    return [rng.integers(0, 256, (*size, 3), np.uint8) for size in ((96, 64), (64, 112), (40, 40))]


def settings(embedder: Path, **named: object) -> ServeSettings:
    return ServeSettings(model_threads=1, device="cpu", embedder=str(embedder), **named)  # type: ignore[arg-type]


def load(embedder: Path, **named: object) -> LoadedModels[Any]:
    return load_large(settings(embedder, **named))


def wanted_vectors(root: Path) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Of the pictures and of the texts, by torch."""
    plain = load_clip(root / "clip", CPU)
    images = plain.embed_images([on_device(picture, CPU) for picture in pictures()])
    return images.numpy(), plain.embed_texts(TEXTS).numpy()


def test_beside_the_parser_of_the_package_its_vectors_are_those_of_torch(root: Path) -> None:
    models = load(root / "float")
    images, texts = wanted_vectors(root)
    assert (models.embed_images(pictures()) * images).sum(1).min() > 0.9999
    assert (models.embed_texts(TEXTS) * texts).sum(1).min() > 0.9999
    (result,) = look_at_frames(models, [FrameJob(0, pictures()[0], FramesOptions())])
    assert result.error is None and result.vector is not None


@pytest.mark.parametrize("kind", ["float", "int8"])
def test_beside_large_detectors_its_vectors_are_those_of_torch(root: Path, kind: str) -> None:
    named = {"detector": str(root / "owlv2"), "segmenter": str(root / "sam2"), "detection_threshold": 0.0}
    models = load(root / kind, garment_prompt="shirt, bag", **named)
    images, _ = wanted_vectors(root)
    held = [models.take(picture) for picture in pictures()]
    assert (models.embed_images(held) * images).sum(1).min() > (0.9999 if kind == "float" else 0.99)
    (result,) = look_at_frames(models, [FrameJob(0, pictures()[0], FramesOptions())])
    assert {one.label for one in result.detections} <= {"shirt", "bag"}
    assert result.detections and all(one.vector is not None for one in result.detections)
    card = ExportedCard.load(root / kind)
    rows = {info.role: info for info in models.describe()}
    assert [rows[role].name for role in ("detector", "segmenter")] == ["owlv2", "sam2"]
    told = rows["embedder"]
    assert (told.name, told.version, told.dimension, told.device) == (card.name, card.version, DIMENSION, "cpu")


def test_a_folder_is_known_by_its_card(root: Path, tmp_path: Path) -> None:
    rows = {kind: choose_model(str(root / kind)) for kind in ("float", "int8")}
    for kind, row in rows.items():
        assert (row.architecture, row.role, row.dimension, row.folder) == (EXPORTED, "embedder", DIMENSION, root / kind)
        assert require_folder(row, tmp_path) == root / kind
        assert state_of(row, tmp_path) == "by hand" and verify(row, tmp_path) is None
        assert Choice(row, root / kind).version == ExportedCard.load(root / kind).version
    assert (rows["float"].name, rows["int8"].name) == ("clip", "clip-int8")
    files = [root / "float" / name for name in ("image.onnx", "text.onnx")]
    weights = rows["float"].memory_bytes - rows["float"].activation_bytes
    assert weights == pytest.approx(sum(file.stat().st_size for file in files), abs=4)
    assert rows["int8"].memory_bytes < rows["float"].memory_bytes


def test_a_folder_of_a_hub_with_an_export_in_it_is_the_hubs(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root / "clip", tmp_path / "both")
    shutil.copytree(root / "float", tmp_path / "both", dirs_exist_ok=True)
    assert choose_model(str(tmp_path / "both")).architecture == "clip"


@pytest.mark.parametrize(
    ("spoil", "match"),
    [
        pytest.param(lambda folder: (folder / "text.onnx").unlink(), r"lacks text\.onnx", id="no text tower"),
        pytest.param(lambda folder: (folder / "tokenizer.json").unlink(), r"lacks tokenizer\.json", id="no tokenizer"),
        pytest.param(
            lambda folder: (folder / "embedder.json").write_text("{}"), r"embedder\.json cannot be read", id="no card"
        ),
        pytest.param(shutil.rmtree, "is no folder", id="no folder"),
    ],
)
def test_a_folder_that_is_not_whole_is_refused_before_anything_is_loaded(
    root: Path, tmp_path: Path, spoil: Callable[[Path], object], match: str
) -> None:
    folder = shutil.copytree(root / "float", tmp_path / "out")
    spoil(folder)
    with pytest.raises(ModelServerError, match=f"REELWEAR_EMBEDDER is .*{match}") as refusal:
        check_choice(settings(folder))
    assert refusal.value.code == "bad_setting"


def test_a_damaged_tower_fails_at_the_start_by_its_name(root: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(root / "float", tmp_path / "out")
    (folder / "image.onnx").write_bytes((folder / "image.onnx").read_bytes()[:-1000])
    with pytest.raises(ModelServerError, match=r"image\.onnx cannot be read"):
        load(folder)


def test_a_card_that_was_not_written_for_its_files_is_seen(root: Path, tmp_path: Path) -> None:
    assert faults_by_version(root / "float") == faults_by_version(root / "int8") == []
    folder = shutil.copytree(root / "float", tmp_path / "out")
    card = json.loads((folder / "embedder.json").read_text())
    (folder / "embedder.json").write_text(json.dumps(card | {"name": "another"}, indent=2) + "\n")
    (fault,) = faults_by_version(folder)
    assert f"was written for {card['version']}: a file changed since" in fault
    with pytest.raises(ModelServerError, match="a file changed since"):
        load(folder)


def test_it_is_no_detector(root: Path) -> None:
    with pytest.raises(ModelServerError, match=r"REELWEAR_DETECTOR is .*another role \(embedder\)"):
        check_choice(ServeSettings(detector=str(root / "float")))
