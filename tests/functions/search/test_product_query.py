from decimal import Decimal

import pytest
from pydantic import ValidationError

from functions.search.facets import facets_of, price_ranges, round_step
from functions.search.parts import ProductFacts
from functions.search.product_query import ProductQuery
from functions.search.query import ItemQuery


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        pytest.param({"type": "wardrobe"}, "known are top, outerwear", id="type"),
        pytest.param({"color": "teal"}, "known are black, white", id="colour"),
        pytest.param({"min_price": -1}, "greater than or equal to 0", id="price below nothing"),
        pytest.param({"min_price": 9, "max_price": 8}, "min_price 9 is over max_price 8; swap them", id="prices"),
        pytest.param({"currency": "euro"}, "should match pattern", id="currency"),
        pytest.param({"weight": 1.5}, "less than or equal to 1", id="weight"),
        pytest.param({"threshold": 2}, "less than or equal to 1", id="threshold"),
        pytest.param({"without": ["x"] * 9}, "at most 8 items", id="too much unwanted"),
        pytest.param({"without": [" "]}, "at least 1 character", id="blank unwanted"),
        pytest.param({"crop": "noslash"}, "should match pattern", id="crop"),
        pytest.param({"limit": 0}, "greater than or equal to 1", id="limit"),
        pytest.param({"colour": "red"}, "Extra inputs", id="an unknown field"),
    ],
)
def test_a_wrong_query_says_what_is_wrong(fields: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        ProductQuery.model_validate({"text": "red"} | fields)


@pytest.mark.parametrize(
    ("word", "garment_type"),
    [("topwear", "top"), ("Footwear", "shoes"), ("gown", "dress"), ("skirt", "skirt"), ("bottomwear", "pants")],
)
def test_a_shops_word_for_a_type_is_understood(word: str, garment_type: str) -> None:
    assert ProductQuery(type=word).type == garment_type


def test_words_beyond_forty_are_not_read() -> None:
    text = " ".join(f"w{number}" for number in range(60))
    assert (ProductQuery(text=text).text or "").split()[-1] == "w39"
    assert ItemQuery(without=(text,)).without[0].split()[-1] == "w39"


@pytest.mark.parametrize(
    ("fields", "is_in"),
    [
        ({"in_stock": True}, (True, False, True)),
        ({"min_price": 20}, (True, False, False)),
        ({"max_price": 20}, (True, True, False)),
        ({"currency": "EUR"}, (True, True, False)),
        ({}, (True, True, True)),
    ],
)
def test_stock_that_the_shop_does_not_tell_counts_as_there_and_no_price_as_none(
    fields: dict[str, object], is_in: tuple[bool, bool, bool]
) -> None:
    query = ProductQuery.model_validate(fields)
    there, cheap, untold = query.lets_in(Decimal(20), "EUR", 3), query.lets_in(Decimal(5), "EUR", 0), None
    untold = query.lets_in(None, None, None)
    assert (there, cheap, untold) == is_in


@pytest.mark.parametrize(
    ("highest", "step"), [("0", "0.01"), ("0.99", "0.2"), ("4.99", "1"), ("5", "2"), ("93", "20"), ("100", "50")]
)
def test_ranges_of_prices_are_round_and_few(highest: str, step: str) -> None:
    assert round_step(Decimal(highest)) == Decimal(step)


def test_every_price_is_in_one_range() -> None:
    prices = [(Decimal(number) / 100, "EUR") for number in range(0, 25_000, 37)]
    ranges = price_ranges(prices)
    assert sum(one.products for one in ranges) == len(prices)
    assert len(ranges) <= 5
    for price, _ in prices:
        assert sum(one.low <= price < one.high for one in ranges) == 1


def test_facets_of_nothing_are_empty() -> None:
    assert facets_of([]).model_dump() == {"types": {}, "colors": {}, "prices": ()}
    assert facets_of([ProductFacts("a", "A", ("top", "skirt"))]).types == {"top": 1, "skirt": 1}
