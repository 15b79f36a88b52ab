import numpy as np
import pytest

from functions.search.chances import WordsFit
from functions.search.color_words import ANOTHER_COLOR, color_odds, colors_named
from functions.search.parts import ProductFacts
from serve_app.contract import WordFit


@pytest.mark.parametrize(
    ("text", "colors"),
    [
        ("red midi skirt", {"red"}),
        ("NAVY t-shirt", {"blue"}),
        ("gray or off-white coat", {"grey", "white"}),
        ("midi skirt", set()),
        ("credit card", set()),
        ("", set()),
        (None, set()),
    ],
)
def test_words_name_basic_colours_by_themselves_or_by_a_shade(text: str | None, colors: set[str]) -> None:
    assert colors_named(text) == colors


def facts(*colors: str | None) -> list[ProductFacts]:
    return [ProductFacts(str(number), "", color=color) for number, color in enumerate(colors)]


def test_another_colour_than_the_words_name_is_told_against_a_product() -> None:
    assert color_odds(facts("red", "blue", None), frozenset({"red"})).tolist() == [0, -ANOTHER_COLOR, 0]


def test_words_without_a_colour_say_nothing_of_colours() -> None:
    assert color_odds(facts("red", "blue", None), frozenset()).tolist() == [0, 0, 0]


def test_a_product_of_the_colour_comes_before_one_that_is_nearer() -> None:
    fit = WordsFit(image=WordFit(scale=20, bias=-6))
    cosines, none = np.array([0.30, 0.35]), np.full(2, np.nan)
    told = color_odds(facts("red", "beige"), frozenset({"red"}))
    assert np.argmax(fit.order(cosines, none)) == 1
    assert np.argmax(fit.order(cosines, none, told)) == 0


def test_where_ranks_are_fused_another_colour_takes_a_first_place_away() -> None:
    cosines = np.array([0.30, 0.35, 0.2])
    told = color_odds(facts("red", "beige", "red"), frozenset({"red"}))
    assert np.argsort(-WordsFit().order(cosines, cosines, told)).tolist() == [0, 2, 1]
