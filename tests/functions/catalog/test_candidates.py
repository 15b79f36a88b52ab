import pytest

from functions.catalog.candidates import FIRST_POINTS, candidates_of, live_catalog
from functions.catalog.vectors import sync_products
from functions.matching.scoring import Candidate, Sought
from functions.services import Services
from infra.errors import ErrorCode, ReelwearError
from tests.functions.catalog.stocked import BLUE, EMBEDDER, RED, Shop, at

DRESS = Sought("dress", RED, at(1.0))


def near(services: Services, limit: int = 5, sought: Sought = DRESS) -> list[Candidate]:
    catalog = live_catalog(services.records, EMBEDDER)
    assert catalog is not None
    return candidates_of(services, catalog, sought, limit)


def test_a_candidate_is_what_the_records_say_of_the_point(services: Services, shop: Shop) -> None:
    shop.sell("p", {"front": 0.9}, group_id="g", stock=3, color_hex=BLUE)
    shop.open()
    [found] = near(services)
    assert (found.product_id, found.part, found.kind, found.group, found.stock) == ("p", "front", "image", "g", 3)
    assert (found.types, found.color_hex, found.color_basic) == (("dress",), BLUE, "red")
    assert found.cosine == pytest.approx(0.9, abs=1e-3)


def test_nothing_is_live_before_an_index_is_whole_nor_for_another_embedder(services: Services, shop: Shop) -> None:
    shop.sell("p", {"front": 0.9})
    assert live_catalog(services.records, EMBEDDER) is None
    name = shop.open()
    live = live_catalog(services.records, EMBEDDER)
    assert live is not None
    assert live.name == name
    assert live_catalog(services.records, "tiny@2") is None
    assert live_catalog(services.records) == live


def test_only_parts_of_a_type_that_the_item_may_be_are_candidates(services: Services, shop: Shop) -> None:
    shop.sell("dress", {"1": 0.8})
    shop.sell("skirt", {"1": 0.9}, types=["skirt"], shown="skirt")
    shop.sell("shoes", {"1": 0.99}, types=["shoes"], shown="shoes")
    shop.open()
    assert [one.product_id for one in near(services)] == ["skirt", "dress"]


def test_the_words_of_a_product_count_where_it_has_no_picture(services: Services, shop: Shop) -> None:
    shop.sell("pictured", {"1": 0.8}, words_at=0.5)
    shop.sell("told", words_at=0.4)
    shop.open()
    assert [(one.product_id, one.kind) for one in near(services)] == [("pictured", "image"), ("told", "text")]


def test_a_product_that_gets_its_first_picture_is_told_by_it_from_then_on(services: Services, shop: Shop) -> None:
    shop.sell("p", words_at=0.4)
    shop.open()
    assert [one.kind for one in near(services)] == ["text"]
    with services.records.transaction() as session:
        session.add(shop.part("p", "front", 0.9, types=["dress"]))
    sync_products(services)
    assert [one.kind for one in near(services)] == ["image"]


def test_a_retired_product_is_none_even_while_its_points_are_stored(services: Services, shop: Shop) -> None:
    shop.sell("gone", {"1": 0.99})
    shop.sell("sold", {"1": 0.8})
    shop.open()
    shop.retire("gone")
    assert [one.product_id for one in near(services)] == ["sold"]


def test_a_product_with_many_pictures_does_not_crowd_out_the_others(services: Services, shop: Shop) -> None:
    shop.sell("crowd", {f"{number}": 0.99 for number in range(FIRST_POINTS + 10)})
    shop.sell("other", {"1": 0.8})
    shop.open()
    assert {one.product_id for one in near(services)} == {"crowd", "other"}


def test_a_store_that_lost_the_products_is_an_outage_that_says_what_helps(services: Services, shop: Shop) -> None:
    shop.sell("p", {"1": 0.9})
    shop.open()
    services.vectors.drop("products", EMBEDDER)
    with pytest.raises(ReelwearError, match="lost the products of tiny@1; `reelwear vectors rebuild`") as raised:
        near(services)
    assert raised.value.code is ErrorCode.STORE_DOWN
