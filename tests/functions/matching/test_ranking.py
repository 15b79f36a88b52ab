from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.matching.ranking import Match, matches
from functions.matching.scoring import Candidate
from tests.functions.matching.making import BLUE, FIT, RED, picture, sought, words


def found(candidates: Sequence[Candidate], limit: int = 5, is_stock_first: bool = False) -> tuple[Match, ...]:
    return matches(sought(), candidates, FIT, limit, is_stock_first)


def ids(candidates: Sequence[Candidate], **options: bool) -> list[str]:
    return [match.product_id for match in found(candidates, **options)]


def test_the_nearest_product_is_first_and_says_why() -> None:
    best = found([picture("far", 0.6), picture("near", 0.97), picture("middle", 0.8)])[0]
    assert (best.product_id, best.part, best.match_type) == ("near", "near-1", "exact")
    assert best.parts == {"image": pytest.approx(0.94), "color": 1.0, "type": 1.0}


def test_a_product_comes_once_with_its_best_part() -> None:
    parts = [picture("a", 0.7, part="1"), picture("a", 0.96, part="2"), picture("b", 0.8)]
    assert [(match.product_id, match.part) for match in found(parts)] == [("a", "2"), ("b", "b-1")]


def test_the_best_part_is_the_best_scored_not_the_nearest() -> None:
    parts = [picture("a", 0.97, part="front", color_hex=BLUE), picture("a", 0.93, part="back", color_hex=RED)]
    assert found(parts)[0].part == "back"


def test_a_group_of_variants_comes_once_with_the_nearest_colour() -> None:
    variants = [picture("red", 0.9, group="g"), picture("blue", 0.92, group="g", color_hex=BLUE), picture("c", 0.8)]
    assert ids(variants) == ["red", "c"]


def test_a_group_named_like_a_product_is_not_that_product() -> None:
    assert set(ids([picture("a", 0.9), picture("b", 0.85, group="a")])) == {"a", "b"}


def test_products_that_look_alike_do_not_displace_one_another() -> None:
    # One seed dropped crops that looked like those of another product, and so whole products.
    assert ids([picture("a", 0.97), picture("b", 0.97), picture("c", 0.97)]) == ["a", "b", "c"]


def test_ids_travel_with_what_was_compared() -> None:
    # One seed kept ids in a list beside the index: with a product skipped, all after it had another's id.
    drawn = [picture(f"p{number}", 0.9 - number / 100) for number in range(8)]
    kept = [one for number, one in enumerate(drawn) if number != 3]
    assert ids(kept) == ["p0", "p1", "p2", "p4", "p5"]


def test_what_is_in_stock_comes_first_among_equals_where_it_is_asked_for() -> None:
    candidates = [
        picture("gone", 0.99, stock=0),
        picture("there", 0.96, stock=3),
        picture("unknown", 0.97),
        picture("alike", 0.8, stock=9),
    ]
    assert ids(candidates) == ["gone", "unknown", "there", "alike"]
    assert ids(candidates, is_stock_first=True) == ["unknown", "there", "gone", "alike"]


def test_in_a_group_too_the_variant_in_stock_stands_for_it_where_it_is_asked_for() -> None:
    candidates = [picture("gone", 0.99, group="g", stock=0), picture("there", 0.96, group="g", stock=3)]
    assert (ids(candidates), ids(candidates, is_stock_first=True)) == (["gone"], ["there"])


def test_words_of_a_product_without_pictures_come_among_the_pictures_of_others() -> None:
    assert ids([picture("a", 0.5), words("w", 0.35), picture("b", 0.97)]) == ["b", "w", "a"]


def test_what_is_as_far_as_strangers_are_is_not_shown() -> None:
    assert ids([picture("a", 0.39), picture("b", 0.41)]) == ["b"]


GROUPS = {"a": "g", "b": "g", "c": "h", "d": "h"}
STOCKS = {"a": 0, "b": 5, "d": 0, "e": 5}


def on_shelf(product_id: str, cosine: float, part: str, color_hex: str | None, types: tuple[str, ...]) -> Candidate:
    """A picture of a product that has one group and one stock, as in the records."""
    return picture(
        product_id,
        cosine,
        part=part,
        color_hex=color_hex,
        group=GROUPS.get(product_id),
        stock=STOCKS.get(product_id),
        types=types,
    )


candidates_ = st.lists(
    st.builds(
        on_shelf,
        st.sampled_from("abcdef"),
        st.floats(-1, 1),
        st.sampled_from(("1", "2")),
        st.sampled_from((RED, BLUE, None)),
        st.sampled_from((("dress",), ("skirt", "top"), ("shoes",))),
    ),
    max_size=14,
    unique_by=lambda one: (one.product_id, one.part),
)


@given(candidates_, st.integers(0, 9), st.booleans(), st.integers(1, 6))
def test_the_order_of_the_candidates_changes_nothing_and_no_family_comes_twice(
    candidates: list[Candidate], seed: int, is_stock_first: bool, limit: int
) -> None:
    shuffled = candidates[:]
    Random(seed).shuffle(shuffled)
    one = found(candidates, limit, is_stock_first)
    assert one == found(shuffled, limit, is_stock_first)
    assert len(one) <= limit
    assert len({GROUPS.get(match.product_id, match.product_id) for match in one}) == len(one)
