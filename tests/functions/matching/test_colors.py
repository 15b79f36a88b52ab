import pytest

from functions.matching.colors import ANOTHER_COLOR, UNKNOWN_COLOR, color_agreement
from functions.tagging.color_names import named_colors
from tests.functions.matching.making import BLUE, DARK_RED, RED


@pytest.mark.parametrize(
    ("item", "part"),
    [
        pytest.param(RED, RED, id="the very same"),
        pytest.param(RED, "#b81c2e", id="nearly"),
        pytest.param("#d8d2c8", "#efece6", id="off-white in the shade"),
        pytest.param("#22304a", "#2c3a56", id="navy under other light"),
    ],
)
def test_one_cloth_in_other_light_costs_nothing(item: str, part: str) -> None:
    assert color_agreement(item, part, None) == 1


def test_shadow_costs_less_than_another_colour() -> None:
    in_shadow, another = color_agreement(DARK_RED, RED, None), color_agreement(BLUE, RED, None)
    assert another == pytest.approx(ANOTHER_COLOR, abs=0.01)
    assert in_shadow > 0.95
    assert ANOTHER_COLOR <= color_agreement("#7a7a3a", RED, None) < in_shadow


def test_the_shops_word_stands_for_all_colours_that_belong_to_it() -> None:
    for color in named_colors():
        assert color_agreement(color.hex, None, color.basic) == 1
    assert color_agreement(BLUE, None, "red") < 0.85


def test_what_was_measured_counts_more_than_the_shops_word() -> None:
    assert color_agreement(RED, RED, "blue") == 1


@pytest.mark.parametrize(
    ("item", "part", "basic"),
    [(None, RED, "red"), (RED, None, None), (RED, None, ""), (RED, None, "multicolour")],
)
def test_an_unknown_colour_neither_helps_nor_hinders_much(
    item: str | None, part: str | None, basic: str | None
) -> None:
    assert color_agreement(item, part, basic) == UNKNOWN_COLOR
    assert ANOTHER_COLOR < UNKNOWN_COLOR < 1
