"""The split holds out products for good, with their variants."""

from catalog_jobs.catalog.learning.sides import HELD_OUT_SHARE, kin_of, side_of


def test_about_one_product_of_ten_is_held_out() -> None:
    sides = [side_of(kin_of(str(number), ""), 42) for number in range(5000)]
    assert abs(sides.count("val") / len(sides) - HELD_OUT_SHARE) < 0.015


def test_a_side_depends_on_the_name_and_the_seed_alone() -> None:
    assert [side_of("product 7", 42) for _ in range(3)] == ["train"] * 3
    others = {seed for seed in range(60) if side_of("product 7", seed) == "val"}
    assert others


def test_variants_share_a_name_that_no_product_has() -> None:
    assert kin_of("1", "G7") == kin_of("2", "G7")
    assert kin_of("G7", "") != kin_of("1", "G7")
