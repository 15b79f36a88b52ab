from functools import partial
from pathlib import Path

import pytest

from serve_app.models.embedded import EmbeddedModels
from serve_app.models.families import FAMILIES, Family
from serve_app.models.manifest import Manifest
from serve_app.models.rows import WEIGHTS_DIR
from tests.serve_app.models.towers import VERSION, write_family


@pytest.fixture(autouse=True)
def models_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A models folder of the test alone, as its environment names it."""
    monkeypatch.setenv("REELWEAR_MODELS_DIR", str(tmp_path / "models"))
    return tmp_path / "models"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The weights of the family with tiny towers, and their manifest."""
    folder = write_family(tmp_path / "weights")
    (folder / "garment_parser.md").symlink_to(WEIGHTS_DIR / "garment_parser.md")
    told = EmbeddedModels(1, folder).describe()
    Manifest.of(FAMILIES["embedded"].rows, {info.name: info.version for info in told}, folder).save(folder)
    assert told[-1].version == VERSION
    return folder


@pytest.fixture
def family(folder: Path) -> Family:
    """The family that loads from there."""
    return Family("embedded", FAMILIES["embedded"].rows, partial(EmbeddedModels, folder=folder))
