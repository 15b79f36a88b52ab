from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from functions.search.embedding import ServedEmbedder
from functions.search.product_answers import ProductAnswer
from functions.search.product_query import ProductQuery
from functions.search.products import search_products
from functions.services import Services, open_services
from infra.errors import ErrorCode, ReelwearError
from infra.records.tables import ProductRow
from infra.settings import ModelSettings, Settings, StackSettings
from serve_app.client import ModelClient
from tests.functions.api.shelf import served
from tests.functions.search.colors import ColorServer, picture_of
from tests.functions.search.conftest import Wardrobe
from tests.functions.search.rack import Rack, between, part

ANNA = "a" * 16


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """A shop of a few products, which no test changes."""
    with served(ColorServer().app()) as port:
        opened = opened_stores(tmp_path_factory.mktemp("shop"), f"http://127.0.0.1:{port}")
        fill(Rack(opened))
        yield opened
        opened.close()


def opened_stores(folder: Path, model_server_url: str) -> Services:
    models = ModelSettings(model_server_url=model_server_url)
    return open_services(Settings(stack=StackSettings(data_dir=folder), models=models), spare_decoders=0)


def fill(rack: Rack) -> None:
    rack.hang("red-dress", ["red", between("red", "blue")], "red dress", stock=3, price=Decimal("49.90"))
    rack.hang("orange-dress", ["orange"], "orange dress", stock=0, price=Decimal("19.90"))
    rack.hang("purple-dress", ["purple"], "purple dress", price=Decimal("120.00"), currency="USD")
    rack.hang("blue-skirt", ["blue"], "blue skirt", types=["skirt"], stock=5)
    rack.hang("red-set", ["blue", "red"], "red set", types=["top", "pants"], shown=["top", "pants"], color_basic="red")
    rack.hang("told-red", words="red bag", types=["bag"], price=None, currency=None)
    rack.hang("gone", ["red"], "red dress")
    rack.open()
    with rack.services.records.transaction() as session:
        session.get_one(ProductRow, "gone").retired_at = session.get_one(ProductRow, "gone").created_at


def ask(stores: Services, picture: bytes | None = None, **fields: Any) -> ProductAnswer:
    query = ProductQuery.model_validate(fields)
    return search_products(stores, ServedEmbedder(stores.models), query, picture)


def ids(found: ProductAnswer) -> list[str]:
    return [hit.product_id for hit in found.hits]


def test_words_find_each_product_once_by_its_best_picture_or_its_words(stores: Services) -> None:
    found = ask(stores, text="red", threshold=0)
    assert sorted(ids(found)) == ["blue-skirt", "orange-dress", "purple-dress", "red-dress", "red-set", "told-red"]
    assert ids(found)[0] == "red-dress"
    assert found.hits[0].part == part(0)


def test_a_hit_says_what_the_records_know_and_which_part_came_nearest(stores: Services) -> None:
    hit = ask(stores, text="red", limit=1).hits[0]
    assert hit.model_dump(exclude={"score", "confidence"}, exclude_defaults=True) == {
        "product_id": "red-dress",
        "title": "red-dress title",
        "part": part(0),
        "parts": {"image": pytest.approx(1, abs=1e-3), "text": pytest.approx(1, abs=1e-3)},
        "type": "dress",
        "types": ("dress",),
        "color": "red",
        "color_name": "red",
        "price": Decimal("49.90"),
        "currency": "EUR",
        "stock": 3,
        "crop_file": f"red-dress/{part(0)}.jpg",
        "picture_url": "https://shop.example/red-dress/0.jpg",
    }
    assert [hit.score, hit.confidence] == pytest.approx([1, 0.9997], abs=1e-3)


def test_a_product_that_left_the_shop_is_not_found(stores: Services) -> None:
    assert "gone" not in ids(ask(stores, text="red", threshold=0, limit=100))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({"type": "dress"}, {"red-dress", "orange-dress", "purple-dress"}, id="type"),
        pytest.param({"type": "Topwear"}, {"red-set"}, id="a shop's word for a type"),
        pytest.param({"color": "red"}, {"red-dress"}, id="colour"),
        pytest.param({"min_price": "19.90", "max_price": 20}, {"orange-dress", "blue-skirt", "red-set"}, id="price"),
        pytest.param({"currency": "usd"}, {"purple-dress"}, id="currency"),
        pytest.param({"type": "dress", "in_stock": True}, {"red-dress", "purple-dress"}, id="not sold out"),
        pytest.param({"type": "shoes"}, set(), id="none"),
        pytest.param({"max_price": 1}, set(), id="nothing so cheap"),
    ],
)
def test_filters_keep_to_what_is_asked_for(stores: Services, fields: dict[str, Any], expected: set[str]) -> None:
    found = set(ids(ask(stores, text="red", threshold=0, **fields)))
    assert found == expected


def test_of_a_set_the_piece_that_is_asked_for_is_compared(stores: Services) -> None:
    pants = ask(stores, text="red", type="pants", threshold=0).hits[0]
    tops = ask(stores, text="red", type="top", threshold=0).hits[0]
    assert (pants.part, tops.part) == (part(1), part(0))
    assert [pants.parts["image"], tops.parts["image"]] == pytest.approx([1, 0], abs=1e-3)


def test_what_words_hardly_fit_is_left_out_and_the_nearest_is_named(stores: Services) -> None:
    found = ask(stores, text="green", type="skirt")
    assert (found.hits, found.left_out) == ((), 1)
    assert found.nearest and found.nearest.product_id == "blue-skirt"
    assert ids(ask(stores, text="green", type="skirt", threshold=0)) == ["blue-skirt"]


def test_a_picture_is_compared_with_pictures_alone(stores: Services) -> None:
    found = ask(stores, picture_of("red"), threshold=0)
    assert "told-red" not in ids(found)
    assert [(hit.product_id, hit.match) for hit in found.hits[:2]] == [("red-dress", "exact"), ("red-set", "exact")]
    assert {hit.confidence for hit in found.hits} == {None}


def test_what_is_less_alike_than_any_two_garments_of_a_type_is_left_out(stores: Services) -> None:
    found = ask(stores, picture_of("red"))
    assert ids(found) == ["red-dress", "red-set", "orange-dress", "purple-dress"]
    assert found.left_out == 1


@pytest.mark.parametrize(
    ("weight", "first"),
    [(0.0, "red-dress"), (0.5, "purple-dress"), (1.0, "blue-skirt")],
    ids=["words", "both", "picture"],
)
def test_the_weight_is_the_share_of_the_picture(stores: Services, weight: float, first: str) -> None:
    # Red words and a blue picture: half of each is purple.
    found = ask(stores, picture_of("blue"), text="red", weight=weight, threshold=0, type=None)
    best = max(found.hits, key=lambda hit: hit.score)
    assert found.hits[0] == best
    assert first in [hit.product_id for hit in found.hits if hit.score == pytest.approx(best.score, abs=1e-3)]


def test_what_is_unwanted_is_left_out_and_counted(stores: Services) -> None:
    assert ids(ask(stores, text="orange", type="dress"))[:2] == ["orange-dress", "red-dress"]
    found = ask(stores, text="orange", type="dress", without=["red"])
    assert ids(found) == ["orange-dress"]
    assert found.left_out == 2
    assert "red-dress" in ids(ask(stores, text="orange", type="dress", without=["red"], threshold=0))


def test_more_like_a_product_leaves_it_out_and_keeps_to_its_type_without_any_model(stores: Services) -> None:
    with ModelClient("http://127.0.0.1:9", timeout_s=1) as nobody:
        query = ProductQuery(product="red-dress", threshold=0)
        found = search_products(stores, ServedEmbedder(nobody), query)
    assert ids(found) == ["purple-dress", "orange-dress"]


def test_more_like_a_product_that_has_words_alone_goes_by_its_words(stores: Services) -> None:
    assert ids(ask(stores, product="told-red", type="dress", threshold=0))[0] == "red-dress"


def test_more_like_one_cut_out_of_a_product_goes_by_that_one(stores: Services) -> None:
    whole = f"red-set/{part(0)}"
    for reference in (whole, whole[: len("red-set/") + 8]):
        assert ids(ask(stores, crop=reference, type="skirt")) == ["blue-skirt"]
    assert "red-set" not in ids(ask(stores, crop=whole, threshold=0))


def test_a_garment_of_a_video_finds_products_like_it(stores: Services) -> None:
    Wardrobe(stores, ColorServer()).wear(ANNA, {"001": "orange dress"})
    assert ids(ask(stores, crop=f"{ANNA}/001"))[0] == "orange-dress"


def test_several_stored_things_are_combined(stores: Services) -> None:
    assert ids(ask(stores, product="red-dress", crop=f"blue-skirt/{part(0)}", threshold=0))[0] == "purple-dress"


def test_facets_count_what_fits_by_type_colour_and_price(stores: Services) -> None:
    facets = ask(stores, text="red", threshold=0, limit=1).facets
    assert facets.types == {"dress": 3, "skirt": 1, "top": 1, "pants": 1, "bag": 1}
    assert facets.colors["red"] == 2
    ranges = [(str(one.low), str(one.high), one.currency, one.products) for one in facets.prices]
    assert ranges == [("10", "20", "EUR", 1), ("20", "30", "EUR", 2), ("40", "50", "EUR", 1), ("100", "150", "USD", 1)]


def test_prices_of_several_currencies_are_told_of(stores: Services) -> None:
    assert "EUR, USD" in (ask(stores, text="red", max_price=200, threshold=0).warning or "")
    assert ask(stores, text="red", max_price=200, currency="EUR", threshold=0).warning is None


@pytest.mark.parametrize(
    ("fields", "code", "words"),
    [
        pytest.param({}, ErrorCode.BAD_REQUEST, "nothing to search by", id="nothing"),
        pytest.param({"without": ["red"]}, ErrorCode.BAD_REQUEST, "nothing to search by", id="only what is unwanted"),
        pytest.param({"product": "none"}, ErrorCode.NOT_FOUND, "no product has the id 'none'", id="no such product"),
        pytest.param({"crop": "red-dress/none"}, ErrorCode.NOT_FOUND, "no cut-out", id="no such cut-out"),
        pytest.param({"crop": f"{'b' * 16}/001"}, ErrorCode.NOT_FOUND, "no video has", id="no such garment"),
    ],
)
def test_what_cannot_be_searched_by_is_refused(
    stores: Services, fields: dict[str, Any], code: ErrorCode, words: str
) -> None:
    with pytest.raises(ReelwearError, match=words) as refused:
        ask(stores, **fields)
    assert refused.value.code is code


def test_before_there_is_a_product_or_an_index_the_way_to_them_is_named(services: Services) -> None:
    assert "catalog import FILE" in (ask(services, text="red").warning or "")
    rack = Rack(services)
    rack.hang("red-dress", ["red"])
    found = ask(services, text="red")
    assert (found.model, found.hits) == (None, ())
    assert "the 1 products are not indexed yet; `reelwear catalog index`" in (found.warning or "")


def test_vectors_of_another_embedder_are_never_compared(services: Services, server: ColorServer) -> None:
    rack = Rack(services)
    rack.hang("red-dress", ["red"])
    rack.open()
    server.version = "2"
    with pytest.raises(ReelwearError, match="colors@2 cannot be compared with those of colors@1") as refused:
        ask(services, text="red")
    assert refused.value.code is ErrorCode.BAD_SETTING
    assert refused.value.message.count("catalog index") == 1


def test_a_store_that_lost_the_products_is_told_of(services: Services) -> None:
    rack = Rack(services)
    rack.hang("red-dress", ["red"], "red dress")
    rack.open()
    services.vectors.keep_models("products", [])
    found = ask(services, text="red")
    assert found.hits == ()
    assert "lost 2 vectors" in (found.warning or "")


def test_a_price_that_few_have_is_found_behind_many_nearer_ones(services: Services) -> None:
    rack = Rack(services)
    for number in range(60):
        rack.hang(f"near-{number:02d}", ["red"], price=Decimal(100))
    rack.hang("far", ["orange"], price=Decimal(10))
    rack.open()
    assert ids(ask(services, text="red", max_price=50, threshold=0)) == ["far"]
