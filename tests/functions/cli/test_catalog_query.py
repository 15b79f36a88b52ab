from pathlib import Path

import pytest

from functions.search.product_query import ProductQuery
from functions.search.query import ItemQuery
from tests.functions.api.shelf import Shelf, document, hit, jpeg, product_hit
from tests.functions.cli.conftest import Reelwear

pytestmark = pytest.mark.usefixtures("host")


@pytest.fixture(autouse=True)
def _two_products(shelf: Shelf) -> None:
    shelf.put(document())
    shelf.products = [
        product_hit(stock=3),
        product_hit(product_id="1065", title="Bonnie skirt in olive", confidence=0.4, part="text", stock=0),
    ]


def test_products_are_shown_with_price_stock_fit_and_where_their_picture_lies(reelwear: Reelwear) -> None:
    answer = reelwear("catalog", "query", "--text", "red midi skirt")
    assert answer.code == 0
    for words in (
        "1064", "Bonnie skirt in red", "skirt", "cherry", "EUR 48.90", "3", "87% 0.31", "99b8ab60", "sold out", "text",
        "product_1064/masked_crops/1064_000_crop_0_skirt_masked",
    ):  # fmt: skip
        assert words in answer.out


def test_every_option_reaches_the_host(reelwear: Reelwear, shelf: Shelf, tmp_path: Path) -> None:
    path = tmp_path / "alike.jpg"
    path.write_bytes(jpeg())
    reelwear(
        "catalog", "query", "--text", "red", "--image", path, "--not", "floral", "--not", "long", "--weight", 0.3,
        "--class", "Topwear", "--color", "red", "--min-price", "9.90", "--max-price", 80, "--currency", "eur",
        "--in-stock", "--product", "1", "--crop", "2/a", "--limit", 3, "--threshold", 0.4, "--json",
    )  # fmt: skip
    assert shelf.product_searches == [
        (
            ProductQuery.model_validate(
                {
                    "text": "red", "without": ("floral", "long"), "weight": 0.3, "type": "top", "color": "red",
                    "min_price": "9.90", "max_price": 80, "currency": "EUR", "in_stock": True, "product": "1",
                    "crop": "2/a", "limit": 3, "threshold": 0.4,
                }
            ),
            jpeg(),
        )
    ]  # fmt: skip


def test_all_is_a_threshold_of_nothing_and_the_default_is_none(reelwear: Reelwear, shelf: Shelf) -> None:
    reelwear("catalog", "query", "--product", "1064", "--all")
    reelwear("catalog", "query", "--product", "1064")
    assert [query.threshold for query, _ in shelf.product_searches] == [0, None]


def test_both_ways_to_ask_for_json_give_the_answer_of_the_api(reelwear: Reelwear, shelf: Shelf) -> None:
    for words in (["--json"], ["--format", "json"]):
        found = reelwear("catalog", "query", "--text", "red", *words).json
        assert found["hits"] == [one.model_dump(mode="json") for one in shelf.products]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        pytest.param([], 2, id="nothing to search by"),
        pytest.param(["--text", "x", "--type", "wardrobe"], 2, id="an unknown type"),
        pytest.param(["--text", "x", "--min-price", "cheap"], 2, id="no price"),
        pytest.param(["--text", "x", "--all", "--threshold", "0.5"], 2, id="all and a threshold"),
        pytest.param(["--image", "nowhere.jpg"], 4, id="no such picture"),
        pytest.param(["--text", "x", "--faiss", "nowhere"], 4, id="no such export"),
    ],
)
def test_a_wrong_query_ends_with(reelwear: Reelwear, words: list[str], code: int) -> None:
    assert reelwear("catalog", "query", *words).code == code


def test_an_unknown_type_is_answered_with_the_known_ones_before_anybody_is_asked(
    reelwear: Reelwear, shelf: Shelf
) -> None:
    error = reelwear("catalog", "query", "--text", "x", "--type", "wardrobe", "--json").json["error"]
    assert "type is 'wardrobe'" in error["message"]
    assert "known are top, outerwear" in error["message"]
    assert shelf.product_searches == []


def test_a_search_of_videos_takes_products_cut_outs_prices_and_unwanted_words(reelwear: Reelwear, shelf: Shelf) -> None:
    shelf.hits = [
        hit(None, product={"product_id": "1064", "title": "A", "match_type": "exact", "score": 0.9, "price": "5.00"})
    ]
    answer = reelwear("search", "--product", "1064", "--not", "floral", "--max-price", 80, "--crop", "1064/a")
    assert "1064 exact 5.00" in answer.out
    assert shelf.searches == [
        (ItemQuery.model_validate({"product": "1064", "without": ("floral",), "max_price": 80, "crop": "1064/a"}), None)
    ]
