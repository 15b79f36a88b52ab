import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select, update

from catalog_jobs.catalog.importing import ImportOptions, import_files
from catalog_jobs.catalog.reading.rows import Format
from catalog_jobs.catalog.report import ImportReport
from catalog_jobs.catalog.store import note_content, products_in
from infra.errors import ErrorCode, ReelwearError
from infra.records.store import Records
from infra.records.tables import CatalogImport, ProductImageRow, ProductRow
from tests.catalog_jobs.catalog.shop import (
    PRODUCT_HEADER,
    csv_text,
    opened_records,
    product,
    sheet_xml,
    write_images,
    write_products,
    write_workbook,
)

CDN = "https://cdn.shopify.com/s/files/1"


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    found = opened_records(tmp_path)
    yield found
    found.close()


def bring(records: Records, *files: Path, **options: object) -> ImportReport:
    return import_files(records, files, ImportOptions(**options))  # type: ignore[arg-type]


def row(records: Records, product_id: str) -> ProductRow:
    with records.transaction() as session:
        return session.get_one(ProductRow, product_id)


def images(records: Records, product_id: str) -> list[ProductImageRow]:
    with records.transaction() as session:
        rows = select(ProductImageRow).where(ProductImageRow.product_id == product_id)
        return list(session.scalars(rows.order_by(ProductImageRow.number)))


def sold(records: Records) -> list[str]:
    with records.transaction() as session:
        ids = select(ProductRow.product_id).where(ProductRow.retired_at.is_(None)).order_by(ProductRow.product_id)
        return list(session.scalars(ids))


def embed_all(records: Records) -> None:
    """As an index job leaves the rows."""
    with records.transaction() as session:
        session.execute(update(ProductRow).values(vector_state="stored"))
        session.execute(update(ProductImageRow).values(vector_state="stored"))


def test_the_two_files_become_products_with_their_pictures(tmp_path: Path, records: Records) -> None:
    products = write_products(
        tmp_path / "products.csv",
        product("101", "Sage Wrap Dress", mrp="₹2,999", product_tags="Colour:Sage Green, Group ID:G1"),
        product("102", "Lace Top", product_type="Top"),
    )
    pictures = write_images(
        tmp_path / "images.csv",
        ("101", f"{CDN}/one_512x.jpg?v=1"),
        ("102", f"{CDN}/top.jpg"),
        ("101", f"{CDN}/one_1600x.jpg?v=1"),
        ("101", f"{CDN}/one_1600x.jpg?v=1"),
        ("101", f"{CDN}/two.jpg"),
        ("999", f"{CDN}/other.jpg"),
    )
    report = bring(records, products, images=pictures)
    assert (report.products.read, report.products.good, report.products.added) == (2, 2, 2)
    assert (report.pictures.read, report.pictures.distinct, report.pictures.without_product) == (6, 4, 1)
    assert (report.to_embed.texts, report.to_embed.pictures) == (2, 3)
    assert (report.bad_row_count, report.unmapped_types, report.notes) == (0, (), ())
    dress = row(records, "101")
    assert (dress.price, dress.list_price, dress.currency) == (Decimal("999.00"), Decimal("2999.00"), "INR")
    assert (dress.types, dress.color_basic, dress.group_id) == (["dress"], "green", "G1")
    assert [(one.number, one.position, one.url) for one in images(records, "101")] == [
        (0, 0, f"{CDN}/one_1600x.jpg?v=1"),
        (1, 1, f"{CDN}/two.jpg"),
    ]


def test_the_same_shop_as_workbook_or_lines_is_the_same(tmp_path: Path, records: Records) -> None:
    rows = [product("101", "Dress", product_tags="Colour:Red"), product("102", "Top", price_display_amount="5.50")]
    bring(records, write_products(tmp_path / "products.csv", *rows))
    book = write_workbook(tmp_path / "products.xlsx", {"S": sheet_xml([PRODUCT_HEADER, *rows])})
    lines = tmp_path / "products.jsonl"
    lines.write_text("\n".join(json.dumps(dict(zip(PRODUCT_HEADER, one, strict=True))) for one in rows))
    for path in (book, lines):
        report = bring(records, path)
        assert (report.products.unchanged, report.products.updated, report.products.retired) == (2, 0, 0)


def test_bad_rows_are_told_with_file_line_and_reason_and_good_ones_kept(tmp_path: Path, records: Records) -> None:
    products = write_products(
        tmp_path / "products.csv",
        product("101"),
        product("102", ""),
        product("103", price_display_amount="free"),
        product("101", "Again"),
        product("", "Nobody"),
        product("106"),
    )
    pictures = write_images(tmp_path / "images.csv", ("101", "../../etc/passwd"), ("101", f"{CDN}/a.jpg"), ("", "x"))
    report = bring(records, products, images=pictures)
    assert sold(records) == ["101", "106"]
    assert row(records, "101").title == "Linen Dress"
    assert [(one.file, one.line, one.product_id, one.reason) for one in report.bad_rows] == [
        ("images.csv", 2, "101", "image_url '../../etc/passwd' is no path inside the folder of its file"),
        ("images.csv", 4, "", "it has no id; a picture needs both id and image_url"),
        ("products.csv", 3, "102", "it has no title"),
        ("products.csv", 4, "103", "price 'free' is no price; write it like 1299.00"),
        ("products.csv", 5, "101", "id '101' is on products.csv:2 already; the first row of an id counts"),
        ("products.csv", 6, "", "it has no id"),
    ]
    assert (report.products.read, report.products.good, report.products.bad) == (6, 2, 4)


def test_a_strict_import_keeps_nothing_if_any_row_is_bad(tmp_path: Path, records: Records) -> None:
    good = write_products(tmp_path / "good.csv", product("101"))
    bad = write_products(tmp_path / "bad.csv", product("101", "Other"), product("102", ""))
    assert bring(records, good, is_strict=True).is_stored
    report = bring(records, bad, is_strict=True)
    assert (report.is_stored, report.import_id, report.bad_row_count) == (False, None, 1)
    assert row(records, "101").title == "Linen Dress"


def test_a_strict_import_of_good_rows_counts_as_any_other(tmp_path: Path, records: Records) -> None:
    products = write_products(tmp_path / "p.csv", product("101"), product("102", product_type="Wibble"))
    pictures = write_images(tmp_path / "i.csv", ("101", f"{CDN}/a.jpg"), ("7", f"{CDN}/b.jpg"))
    strict = bring(records, products, images=pictures, is_strict=True)
    (tmp_path / "beside").mkdir()
    others = opened_records(tmp_path / "beside")
    again = bring(others, products, images=pictures)
    others.close()
    assert strict.model_copy(update={"seconds": 0.0}) == again.model_copy(update={"seconds": 0.0})


def test_a_new_price_stock_or_tag_is_taken_without_embedding_anything_again(tmp_path: Path, records: Records) -> None:
    pictures = write_images(tmp_path / "i.csv", ("101", f"{CDN}/a.jpg"))
    path = tmp_path / "p.csv"
    bring(records, write_products(path, product("101"), product("102")), images=pictures)
    embed_all(records)
    changed = product("101", price_display_amount="499", mrp="999", product_tags="sale", product_collections="Sale")
    report = bring(records, write_products(path, changed, product("102")), images=pictures)
    assert (report.products.updated, report.products.unchanged) == (1, 1)
    assert (report.to_embed.texts, report.to_embed.pictures) == (0, 0)
    assert (row(records, "101").price, row(records, "101").vector_state) == (Decimal("499.00"), "stored")
    assert images(records, "101")[0].vector_state == "stored"


def test_new_words_are_embedded_again_and_pictures_are_not(tmp_path: Path, records: Records) -> None:
    pictures = write_images(tmp_path / "i.csv", ("101", f"{CDN}/a.jpg"))
    path = tmp_path / "p.csv"
    bring(records, write_products(path, product("101")), images=pictures)
    embed_all(records)
    report = bring(records, write_products(path, product("101", "Silk Dress")), images=pictures)
    assert (report.to_embed.texts, report.to_embed.pictures) == (1, 0)
    assert row(records, "101").vector_state == "pending"
    assert images(records, "101")[0].vector_state == "stored"


def test_a_picture_keeps_its_number_when_others_come_and_go(tmp_path: Path, records: Records) -> None:
    products = write_products(tmp_path / "p.csv", product("101"))
    path = tmp_path / "i.csv"
    bring(records, products, images=write_images(path, ("101", f"{CDN}/a.jpg"), ("101", f"{CDN}/b_512x.jpg")))
    embed_all(records)
    note_content(records, [("101", 0, "0" * 64), ("101", 1, "1" * 64)])
    embed_all(records)
    changed = write_images(path, ("101", f"{CDN}/c.jpg"), ("101", f"{CDN}/b_1600x.jpg?v=2"))
    report = bring(records, products, images=changed)
    assert (report.pictures.added, report.pictures.retired) == (1, 1)
    assert (report.to_embed.texts, report.to_embed.pictures) == (0, 1)
    found = {one.url: (one.number, one.vector_state, one.retired_at is None) for one in images(records, "101")}
    assert found == {
        f"{CDN}/a.jpg": (0, "stored", False),
        f"{CDN}/b_1600x.jpg?v=2": (1, "stored", True),
        f"{CDN}/c.jpg": (2, "pending", True),
    }
    ((_, shown),) = products_in(records)
    assert [one.number for one in shown] == [2, 1]
    assert images(records, "101")[1].content_hash == "1" * 64


def test_a_picture_is_embedded_again_when_its_bytes_changed(tmp_path: Path, records: Records) -> None:
    pictures = write_images(tmp_path / "i.csv", ("101", f"{CDN}/a.jpg"), ("101", f"{CDN}/b.jpg"))
    bring(records, write_products(tmp_path / "p.csv", product("101")), images=pictures)
    assert note_content(records, [("101", 0, "0" * 64), ("101", 1, "1" * 64)]) == 2
    embed_all(records)
    assert note_content(records, [("101", 0, "0" * 64), ("101", 1, "2" * 64), ("none", 0, "3" * 64)]) == 1
    assert [one.vector_state for one in images(records, "101")] == ["stored", "pending"]


def test_a_product_that_left_is_retired_and_comes_back_as_it_was(tmp_path: Path, records: Records) -> None:
    path = tmp_path / "p.csv"
    pictures = write_images(tmp_path / "i.csv", ("101", f"{CDN}/a.jpg"), ("102", f"{CDN}/b.jpg"))
    both = (product("101"), product("102"))
    bring(records, write_products(path, *both), images=pictures)
    embed_all(records)
    assert bring(records, write_products(path, both[0]), images=pictures).products.retired == 1
    assert sold(records) == ["101"]
    assert row(records, "102").retired_at is not None
    report = bring(records, write_products(path, *both), images=pictures)
    assert (report.products.revived, report.to_embed.texts, report.to_embed.pictures) == (1, 0, 0)
    assert sold(records) == ["101", "102"]
    assert row(records, "102").vector_state == "stored"


def test_a_product_whose_row_turned_bad_stays_as_it_was(tmp_path: Path, records: Records) -> None:
    path = tmp_path / "p.csv"
    bring(records, write_products(path, product("101"), product("102"), product("103")))
    text = csv_text(PRODUCT_HEADER, [product("101", price_display_amount="free"), product("102")]) + '103,"Lost,,\n'
    path.write_text(text, newline="")
    report = bring(records, path)
    assert (report.products.retired, report.bad_row_count) == (0, 2)
    assert sold(records) == ["101", "102", "103"]


def test_a_part_of_the_catalogue_retires_nothing(tmp_path: Path, records: Records) -> None:
    bring(records, write_products(tmp_path / "p.csv", product("101"), product("102")))
    assert bring(records, write_products(tmp_path / "p.csv", product("103")), is_part=True).products.retired == 0
    assert sold(records) == ["101", "102", "103"]


@pytest.mark.parametrize("rows", [[], [product("101", "")]], ids=["no row", "no good row"])
def test_files_without_a_good_row_change_nothing(tmp_path: Path, records: Records, rows: list[tuple[str, ...]]) -> None:
    bring(records, write_products(tmp_path / "p.csv", product("101"), product("102")))
    report = bring(records, write_products(tmp_path / "p.csv", *rows))
    assert (report.is_stored, report.products.retired) == (False, 0)
    assert sold(records) == ["101", "102"]


def test_unmapped_types_are_told_with_counts_the_most_frequent_first(tmp_path: Path, records: Records) -> None:
    products = write_products(
        tmp_path / "p.csv",
        product("1", product_type="Wobble"),
        product("2", "Lace Top", product_type="Wibble"),
        product("3", "Thing", product_type="Wibble"),
        product("4", product_type="Co-Ord"),
    )
    report = bring(records, products)
    assert [(one.product_type, one.products, one.by_title) for one in report.unmapped_types] == [
        ("Wibble", 2, 1), ("Wobble", 1, 1),
    ]  # fmt: skip
    own = tmp_path / "types.json"
    own.write_text('[{"types": ["bag"], "words": ["wibble", "wobble"]}]')
    assert bring(records, products, types_file=own).unmapped_types == ()
    assert row(records, "3").types == ["bag"]


def test_drafts_of_shopify_are_not_sold_and_leave_when_they_become_drafts(tmp_path: Path, records: Records) -> None:
    path = tmp_path / "export.csv"
    header = ("Handle", "Title", "Variant Price", "Image Src", "Status")
    rows = [("a", "Dress A", "5", f"{CDN}/a.jpg", "active"), ("b", "Dress B", "5", f"{CDN}/b.jpg", "active")]
    path.write_text(csv_text(header, rows))
    report = bring(records, path, format=Format.SHOPIFY, currency="EUR")
    assert (report.products.added, report.pictures.read, report.pictures.distinct) == (2, 2, 2)
    assert (row(records, "a").currency, row(records, "a").types) == ("EUR", ["dress"])
    path.write_text(csv_text(header, [rows[0], (*rows[1][:4], "draft")]))
    report = bring(records, path)
    assert (report.products.not_sold, report.products.retired) == (1, 1)
    assert sold(records) == ["a"]


def test_a_product_goes_without_a_picture_of_its_own_that_is_bad(tmp_path: Path, records: Records) -> None:
    path = tmp_path / "export.csv"
    path.write_text("Handle,Title,Image Src,Status\na,Dress,ftp://c/a.jpg,active\na,,https://c/b.jpg,\n")
    report = bring(records, path)
    assert (report.products.good, report.bad_row_count) == (1, 1)
    assert [one.url for one in images(records, "a")] == ["https://c/b.jpg"]


def test_pictures_from_files_remember_the_folder_that_they_were_named_in(tmp_path: Path, records: Records) -> None:
    (tmp_path / "shop").mkdir()
    pictures = write_images(tmp_path / "shop" / "images.csv", ("101", "pics/a.jpg"), ("101", f"{CDN}/b.jpg"))
    bring(records, write_products(tmp_path / "p.csv", product("101")), images=pictures)
    assert [one.folder for one in images(records, "101")] == [str(tmp_path / "shop"), None]


def test_an_import_that_is_killed_and_run_again_ends_as_one_alone(tmp_path: Path, records: Records) -> None:
    rows = [product(f"{number:05}", f"Dress {number}") for number in range(1200)]
    path = write_products(tmp_path / "p.csv", *rows)
    bring(records, write_products(tmp_path / "old.csv", product("old")))

    def stop_in_the_middle(what: str, rows_read: int) -> None:
        if what == "products" and rows_read >= 1000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_files(records, [path], ImportOptions(), stop_in_the_middle)
    assert len(sold(records)) == 1001
    report = bring(records, path)
    assert (report.products.added, report.products.unchanged, report.products.retired) == (200, 1000, 1)
    assert sold(records) == [one[0] for one in rows]
    with records.transaction() as session:
        ended = list(session.scalars(select(CatalogImport.finished_at).order_by(CatalogImport.import_id)))
    assert [one is not None for one in ended] == [True, False, True]


def test_texts_that_databases_refuse_are_stored_without_what_they_refuse(tmp_path: Path, records: Records) -> None:
    path = tmp_path / "c.json"
    path.write_text('[{"id": "1\\u0000", "title": "Dress \\ud83d", "tags": ["a\\u0000b", null], "alias": "x\\u0007"}]')
    report = bring(records, path)
    assert report.products.good == 1
    assert (row(records, "1").title, row(records, "1").tags, row(records, "1").alias) == ("Dress", ["ab"], "x")


def test_a_types_file_that_is_not_there_is_named(tmp_path: Path, records: Records) -> None:
    products = write_products(tmp_path / "p.csv", product("1"))
    with pytest.raises(ReelwearError, match=r"none\.json cannot be read") as caught:
        bring(records, products, types_file=tmp_path / "none.json")
    assert caught.value.code is ErrorCode.NOT_FOUND
