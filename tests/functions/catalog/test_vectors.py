"""The vector store follows the rows of the catalogue, whatever happens in between."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from functions.catalog.losses import lost_products, lost_words
from functions.catalog.rebuild import rebuild_products
from functions.catalog.vectors import settle, sync_if_needed, sync_products
from functions.services import Services, open_services
from infra.records.tables import ProductVectorRow
from infra.settings import Settings, StackSettings
from infra.vectors import Point
from tests.functions.catalog.indexed import Stock


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    opened = open_services(Settings(stack=StackSettings(data_dir=tmp_path)), spare_decoders=0)
    yield opened
    opened.close()


@pytest.fixture
def stock(services: Services) -> Stock:
    return Stock(services)


def test_pending_rows_are_stored_under_the_name_of_their_kind_and_a_filled_index_goes_live(stock: Stock) -> None:
    stock.index("eyes@1")
    stock.product("7", ["p1"])
    stock.vector("7", "text", place=0)
    stock.vector("7", "p1", place=1)
    report = sync_products(stock.services)
    assert (report.stored, report.removed, report.embedder, report.is_switched) == (2, 0, "eyes@1", True)
    assert set(stock.states().values()) == {"stored"}
    vectors = stock.services.vectors
    (found,) = vectors.search("products", np.eye(4, dtype=np.float32)[1], 5, name="image", types={"dress", "hat"})
    assert (found.owner, found.part, found.payload) == ("7", "p1", {"types": ["dress"], "color": "red"})
    assert [hit.part for hit in vectors.search("products", np.eye(4, dtype=np.float32)[1], 5, name="text")] == ["text"]


def test_a_second_sync_does_nothing_and_the_revision_tells_of_changes_alone(stock: Stock) -> None:
    stock.index("eyes@1")
    stock.product("7")
    stock.vector("7")
    first = sync_products(stock.services)
    again = sync_products(stock.services)
    assert (again.stored, again.removed, again.recovered, again.is_switched) == (0, 0, 0, False)
    assert again.revision == first.revision > 0
    assert not sync_if_needed(stock.services)
    stock.vector("7", place=2)
    assert sync_if_needed(stock.services)
    assert sync_products(stock.services).revision == first.revision + 1


def test_what_leaves_is_taken_out_and_its_row_kept_only_if_it_may_come_back(stock: Stock) -> None:
    stock.index("eyes@1", "live")
    stock.product("sold", ["p1", "p2"])
    stock.product("retired", is_sold=False)
    for product_id, part in (("sold", "text"), ("sold", "p1"), ("sold", "p1.1"), ("sold", "p2"), ("retired", "text")):
        stock.vector(product_id, part)
    sync_products(stock.services)
    stock.vector("sold", "p1.1", state="leaving")
    stock.vector("sold", "p2", state="leaving", duplicate_of="p1")
    stock.vector("retired", "text", state="leaving")
    assert sync_products(stock.services).removed == 3
    assert stock.points() == {("sold", "text"), ("sold", "p1")}
    states = stock.states()
    assert ("sold", "p1.1") not in states, "the picture was cut otherwise: nothing comes back"
    assert (states["sold", "p2"], states["retired", "text"]) == ("kept", "kept")


def test_an_index_that_is_not_whole_does_not_take_over_and_the_old_one_stays_until_dropped(stock: Stock) -> None:
    stock.index("eyes@1")
    stock.product("7")
    stock.vector("7")
    sync_products(stock.services)
    stock.index("eyes@2", is_filled=False)
    stock.vector("7", embedder="eyes@2")
    report = sync_products(stock.services, is_dropping_old=True)
    assert (report.stored, report.embedder, report.dropped) == (1, "eyes@1", ())
    stock.index("eyes@2")
    report = sync_products(stock.services)
    assert (report.embedder, report.is_switched) == ("eyes@2", True)
    assert {name: state for name, (state, _) in stock.indexes().items()} == {"eyes@1": "old", "eyes@2": "live"}
    assert stock.services.vectors.live("products") == "products--eyes-2"
    assert stock.points("eyes@1") == {("7", "text")}
    assert sync_products(stock.services, is_dropping_old=True).dropped == ("eyes@1",)
    assert list(stock.indexes()) == ["eyes@2"]
    assert stock.states("eyes@1") == {} and stock.states("eyes@2") == {("7", "text"): "stored"}


def test_a_row_that_was_written_while_it_was_stored_waits_again(stock: Stock) -> None:
    stock.index("eyes@1", "live")
    stock.product("7")
    stock.vector("7", place=0)
    with stock.services.records.transaction() as session:
        read = list(session.query(ProductVectorRow))
    # The job replaces the row and another sync stores it, before the first one comes to note what it stored.
    stock.vector("7", place=1)
    sync_products(stock.services)
    with stock.services.records.transaction() as session:
        assert settle(session, "eyes@1", read) == []
    assert stock.states() == {("7", "text"): "pending"}
    sync_products(stock.services)
    (found,) = stock.services.vectors.search("products", np.eye(4, dtype=np.float32)[1], 5, name="text")
    assert found.score == pytest.approx(1)


def test_two_syncs_at_once_end_with_the_same_store(stock: Stock) -> None:
    stock.index("eyes@1")
    parts = [f"p{number:03d}" for number in range(300)]
    stock.product("7")
    stock.vectors("7", {part: "leaving" if part.endswith("9") else "pending" for part in parts})
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(sync_products, stock.services) for _ in range(2)]:
            done.result()
    assert stock.points() == {("7", part) for part in parts if not part.endswith("9")}
    assert set(stock.states().values()) == {"stored"}


def test_vectors_that_the_store_lost_come_back(stock: Stock) -> None:
    stock.index("eyes@1")
    for product_id in "abc":
        stock.product(product_id)
        stock.vector(product_id)
    sync_products(stock.services)
    assert lost_words(stock.services) is None
    stock.services.vectors.delete_parts("products", "eyes@1", [("a", "text"), ("b", "text")])
    assert lost_products(stock.services) == 2
    assert "reelwear vectors rebuild" in (lost_words(stock.services) or "")
    report = sync_products(stock.services)
    assert (report.recovered, lost_products(stock.services)) == (2, 0)


def test_a_rebuild_fills_a_new_store_and_forgets_strays(stock: Stock) -> None:
    stock.index("eyes@1")
    stock.index("eyes@0", "old")
    stock.product("7", ["p1"])
    stock.vector("7")
    stock.vector("7", embedder="eyes@0")
    stock.vector("7", "p1", state="kept", duplicate_of="p0")
    sync_products(stock.services)
    stray = Point("gone", "text", np.ones(4, np.float32), {"types": [], "color": ""}, name="text")
    stock.services.vectors.upsert("products", "eyes@1", [stray])
    stock.services.vectors.drop("products", "eyes@0")
    stock.services.vectors.ensure("products", "forgotten@0", 4, is_live=False, names=("image", "text"))
    report = rebuild_products(stock.services)
    assert (report.stored, report.embedder) == (2, "eyes@1")
    assert stock.points() == stock.points("eyes@0") == {("7", "text")}


def test_nothing_is_done_without_an_index(stock: Stock) -> None:
    report = sync_products(stock.services)
    assert (report.stored, report.embedder, lost_products(stock.services)) == (0, None, 0)
