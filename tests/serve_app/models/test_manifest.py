"""The manifest: that of the package is true, and it notices a changed file."""

import hashlib
from pathlib import Path

import pytest

from serve_app.errors import ModelServerError
from serve_app.models.families import FAMILIES
from serve_app.models.manifest import FileEntry, Manifest
from serve_app.models.rows import WEIGHTS_DIR, ModelRow

ROW = ModelRow("tiny", ("embedder",), "Apache-2.0", 3, ("a.bin", "b.bin"), "tiny.md")


def test_the_manifest_of_the_package_is_that_of_its_files() -> None:
    manifest = Manifest.load()
    rows = [row for family in FAMILIES.values() for row in family.rows]
    assert manifest == Manifest.of(rows, {name: entry.version for name, entry in manifest.models.items()}), (
        "run python -m serve_app.models.manifest"
    )


def test_the_versions_of_the_manifest_are_those_that_the_models_tell() -> None:
    told = [info for family in FAMILIES.values() for info in family.load(1).describe()]
    assert {info.name: info.version for info in told} == {
        name: entry.version for name, entry in Manifest.load().models.items()
    }


def test_every_model_of_the_package_has_a_card() -> None:
    for family in FAMILIES.values():
        for row in family.rows:
            assert row.licence in (WEIGHTS_DIR / row.card).read_text("utf-8"), row.card


def test_the_weights_of_the_package_are_small() -> None:
    sizes = {name: file.size_bytes for one in Manifest.load().models.values() for name, file in one.files.items()}
    images = {name: size for name, size in sizes.items() if name in ("garment_parser.onnx", "image_tower.onnx")}
    assert len(images) == 2
    assert sum(images.values()) <= 20e6
    assert sizes["image_tower.onnx"] <= 12e6
    assert sizes["text_tower.onnx"] <= 24e6


def test_a_file_is_known_by_its_size_and_digest(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"weights")
    assert FileEntry.of(tmp_path / "a.bin") == FileEntry(size_bytes=7, sha256=hashlib.sha256(b"weights").hexdigest())


def test_a_saved_manifest_reads_back_as_the_same_and_differs_once_a_file_does(tmp_path: Path) -> None:
    for name in ROW.files:
        (tmp_path / name).write_bytes(name.encode())
    manifest = Manifest.of([ROW], {"tiny": "1"}, tmp_path)
    manifest.save(tmp_path)
    assert Manifest.load(tmp_path) == manifest
    (tmp_path / "b.bin").write_bytes(b"B.bin")
    assert Manifest.of([ROW], {"tiny": "1"}, tmp_path) != manifest


@pytest.mark.parametrize("data", [None, b"", b"[]", b'{"models": {"tiny": {}}}'])
def test_a_manifest_that_is_none_is_named_with_the_way_out(tmp_path: Path, data: bytes | None) -> None:
    if data is not None:
        (tmp_path / "manifest.json").write_bytes(data)
    with pytest.raises(ModelServerError, match=r"manifest\.json cannot be read.*python -m serve_app\.models\.manifest"):
        Manifest.load(tmp_path)
