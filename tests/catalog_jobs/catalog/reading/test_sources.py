from pathlib import Path

import pytest

from catalog_jobs.catalog.reading.rows import Format, Kind
from catalog_jobs.catalog.reading.sources import open_sources, sources_of
from infra.errors import ErrorCode, ReelwearError
from tests.catalog_jobs.catalog.shop import (
    PRODUCT_HEADER,
    product,
    sheet_xml,
    write_images,
    write_products,
    write_workbook,
)


def test_files_are_told_apart_by_their_headers_and_pictures_come_first(tmp_path: Path) -> None:
    products = write_products(tmp_path / "a.csv", product("1"))
    images = write_images(tmp_path / "b.csv", ("1", "https://c/1.jpg"))
    for given in ([products, images], [images, products]):
        assert [(one.name, one.kind) for one in open_sources(given, None, Format.AUTO)] == [
            ("b.csv", Kind.PICTURES), ("a.csv", Kind.PRODUCTS),
        ]  # fmt: skip


def test_a_workbook_may_hold_both_tables_and_others(tmp_path: Path) -> None:
    sheets = {
        "Notes": sheet_xml([("to do",), ("call",)]),
        "Details": sheet_xml([PRODUCT_HEADER, product("1")]),
        "Images": sheet_xml([("id", "image_url"), ("1", "https://c/1.jpg")]),
    }
    found = open_sources([write_workbook(tmp_path / "shop.xlsx", sheets)], None, Format.AUTO)
    assert [(one.name, one.kind) for one in found] == [
        ("shop.xlsx[Images]", Kind.PICTURES), ("shop.xlsx[Details]", Kind.PRODUCTS),
    ]  # fmt: skip
    assert found[1].notes == ["shop.xlsx[Notes] was left out: it has no columns of products or pictures"]


def test_columns_that_mean_nothing_here_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,title,Margin %,title\n1,Dress,3,x\n")
    assert sources_of(path)[0].unknown_columns == ("Margin %",)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param("name only\nx\n", "has the columns name only; products need id and title", id="other columns"),
        pytest.param("\ufeffsku;price\n1;2\n", "has the columns sku, price; products need", id="no title"),
        pytest.param("just some text, with a comma\n", "has the columns just some text", id="no table"),
    ],
)
def test_a_file_that_is_none_of_the_formats_is_named_with_what_it_has(
    tmp_path: Path, content: str, reason: str
) -> None:
    (tmp_path / "a.csv").write_text(content, "utf-8")
    with pytest.raises(ReelwearError, match=reason) as caught:
        sources_of(tmp_path / "a.csv")
    assert caught.value.code is ErrorCode.BAD_REQUEST


def test_an_old_workbook_is_refused_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "a.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    with pytest.raises(ReelwearError, match=r"save it as \.xlsx or \.csv"):
        sources_of(tmp_path / "a.xls")


def test_pictures_alone_are_no_catalogue(tmp_path: Path) -> None:
    images = write_images(tmp_path / "b.csv", ("1", "https://c/1.jpg"))
    with pytest.raises(ReelwearError, match="pictures alone; give the file of the products too"):
        open_sources([images], None, Format.AUTO)


def test_a_file_of_products_is_not_taken_for_pictures(tmp_path: Path) -> None:
    products = write_products(tmp_path / "a.csv", product("1"))
    with pytest.raises(ReelwearError, match=r"a\.csv holds no pictures; --images takes"):
        open_sources([products], products, Format.AUTO)


@pytest.mark.parametrize("wanted", [Format.SHOPIFY, Format.JSON_LINES])
def test_a_format_that_the_file_is_not_is_an_error(tmp_path: Path, wanted: Format) -> None:
    with pytest.raises(ReelwearError, match="leave --format out"):
        sources_of(write_products(tmp_path / "a.csv", product("1")), wanted)


def test_the_format_can_be_given(tmp_path: Path) -> None:
    path = write_products(tmp_path / "a.csv", product("1"))
    assert sources_of(path, Format.TWO_FILES)[0].format is Format.TWO_FILES
