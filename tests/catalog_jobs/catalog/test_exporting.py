import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog_jobs.catalog.exporting import ExportFormat, export_catalog, export_format
from catalog_jobs.catalog.importing import ImportOptions, import_files
from infra.errors import ErrorCode, ReelwearError
from infra.records.store import Records
from tests.catalog_jobs.catalog.shop import PRODUCT_HEADER, opened_records, product, write_images, write_products

HEADER = (
    "Handle,Title,Body (HTML),Vendor,Type,Tags,Option1 Name,Option1 Value,Variant Inventory Qty,Variant Price,Image Src"
)


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    found = opened_records(tmp_path)
    products = write_products(
        tmp_path / "products.csv",
        product(
            "101", "=HYPERLINK(1)", description="-soft, and\nlight", mrp="KWD 5.125", product_tags="Colour:Red, new"
        ),
        product("102", "@Top", price_display_amount="₹1,299", discount_percentage="56%", product_collections="A, B"),
        product("103", "Ünïcode ₹ Dress", alias="+44"),
    )
    images = write_images(tmp_path / "images.csv", ("101", "https://c/a_1600x.jpg?v=1"), ("101", "pics/b.jpg"))
    import_files(found, [products], ImportOptions(images=images, currency="KWD"))
    yield found
    found.close()


@pytest.mark.parametrize("name", ["out.csv", "out.json", "out.jsonl"])
def test_what_is_written_is_read_again_as_it_was(tmp_path: Path, records: Records, name: str) -> None:
    written = export_catalog(records, tmp_path / name, tmp_path / "out-images.csv", export_format(Path(name)))
    assert (written.products, written.pictures) == (3, 2)
    images = tmp_path / "out-images.csv" if name.endswith(".csv") else None
    report = import_files(records, [tmp_path / name], ImportOptions(images=images))
    assert (report.bad_rows, report.products.unchanged) == ((), 3)


def test_no_spreadsheet_runs_what_is_written(tmp_path: Path, records: Records) -> None:
    written = export_catalog(records, tmp_path / "out.csv", None, ExportFormat.TWO_FILES)
    assert written.files == (str(tmp_path / "out.csv"), str(tmp_path / "images.csv"))
    with (tmp_path / "out.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert tuple(rows[0][: len(PRODUCT_HEADER)]) == PRODUCT_HEADER
    assert (rows[1][1], rows[1][2], rows[2][1], rows[3][4]) == ("'=HYPERLINK(1)", "'-soft, and\nlight", "'@Top", "'+44")
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]


def test_a_document_has_the_shape_that_catalogues_in_json_have(tmp_path: Path, records: Records) -> None:
    export_catalog(records, tmp_path / "out.json", None, ExportFormat.CATALOG_JSON)
    document = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert (document["version"], document["total_items"], len(document["items"])) == ("1.0", 3, 3)
    first = document["items"][0]
    assert (first["id"], first["mrp"], first["tags"]) == ("101", "5.1250", ["Colour:Red", "new"])
    assert first["images"] == ["https://c/a_1600x.jpg?v=1", "pics/b.jpg"]


def test_an_empty_catalogue_is_a_whole_document(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    empty = opened_records(tmp_path / "empty")
    export_catalog(empty, tmp_path / "out.json", None, ExportFormat.CATALOG_JSON)
    assert json.loads((tmp_path / "out.json").read_text()) == {"version": "1.0", "items": [], "total_items": 0}
    empty.close()


def test_retired_products_are_written_only_when_asked_for(tmp_path: Path, records: Records) -> None:
    import_files(records, [write_products(tmp_path / "p.csv", product("101"))], ImportOptions())
    for with_retired, count in ((False, 1), (True, 3)):
        path = tmp_path / f"{count}.jsonl"
        assert export_catalog(records, path, None, ExportFormat.JSON_LINES, with_retired).products == count


def test_facets_of_columns_are_written_as_tags(tmp_path: Path, records: Records) -> None:
    (tmp_path / "export.csv").write_text(f"{HEADER}\na,Dress,,House,Dress,new,Colour,Sage,3,5,https://c/a.jpg\n")
    import_files(records, [tmp_path / "export.csv"], ImportOptions())
    export_catalog(records, tmp_path / "out.csv", None, ExportFormat.TWO_FILES)
    assert "new, color:Sage, brand:House" in (tmp_path / "out.csv").read_text()


def test_a_file_that_cannot_be_written_is_named_and_leaves_nothing(tmp_path: Path, records: Records) -> None:
    with pytest.raises(ReelwearError, match="cannot be written") as caught:
        export_catalog(records, tmp_path / "none" / "out.json", None, ExportFormat.CATALOG_JSON)
    assert caught.value.code is ErrorCode.NOT_FOUND


def test_a_name_that_means_no_format_is_an_error() -> None:
    with pytest.raises(ReelwearError, match=r"out\.xlsx ends in none of \.csv, \.json"):
        export_format(Path("out.xlsx"))
