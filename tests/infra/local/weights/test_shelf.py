"""What lies on the disk, held against the manifest."""

import hashlib
from pathlib import Path

import pytest

from infra.local.weights.shelf import FileState, list_models
from infra.settings import ModelSettings
from serve_app.models.families import Family
from tests.serve_app.models.towers import VERSION

FILES = 5


def states(family: Family, folder: Path) -> dict[str, FileState]:
    shelf = list_models([family], folder, ModelSettings())
    return {file.name: file.state for row in shelf.models for file in row.files}


def test_each_model_is_listed_with_what_it_is_and_what_it_takes(family: Family, folder: Path) -> None:
    parser, embedder = list_models([family], folder, ModelSettings()).models
    assert (parser.name, parser.roles, parser.dimension) == (
        "reelwear-garment-parser",
        ("detector", "segmenter"),
        None,
    )
    assert (embedder.version, embedder.licence, embedder.dimension) == (VERSION, "Apache-2.0", 384)
    assert embedder.size_bytes == sum((folder / file.name).stat().st_size for file in embedder.files)
    tokens = next(file for file in embedder.files if file.name == "tokenizer.json")
    assert tokens.sha256 == hashlib.sha256((folder / "tokenizer.json").read_bytes()).hexdigest()
    assert set(states(family, folder).values()) == {FileState.OK}


def test_a_model_is_in_use_where_the_settings_name_its_family_for_its_role(family: Family, folder: Path) -> None:
    other = ModelSettings(embedder="fashion-clip")
    assert [row.is_used for row in list_models([family], folder, other).models] == [True, False]


@pytest.mark.parametrize("name", ["text_tower.onnx", "image_text.json"])
def test_a_changed_file_is_seen_and_its_model_has_no_version(family: Family, folder: Path, name: str) -> None:
    with (folder / name).open("ab") as file:
        file.write(b" ")
    assert states(family, folder)[name] is FileState.CHANGED
    assert [row.version is None for row in list_models([family], folder, ModelSettings()).models] == [False, True]


def test_a_missing_file_has_neither_size_nor_digest(family: Family, folder: Path) -> None:
    (folder / "image_tower.onnx").unlink()
    tower = list_models([family], folder, ModelSettings()).models[1].files[0]
    assert (tower.state, tower.size_bytes, tower.sha256) == (FileState.MISSING, None, None)


def test_without_a_manifest_the_files_are_listed_all_the_same(family: Family, folder: Path) -> None:
    (folder / "manifest.json").unlink()
    assert set(states(family, folder).values()) == {FileState.UNLISTED}
    assert len(states(family, folder)) == FILES
