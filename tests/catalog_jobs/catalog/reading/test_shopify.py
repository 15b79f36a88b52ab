import csv
import io
from pathlib import Path

import pytest

from catalog_jobs.catalog.reading.rows import BadRow, Entry, Format, Listing
from catalog_jobs.catalog.reading.sources import sources_of

OLD_NAMES = (
    "Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,"
    "Option2 Value,Variant SKU,Variant Inventory Qty,Variant Price,Variant Compare At Price,Image Src,Image Position,"
    "Image Alt Text,Gift Card,SEO Title,Google Shopping / Gender,Variant Image,Cost per item,"
    "Price / International,Status"
)
NEW_NAMES = (
    "URL handle,Title,Description,Vendor,Product category,Type,Tags,Published on online store,Option1 name,"
    "Option1 value,Option2 name,Option2 value,SKU,Inventory quantity,Price,Compare-at price,Product image URL,"
    "Image position,Image alt text,Gift card,SEO title,Google Shopping / Gender,Variant image URL,Cost per item,"
    "Price / International,Status"
)
OLD, NEW = OLD_NAMES.split(","), NEW_NAMES.split(",")


def line(handle: str, **cells: str) -> dict[str, str]:
    """A row by the old names of its columns."""
    return {"Handle": handle} | {name.replace("_", " "): value for name, value in cells.items()}


DRESS = (
    line(
        "wrap-dress",
        Title="Wrap Dress",
        Vendor="House",
        Type="Dress",
        Tags="Fabric:Linen, new",
        Published="TRUE",
        Option1_Name="Size",
        Option1_Value="S",
        Option2_Name="Colour",
        Option2_Value="Sage",
        Variant_Inventory_Qty="3",
        Variant_Price="1499.00",
        Variant_Compare_At_Price="2999.00",
        Image_Src="https://c/2.jpg",
        Image_Position="2",
        Variant_Image="https://c/v.jpg",
        Status="active",
    ),
    line(
        "wrap-dress",
        Option1_Value="M",
        Option2_Value="Sage",
        Variant_Inventory_Qty="4",
        Variant_Price="1299.00",
        Variant_Compare_At_Price="2599.00",
        Image_Src="https://c/1.jpg",
        Image_Position="1",
    ),
    line("", Option1_Value="L", Option2_Value="White", Variant_Inventory_Qty="-2", Variant_Price="1399.00"),
)


def entries(path: Path, header: list[str], *rows: dict[str, str]) -> list[Entry]:
    text = io.StringIO()
    csv.writer(text).writerows([header, *([row.get(name, "") for name in OLD] for row in rows)])
    path.write_text(text.getvalue(), "utf-8", newline="")
    (source,) = sources_of(path)
    assert source.format is Format.SHOPIFY
    assert source.unknown_columns == ()
    return list(source.entries())


def listing(path: Path, *rows: dict[str, str], header: list[str] = OLD) -> Listing:
    (found,) = entries(path, header, *rows)
    assert isinstance(found, Listing)
    return found


@pytest.mark.parametrize("header", [OLD, NEW], ids=["old names", "new names"])
def test_the_rows_of_a_handle_are_one_product(tmp_path: Path, header: list[str]) -> None:
    found = listing(tmp_path / "products_export.csv", *DRESS, header=header)
    assert (found.product_id, found.alias, found.title) == ("wrap-dress", "wrap-dress", "Wrap Dress")
    assert (found.price, found.list_price, found.stock) == ("1299.00", "2599.00", "5")
    assert found.facets == {"size": ("S", "M", "L"), "color": ("Sage", "White"), "brand": ("House",)}
    assert found.picture_urls == ("https://c/1.jpg", "https://c/2.jpg", "https://c/v.jpg")
    assert found.is_sold


def test_a_title_that_is_said_again_is_the_same_product(tmp_path: Path) -> None:
    again = DRESS[1] | {"Title": "Wrap Dress"}
    assert listing(tmp_path / "t.csv", DRESS[0], again).stock == "7"


@pytest.mark.parametrize(
    "said", [{"Status": "draft"}, {"Status": "Archived"}, {"Published": "FALSE"}], ids=["draft", "archived", "hidden"]
)
def test_what_is_not_offered_is_not_sold(tmp_path: Path, said: dict[str, str]) -> None:
    assert not listing(tmp_path / "t.csv", DRESS[0] | said).is_sold


def test_a_gift_card_is_no_garment(tmp_path: Path) -> None:
    assert listing(tmp_path / "t.csv", DRESS[0] | {"Gift Card": "TRUE"}).product_type == "Gift Card"


def test_a_product_with_one_variant_has_no_option(tmp_path: Path) -> None:
    plain = line("mug", Title="Mug", Option1_Name="Title", Option1_Value="Default Title", Variant_Price="5")
    assert listing(tmp_path / "t.csv", plain).facets == {}


def test_a_price_that_cannot_be_read_is_not_hidden_by_another_variant(tmp_path: Path) -> None:
    assert listing(tmp_path / "t.csv", DRESS[0], DRESS[1] | {"Variant Price": "ask us"}).price == "ask us"


def test_rows_without_their_product_are_bad(tmp_path: Path) -> None:
    found = entries(tmp_path / "t.csv", OLD, line("", Variant_Price="5"), line("a", Title="A"), *DRESS, line("a"))
    assert [one.reason for one in found if isinstance(one, BadRow)] == [
        "it has no handle, and no product stands before it",
        "its handle 'a' has no title here; sort the file by handle",
    ]
    assert [one.product_id for one in found if isinstance(one, Listing)] == ["a", "wrap-dress"]
