from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from functions.search.answers import SearchAnswer
from functions.search.items import find_items
from functions.search.query import ItemQuery
from functions.services import Services, open_services
from infra.errors import ErrorCode, ReelwearError
from infra.settings import ModelSettings, Settings, StackSettings
from serve_app.client import ModelClient
from tests.functions.api.shelf import served
from tests.functions.search.colors import ColorServer, picture_of
from tests.functions.search.conftest import Wardrobe
from tests.functions.search.rack import Rack, match, part

ANNA, BORIS = "a" * 16, "b" * 16


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """Two videos and a small shop, which no test changes."""
    folder = tmp_path_factory.mktemp("stores")
    with served(ColorServer().app()) as port:
        models = ModelSettings(model_server_url=f"http://127.0.0.1:{port}")
        opened = open_services(Settings(stack=StackSettings(data_dir=folder), models=models), spare_decoders=0)
        wardrobe, rack = Wardrobe(opened, ColorServer()), Rack(opened)
        anna = wardrobe.wear(ANNA, {"001": "orange dress", "002": "blue pants", "003": "red shoes"})
        boris = wardrobe.wear(BORIS, {"001": "red dress", "002": "green dress"})
        rack.hang("red-dress", ["red"], price=Decimal(50))
        rack.hang("blue-jeans", ["blue"], types=["pants"], price=Decimal(20))
        rack.open()
        match(opened, anna, "002", "blue-jeans", "exact", 0.97)
        match(opened, boris, "002", "red-dress", "similar", 0.8)
        match(opened, boris, "001", "red-dress", "none", 0.3)
        yield opened
        opened.close()


def ask(stores: Services, picture: bytes | None = None, **fields: Any) -> SearchAnswer:
    return find_items(stores, ItemQuery.model_validate(fields), picture)


def ids(found: SearchAnswer) -> list[tuple[str, str]]:
    return [(hit.video_id, hit.item_id) for hit in found.hits]


def test_a_product_finds_what_was_matched_to_it_and_then_what_looks_like_it(stores: Services) -> None:
    found = ask(stores, product="red-dress")
    assert ids(found) == [(BORIS, "002"), (BORIS, "001"), (ANNA, "001")]
    assert found.hits[0].product is not None
    assert (found.hits[0].product.product_id, found.hits[0].product.match_type) == ("red-dress", "similar")
    assert (found.hits[1].product, found.hits[1].match) == (None, "exact")


def test_products_and_cut_outs_need_no_model(stores: Services) -> None:
    with ModelClient("http://127.0.0.1:9", timeout_s=1) as nobody:
        asleep = replace(stores, models=nobody)
        assert ids(find_items(asleep, ItemQuery(product="blue-jeans"))) == [(ANNA, "002")]
        assert ids(find_items(asleep, ItemQuery(crop=f"{ANNA}/001")))[0] == (ANNA, "001")


def test_a_cut_out_of_a_product_finds_garments_of_its_type_that_look_like_it(stores: Services) -> None:
    assert ids(ask(stores, crop=f"red-dress/{part(0)}")) == [(BORIS, "001"), (ANNA, "001")]
    assert len(ask(stores, crop=f"red-dress/{part(0)}", min_confidence=0).hits) == 3


def test_prices_are_those_of_the_matched_products(stores: Services) -> None:
    assert ids(ask(stores, text="blue", max_price=30)) == [(ANNA, "002")]
    assert ids(ask(stores, text="blue", min_price=30, min_confidence=0)) == [(BORIS, "002")]
    assert ids(ask(stores, text="blue", min_price=60, min_confidence=0)) == []


def test_unwanted_words_leave_out_what_they_fit_better(stores: Services) -> None:
    assert ids(ask(stores, text="orange", type="dress")) == [(ANNA, "001"), (BORIS, "001")]
    assert ids(ask(stores, text="orange", type="dress", without=["red"])) == [(ANNA, "001")]
    assert (BORIS, "001") in ids(ask(stores, text="orange", type="dress", without=["red"], min_confidence=0))


def test_the_weight_moves_between_words_and_picture(stores: Services) -> None:
    first = [ids(ask(stores, picture_of("blue"), text="red dress", weight=weight))[0] for weight in (0.1, 0.9)]
    assert first[0] in ((BORIS, "001"), (ANNA, "003"))
    assert first[1] == (ANNA, "002")


def test_an_unknown_product_is_named(stores: Services) -> None:
    with pytest.raises(ReelwearError, match="no product has the id 'none'") as refused:
        ask(stores, product="none")
    assert refused.value.code is ErrorCode.NOT_FOUND
