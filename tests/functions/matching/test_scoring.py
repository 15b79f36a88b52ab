from math import prod

import pytest

from functions.matching.fit import match_type
from functions.matching.scoring import CONFUSED_TYPE, Candidate, scored
from tests.functions.matching.making import BLUE, DARK_RED, FIT, RED, picture, sought, words


def score(candidate: Candidate, kind: str = "dress", color: str | None = RED) -> float:
    found = scored(sought(kind, color), candidate, FIT)
    assert found is not None
    return found.score


@pytest.mark.parametrize(
    "candidate",
    [picture(), picture(cosine=0.83, color_hex=BLUE), picture(types=("skirt",)), words(), words(color_basic=None)],
)
def test_the_score_is_the_product_of_the_parts_that_are_shown(candidate: Candidate) -> None:
    found = scored(sought(), candidate, FIT)
    assert found is not None
    assert set(found.parts) == {"image" if candidate.kind == "image" else "text", "color", "type"}
    assert found.score == pytest.approx(prod(found.parts.values()), abs=1e-4)


def test_the_same_garment_in_another_colour_is_not_exact_however_alike_it_looks() -> None:
    assert match_type(score(picture(cosine=0.96))) == "exact"
    assert match_type(score(picture(cosine=1.0, color_hex=BLUE))) == "similar"


def test_the_same_garment_in_the_shade_is_exact() -> None:
    assert match_type(score(picture(cosine=0.97, color_hex=RED), color=DARK_RED)) == "exact"


def test_a_type_that_gets_confused_costs_and_one_that_does_not_is_refused() -> None:
    found = scored(sought("dress"), picture(types=("skirt",)), FIT)
    assert found is not None
    assert found.parts["type"] == CONFUSED_TYPE
    assert scored(sought("dress"), picture(types=("shoes",)), FIT) is None
    assert scored(sought("dress"), picture(types=()), FIT) is None


def test_of_a_set_the_piece_that_the_item_is_counts() -> None:
    found = scored(sought("skirt"), picture(types=("top", "skirt", "dress")), FIT)
    assert found is not None
    assert found.parts["type"] == 1


def test_words_never_make_an_exact_match() -> None:
    assert match_type(score(words(cosine=1.0))) == "similar"
    assert score(words(cosine=0.2)) < score(words(cosine=0.4))


def test_an_item_may_be_its_own_type_first_and_what_it_gets_confused_with() -> None:
    assert sought("bag").types == ("bag",)
    assert sought("dress").types[0] == "dress"
    assert set(sought("dress").types) == {"dress", "top", "outerwear", "skirt"}
