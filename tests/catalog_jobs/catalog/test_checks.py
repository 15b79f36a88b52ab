from decimal import Decimal

import pytest

from catalog_jobs.catalog.checks import BadValue, Rules, checked, checked_id, checked_url, distinct_pictures
from catalog_jobs.catalog.products import Product
from catalog_jobs.catalog.reading.rows import Listing, Place
from catalog_jobs.catalog.types import TypeTable

RULES = Rules(TypeTable.load(), "INR")


def product(**said: object) -> Product:
    listing = Listing(Place("t.csv", 2), **({"product_id": "1", "title": "Dress"} | said))  # type: ignore[arg-type]
    return checked(listing, {}, None, RULES).product


def test_a_listing_becomes_a_product() -> None:
    found = product(
        title=" Wrap\n Dress ", description="<p>Soft</p>", product_type="Dress", price="1,299.00", list_price="₹2,999",
        discount="56%", stock="3", tags="Colour:Sage Green, GroupID:G1, Fabric:Linen, Gender:Women", collections="New",
    )  # fmt: skip
    assert (found.title, found.description, found.types) == ("Wrap Dress", "Soft", ("dress",))
    assert (found.price, found.list_price, found.currency) == (Decimal("1299.00"), Decimal("2999.00"), "INR")
    assert (found.discount_percent, found.stock, found.group_id) == (Decimal("56.00"), 3, "G1")
    assert (found.color_name, found.color_basic) == ("sage", "green")
    assert found.words == "Dress Sage Green Linen for Women Wrap Dress Soft"


def test_the_words_of_a_product_end_where_they_no_longer_say_how_it_looks() -> None:
    assert len(product(description="word " * 500).words.split()) == 40


def test_a_product_without_a_price_of_its_own_has_the_list_price() -> None:
    assert product(list_price="500").price == Decimal("500.00")
    assert product().price is None


def test_a_product_in_several_colours_has_none_of_its_own() -> None:
    assert product(facets={"color": ("Red", "Blue")}).color_basic is None
    assert product(facets={"color": ("Navy", "Royal Blue")}).color_basic == "blue"


def test_stock_below_zero_is_none_left() -> None:
    assert product(stock="-4").stock == 0
    assert product(stock="4.0").stock == 4


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"title": ""}, "it has no title"),
        ({"title": "#N/A"}, "title '#N/A' is no title"),
        ({"title": "x" * 1001}, "at most 1000 characters"),
        ({"price": "free"}, "price 'free' is no price"),
        ({"list_price": "-3"}, "mrp '-3' is below zero"),
        ({"discount": "a lot"}, "discount_percentage 'a lot' is no percentage"),
        ({"stock": "some"}, "stock 'some' is no number of pieces"),
        ({"stock": "9" * 40}, "is no number of pieces"),
        ({"currency": "rupees"}, "currency 'rupees' is no code of ISO 4217"),
        ({"description": "x" * 100_001}, "description has 100,001 characters of text, over the limit of 100,000"),
        ({"tags": ",".join(map(str, range(251)))}, "tags are over the limit of 250"),
        ({"product_id": ""}, "it has no id"),
    ],
)
def test_a_value_that_breaks_a_rule_is_named_with_the_rule(said: dict[str, str], reason: str) -> None:
    with pytest.raises(BadValue, match=reason):
        product(**said)


def test_a_row_with_several_faults_has_all_their_reasons() -> None:
    with pytest.raises(BadValue, match=r"it has no title; price 'x' is no price.*; stock 'y' is"):
        product(title="", price="x", stock="y")


@pytest.mark.parametrize(("text", "found"), [(" 7 ", "7"), ("7.0", "7"), ("a-b_c", "a-b_c"), ("7.50", "7.50")])
def test_an_id_is_itself(text: str, found: str) -> None:
    assert checked_id(text) == found


@pytest.mark.parametrize("text", ["7.68412E+12", "7,6E12", "1e5"])
def test_an_id_that_a_spreadsheet_rounded_is_refused(text: str) -> None:
    with pytest.raises(BadValue, match="was rounded by a spreadsheet; format the column as text"):
        checked_id(text)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://c/1.jpg", "https://c/1.jpg"),
        ("HTTP://c/1.jpg?v=1", "HTTP://c/1.jpg?v=1"),
        ("//cdn.shopify.com/1.jpg", "https://cdn.shopify.com/1.jpg"),
        ("https://c/red dress.jpg", "https://c/red%20dress.jpg"),
        ("pictures/1.jpg", "pictures/1.jpg"),
    ],
)
def test_a_picture_comes_from_the_web_or_from_a_file_beside(text: str, url: str) -> None:
    assert checked_url(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "", "/etc/passwd", "../secret.jpg", "a/../../secret.jpg", "..\\secret.jpg", "\\\\server\\share", "file:///etc/passwd",
        "ftp://c/1.jpg", "data:image/png;base64,AAAA", "javascript:alert(1)", "C:\\pictures\\1.jpg", "https://", "https:///1",
        "https://user@c/1.jpg", "a\nb.jpg", "a\ud800.jpg", "https://c/" + "x" * 2048,
    ],
)  # fmt: skip
def test_a_picture_from_anywhere_else_is_refused(text: str) -> None:
    with pytest.raises(BadValue, match="image_url"):
        checked_url(text)


def test_one_picture_at_several_sizes_is_the_largest_of_them_once() -> None:
    urls = ["https://c/a_512x.jpg?v=1", "https://c/b.jpg", "https://c/a_1600x.jpg?v=2", "https://c/b.jpg?v=3"]
    assert list(distinct_pictures(urls).values()) == ["https://c/a_1600x.jpg?v=2", "https://c/b.jpg"]
