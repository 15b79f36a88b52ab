import pytest

from catalog_jobs.catalog.reading.rows import BadRow, Listing, PictureRow, Place, Row
from catalog_jobs.catalog.reading.two_files import (
    is_pictures,
    is_products,
    listing_of,
    picture_entries,
    product_entries,
    urls_of,
)

HERE = Place("t.csv", 2)


def row(**cells: str) -> Row:
    return Row(HERE, cells)


def test_the_ten_columns_are_read() -> None:
    listing = listing_of(
        row(
            id="1",
            title="Dress",
            description="<p>Soft</p>",
            producttype="Dress",
            alias="dress",
            mrp="2,999",
            pricedisplayamount="1,299",
            discountpercentage="56",
            producttags="Colour:Red",
            productcollections="New",
        ),
        "/shop",
    )
    assert listing == Listing(
        HERE, "1", "Dress", description="<p>Soft</p>", product_type="Dress", alias="dress", list_price="2,999",
        price="1,299", discount="56", tags="Colour:Red", collections="New", folder="/shop",
    )  # fmt: skip


def test_columns_of_other_shops_mean_the_same() -> None:
    listing = listing_of(
        row(
            productid="1",
            name="Dress",
            saleprice="5",
            listprice="9",
            quantity="3",
            colour="Red",
            groupid="G1",
            imageurl="https://a/1.jpg|https://a/2.jpg",
        ),
        None,
    )
    assert (listing.price, listing.list_price, listing.stock) == ("5", "9", "3")
    assert listing.facets == {"color": ("Red",), "group_id": ("G1",)}
    assert listing.picture_urls == ("https://a/1.jpg", "https://a/2.jpg")


def test_a_picture_needs_its_product_and_its_url() -> None:
    rows = [row(id="1", imageurl="https://a/1.jpg"), row(id="1"), row(imageurl="https://a/1.jpg")]
    good, *bad = picture_entries([*rows, BadRow(HERE, "why")], "/shop")
    assert good == PictureRow(HERE, "1", "https://a/1.jpg", "/shop")
    assert [one.reason for one in bad if isinstance(one, BadRow)] == [
        "it has no image_url; a picture needs both id and image_url",
        "it has no id; a picture needs both id and image_url",
        "why",
    ]


def test_a_bad_row_goes_on_as_it_is() -> None:
    assert list(product_entries([BadRow(HERE, "why")], None)) == [BadRow(HERE, "why")]


def test_a_header_says_what_the_rows_are() -> None:
    assert is_products({"id", "title", "imageurl"})
    assert not is_pictures({"id", "title", "imageurl"})
    assert is_pictures({"id", "imageurl"})
    assert not is_products({"id", "imageurl"})


@pytest.mark.parametrize(
    ("cell", "urls"),
    [
        ("", ()),
        ("https://a/1.jpg", ("https://a/1.jpg",)),
        ("https://a/1.jpg, https://a/2.jpg", ("https://a/1.jpg", "https://a/2.jpg")),
        ("https://a/1.jpg,https://a/2.jpg;https://a/1.jpg", ("https://a/1.jpg", "https://a/2.jpg")),
        ("https://a/w_100,h_100/1.jpg", ("https://a/w_100,h_100/1.jpg",)),
        ("my pictures/red dress.jpg", ("my pictures/red dress.jpg",)),
    ],
)
def test_several_pictures_may_stand_in_one_cell(cell: str, urls: tuple[str, ...]) -> None:
    assert urls_of(cell) == urls
