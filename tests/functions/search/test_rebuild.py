import numpy as np

from functions.indexing import index_pending
from functions.search.answers import EmbedderVectors
from functions.search.items import find_items
from functions.search.query import ItemQuery
from functions.search.rebuild import rebuild_vectors
from infra.records.tables import ItemRow
from infra.vectors import Point
from tests.functions.search.conftest import Wardrobe

ANNA, BORIS = "a" * 16, "b" * 16


def test_lost_vectors_come_back_from_the_records(wardrobe: Wardrobe) -> None:
    wardrobe.wear(ANNA, {"001": "orange outerwear", "002": "blue pants"})
    for alias in ("items", "videos"):
        wardrobe.services.vectors.keep_models(alias, [])
    rebuilt = rebuild_vectors(wardrobe.services)
    assert rebuilt.collections == (EmbedderVectors(embedder="colors@1", items=2, videos=1),)
    assert (rebuilt.embedder, rebuilt.outdated, rebuilt.warning) == ("colors@1", 0, None)
    assert [wardrobe.services.vectors.count(alias) for alias in ("items", "videos")] == [2, 1]
    assert find_items(wardrobe.services, ItemQuery(text="orange")).hits[0].item_id == "001"


def test_points_that_no_row_stands_for_leave(wardrobe: Wardrobe) -> None:
    run_id = wardrobe.wear(ANNA, {"001": "orange outerwear", "002": "blue pants"})
    vectors = wardrobe.services.vectors
    stray = Point("f" * 16, "001", np.ones(3, np.float32), {"run_id": "gone", "type": "top", "color": ""})
    vectors.upsert("items", "colors@1", [stray])
    vectors.ensure("items", "forgotten@0", 2)
    with wardrobe.services.records.transaction() as session:
        session.delete(session.get_one(ItemRow, (run_id, "002")))
    rebuild_vectors(wardrobe.services)
    assert [(hit.owner, hit.part) for hit in vectors.points("items", "colors@1")] == [(ANNA, "001")]
    assert vectors.count("items") == 1, "the alias stands for the embedder that runs"


def test_each_version_of_an_embedder_has_its_own_collection(wardrobe: Wardrobe) -> None:
    wardrobe.wear(ANNA, {"001": "orange outerwear"})
    wardrobe.server.version = "2"
    wardrobe.wear(BORIS, {"001": "red top", "002": "red shoes"})
    vectors = wardrobe.services.vectors
    assert [vectors.count("items", f"colors@{version}") for version in (1, 2)] == [1, 2]
    assert vectors.count("items") == 2, "the alias stands for the newest"
    rebuilt = rebuild_vectors(wardrobe.services)
    assert [(row.embedder, row.items) for row in rebuilt.collections] == [("colors@1", 1), ("colors@2", 2)]
    assert rebuilt.outdated == 1
    assert rebuilt.warning is not None
    assert "colors@1" in rebuilt.warning


def test_an_older_run_that_is_indexed_late_does_not_take_the_place_of_the_latest(wardrobe: Wardrobe) -> None:
    wardrobe.wear(ANNA, {"001": "blue pants"}, is_indexed=False)
    wardrobe.wear(ANNA, {"001": "orange dress"}, pipeline="p2", is_indexed=False)
    index_pending(wardrobe.services)
    assert [hit.payload["type"] for hit in wardrobe.services.vectors.points("items")] == ["dress"]
    rebuild_vectors(wardrobe.services)
    assert [hit.payload["type"] for hit in wardrobe.services.vectors.points("items")] == ["dress"]


def test_rebuilding_needs_no_model_server(wardrobe: Wardrobe) -> None:
    wardrobe.wear(ANNA, {"001": "orange outerwear"})
    wardrobe.services.models.http.base_url = "http://127.0.0.1:9"
    rebuilt = rebuild_vectors(wardrobe.services)
    assert (rebuilt.collections[0].items, rebuilt.embedder, rebuilt.warning) == (1, None, None)
