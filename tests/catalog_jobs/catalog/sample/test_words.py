"""Titles, tags and prices, as the importer reads them."""

import random
from decimal import Decimal

from catalog_jobs.catalog.prices import money
from catalog_jobs.catalog.sample.assortment import Article, articles
from catalog_jobs.catalog.sample.words import COLUMNS, Price, amount, row_of, tags_of, title_of
from catalog_jobs.catalog.tags import color_of, facets_of, split_tags


def article(style: str) -> Article:
    return next(one for one in articles() if one.group.style == style)


def test_a_title_says_style_print_fabric_cut_and_colours() -> None:
    assert title_of(article("Marin")) == "Marin striped cotton t-shirt in off-white and navy"
    assert title_of(article("Hudson")) == "Hudson straight jeans in denim blue"
    assert title_of(article("Rodeo")) == "Rodeo denim jacket in denim blue"
    assert title_of(article("Halo")) == "Halo hoop earrings in gold"


def test_a_row_has_the_ten_columns_in_their_order() -> None:
    assert tuple(row_of(article("Alba"), random.Random(1))) == COLUMNS


def test_tags_are_the_facets_of_a_shop() -> None:
    assert tags_of(article("Marin")) == [
        "Colour:Off-White", "Fabric:Cotton", "Gender:Women", "Print:Striped", "GroupID:G002",
        "StyleID:MARIN-G002-OFFWHITE",
    ]  # fmt: skip
    for one in articles():
        facets = facets_of(split_tags(", ".join(tags_of(one))))
        found = color_of(facets["color"])
        assert found is not None and found[0] == one.color
        assert set(facets) == {"color", "fabric", "gender", "print", "group_id", "style_id"}


def test_prints_are_named_as_a_shop_names_them() -> None:
    said = {tag.partition(":")[2] for one in articles() for tag in tags_of(one) if tag.startswith("Print:")}
    assert said == {"Solid", "Striped", "Checked", "Floral", "Dotted", "Graphic"}


def test_prices_are_read_with_their_currency() -> None:
    assert amount(2490) == "EUR 24.90"
    assert (money(amount(2490)).amount, money(amount(2490)).currency) == (Decimal("24.90"), "EUR")
    assert Price(1890, 10).asked_cents == 1700
    assert Price(1890, 0).asked_cents == 1890


def test_a_discount_is_what_lies_between_the_two_prices() -> None:
    for one in articles():
        row = row_of(one, random.Random(one.number))
        listed, asked = money(row["mrp"]).amount, money(row["price_display_amount"]).amount
        assert listed is not None and asked is not None
        assert abs(listed * (100 - Decimal(row["discount_percentage"])) / 100 - asked) < Decimal("0.10")
