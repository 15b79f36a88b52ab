"""Folders of a CLIP or SigLIP and of their exports, measured as the model server would serve them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="large models need torch: pip install 'reelwear[models]'")

from catalog_jobs.evaluate.embedders import load_embedder  # noqa: E402
from catalog_jobs.hub.export import export  # noqa: E402
from tests.catalog_jobs.evaluate.running import run_json  # noqa: E402
from tests.serve_app.models.large.tiny_clip import (  # noqa: E402
    DIMENSION,
    TEXTS,
    write_clip,
    write_open_clip,
    write_siglip,
)

# torch warns of its older exporter and traces of it; transformers, that torchvision is not there.
pytestmark = pytest.mark.filterwarnings("ignore")

WRITERS: dict[str, Callable[[Path], Any]] = {"clip": write_clip, "siglip": write_siglip, "open_clip": write_open_clip}
PICTURES = [np.random.default_rng(number).integers(0, 256, (40 + number, 30, 3), np.uint8) for number in range(5)]


@pytest.fixture(scope="module", params=WRITERS)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, exported to the folder `float` in it."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp(request.param)
    WRITERS[request.param](folder)
    export(folder, folder / "float", is_int8=False)
    return folder


def test_a_model_and_its_export_are_measured_alike(folder: Path) -> None:
    plain, exported = load_embedder(str(folder), 1), load_embedder(str(folder / "float"), 1)
    assert (plain.name, exported.name) == (folder.name, folder.name)
    assert plain.version != exported.version and len(plain.version) == len(exported.version) == 12
    assert plain.dimension == exported.dimension
    assert (plain.words, plain.class_scale) == (exported.words, exported.class_scale)
    assert (plain.words is None) == folder.name.startswith("clip")
    for rows in (
        zip(plain.embed_images(PICTURES), exported.embed_images(PICTURES), strict=True),
        zip(plain.embed_texts(TEXTS), exported.embed_texts(TEXTS), strict=True),
    ):
        assert min(float(one @ other) for one, other in rows) > 0.9999
    assert exported.embed_images([]).shape == (0, exported.dimension)


def test_a_clip_has_the_vectors_that_transformers_gives_it(tmp_path: Path) -> None:
    write_clip(tmp_path)
    ours, theirs = load_embedder(str(tmp_path), 1), load_embedder(f"transformers:{tmp_path}", 1)
    assert (ours.embed_texts(TEXTS) * theirs.embed_texts(TEXTS)).sum(1).min() > 0.9999
    assert (ours.embed_images(PICTURES) * theirs.embed_images(PICTURES)).sum(1).min() > 0.9999
    assert ours.class_scale == pytest.approx(theirs.class_scale)


def test_the_command_measures_an_exported_folder(tmp_path: Path, class_folder: Path) -> None:
    write_clip(tmp_path)
    export(tmp_path, tmp_path / "out", is_int8=True)
    spec = str(tmp_path / "out")
    report = run_json("embedder", "--embedder", spec, "--images", str(class_folder), "--distractors", "5")
    assert (report["model"]["name"], report["model"]["dimension"]) == (f"{tmp_path.name}-int8", DIMENSION)
    assert report["measures"]["zero_shot.accuracy"]["n"] == 12
