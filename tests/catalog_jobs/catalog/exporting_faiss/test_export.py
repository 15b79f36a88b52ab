import json
from pathlib import Path

import numpy as np
import pytest

from catalog_jobs.catalog.exporting_faiss.folder import INDEX_FILE, MANIFEST_FILE, METADATA_FILE, HnswParameters
from catalog_jobs.catalog.exporting_faiss.reading import FaissFolder
from catalog_jobs.catalog.exporting_faiss.writing import export_faiss
from infra.errors import ErrorCode, ReelwearError
from infra.records.tables import ProductRow
from tests.catalog_jobs.catalog.exporting_faiss.conftest import NOW, Indexed

pytest.importorskip("faiss", reason="FAISS is not installed: pip install 'reelwear[jobs]'")


@pytest.fixture
def shop(indexed: Indexed) -> Indexed:
    """Five products; what is not to be exported stands between those that are."""
    indexed.begin(fit={"cutoffs": {}, "words": {"scale": 20.0, "bias": -6.0}})
    indexed.product("a", "text", "p1", "p2")
    indexed.product("b", "text")
    indexed.product("c", "text", "p3")
    indexed.vector("c", "p4", duplicate_of="p3", state="kept")
    indexed.vector("c", "p5", state="leaving")
    indexed.product("d", "text", "p6", retired_at=NOW)
    indexed.product("e", "p7", price=None, stock=2)
    indexed.vector("e", "old", embedder="eyes@0")
    return indexed


def test_each_vector_is_that_of_the_product_its_entry_names(shop: Indexed, tmp_path: Path) -> None:
    # An index that kept its rows while the list of products lost some named the wrong ones from there on.
    report = export_faiss(shop.records, tmp_path / "faiss")
    folder = FaissFolder.open(tmp_path / "faiss")
    told = [(entry.product_id, entry.part) for entry in folder.entries]
    assert told == [("a", "p1"), ("a", "p2"), ("c", "p3"), ("e", "p7")]
    assert [entry.faiss_index for entry in folder.entries] == [0, 1, 2, 3]
    for number, vector in enumerate(folder.vectors(range(4))):
        assert np.allclose(vector, shop.vectors[told[number]], atol=1e-6)
    assert (report.products, report.vectors, report.is_unchanged) == (3, 4, False)


def test_a_product_without_a_picture_is_in_neither_file_and_found_by_its_words(shop: Indexed, tmp_path: Path) -> None:
    export_faiss(shop.records, tmp_path / "images")
    assert "b" not in {entry["product_id"] for entry in json.loads((tmp_path / "images" / METADATA_FILE).read_text())}
    export_faiss(shop.records, tmp_path / "texts", "text")
    texts = FaissFolder.open(tmp_path / "texts")
    assert [entry.product_id for entry in texts.entries] == ["a", "b", "c"]
    assert (texts.entries[1].image_path, texts.entries[1].part) == (None, "text")


def test_the_metadata_says_of_each_vector_what_it_is_of(shop: Indexed, tmp_path: Path) -> None:
    export_faiss(shop.records, tmp_path / "faiss")
    rows = json.loads((tmp_path / "faiss" / METADATA_FILE).read_text())
    expected = {
        "faiss_index": 0, "product_id": "a", "image_path": "a/p1.png", "part": "p1", "type": "dress", "color": "red",
        "title": "a title", "price": "9.90", "currency": "EUR",
    }  # fmt: skip
    assert expected.items() <= rows[0].items()
    assert (rows[3]["price"], rows[3]["stock"]) == (None, 2)


def test_the_manifest_says_how_it_was_made(shop: Indexed, tmp_path: Path) -> None:
    export_faiss(shop.records, tmp_path / "faiss", hnsw=HnswParameters(m=8))
    manifest = json.loads((tmp_path / "faiss" / MANIFEST_FILE).read_text())
    told = {name: manifest[name] for name in ("embedder", "source", "kind", "structure", "dimension", "count", "hnsw")}
    assert told == {
        "embedder": "eyes@1", "source": "eyes@1#3", "kind": "image", "structure": "hnsw", "dimension": 16, "count": 4,
        "hnsw": {"m": 8, "ef_construction": 200, "ef_search": 128},
    }  # fmt: skip
    assert manifest["fit"]["words"] == {"scale": 20.0, "bias": -6.0}


def test_a_second_export_changes_no_file_until_the_catalogue_does(shop: Indexed, tmp_path: Path) -> None:
    folder = tmp_path / "faiss"
    export_faiss(shop.records, folder)
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}
    assert export_faiss(shop.records, folder).is_unchanged
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()} == before
    with shop.records.transaction() as session:
        session.get_one(ProductRow, "a").title = "another title"
    assert not export_faiss(shop.records, folder).is_unchanged
    assert FaissFolder.open(folder).entries[0].title == "another title"


def test_the_same_catalogue_gives_the_same_bytes(shop: Indexed, tmp_path: Path) -> None:
    for name in ("one", "two"):
        export_faiss(shop.records, tmp_path / name)
    for name in (INDEX_FILE, METADATA_FILE, MANIFEST_FILE):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_other_files_of_the_folder_stay(shop: Indexed, tmp_path: Path) -> None:
    folder = tmp_path / "faiss"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    export_faiss(shop.records, folder)
    assert sorted(path.name for path in folder.iterdir()) == [INDEX_FILE, MANIFEST_FILE, METADATA_FILE, "notes.txt"]


@pytest.mark.parametrize("name", [INDEX_FILE, METADATA_FILE])
def test_files_of_two_exports_are_never_taken_for_one(shop: Indexed, tmp_path: Path, name: str) -> None:
    export_faiss(shop.records, tmp_path / "old")
    shop.product("f", "p8")
    export_faiss(shop.records, tmp_path / "new")
    (tmp_path / "new" / name).write_bytes((tmp_path / "old" / name).read_bytes())
    with pytest.raises(ReelwearError, match=f"{name} is not the file") as refused:
        FaissFolder.open(tmp_path / "new")
    assert refused.value.code is ErrorCode.BAD_REQUEST
    assert not export_faiss(shop.records, tmp_path / "new").is_unchanged
    assert FaissFolder.open(tmp_path / "new").manifest.count == 5


def test_an_export_that_was_ended_half_way_is_none(shop: Indexed, tmp_path: Path) -> None:
    export_faiss(shop.records, tmp_path / "faiss")
    (tmp_path / "faiss" / MANIFEST_FILE).unlink()
    with pytest.raises(ReelwearError, match="no whole export") as refused:
        FaissFolder.open(tmp_path / "faiss")
    assert refused.value.code is ErrorCode.NOT_FOUND


def test_a_manifest_of_another_kind_is_refused(shop: Indexed, tmp_path: Path) -> None:
    export_faiss(shop.records, tmp_path / "faiss")
    (tmp_path / "faiss" / MANIFEST_FILE).write_text('{"format": 2}')
    with pytest.raises(ReelwearError, match="none of this version"):
        FaissFolder.open(tmp_path / "faiss")


def test_before_anything_is_indexed_the_way_to_it_is_named(indexed: Indexed, tmp_path: Path) -> None:
    with pytest.raises(ReelwearError, match="`reelwear catalog index` makes one"):
        export_faiss(indexed.records, tmp_path / "faiss")
    indexed.begin()
    indexed.product("a", "text")
    with pytest.raises(ReelwearError, match="no product that is sold has a vector of kind image"):
        export_faiss(indexed.records, tmp_path / "faiss")
    assert not (tmp_path / "faiss").exists()


def test_a_folder_that_cannot_be_written_is_named(shop: Indexed, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ReelwearError, match="name a folder that can") as refused:
        export_faiss(shop.records, tmp_path / "file")
    assert refused.value.code is ErrorCode.BAD_REQUEST
