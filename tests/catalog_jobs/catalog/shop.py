"""Files as shops export them, made by code."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

from infra.records.store import Records

PRODUCT_HEADER = (
    "id", "title", "description", "product_type", "alias", "mrp", "price_display_amount", "discount_percentage",
    "product_tags", "product_collections",
)  # fmt: skip
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"

Rows = Iterable[Sequence[str]]


def opened_records(folder: Path) -> Records:
    """Records of a test alone, with all tables."""
    records = Records(f"sqlite:///{folder / 'records.sqlite'}")
    records.migrate()
    return records


def product(product_id: str, title: str = "Linen Dress", **others: str) -> tuple[str, ...]:
    """A row of the two-file format's products."""
    values = {"product_type": "Dress", "price_display_amount": "999"} | others | {"id": product_id, "title": title}
    return tuple(values.get(name, "") for name in PRODUCT_HEADER)


def csv_text(header: Sequence[str], rows: Rows) -> str:
    """A table as text, as spreadsheets write it."""
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    return text.getvalue()


def write_products(path: Path, *rows: Sequence[str]) -> Path:
    """The two-file format's file of products."""
    path.write_text(csv_text(PRODUCT_HEADER, rows), "utf-8", newline="")
    return path


def write_images(path: Path, *rows: Sequence[str]) -> Path:
    """The two-file format's file of pictures."""
    path.write_text(csv_text(("id", "image_url"), rows), "utf-8", newline="")
    return path


def sheet_xml(rows: Rows) -> str:
    """A sheet of text in its cells; a cell that begins with `<` is taken as XML of its own."""
    lines = []
    for number, row in enumerate(rows, start=1):
        cells = (one if one.startswith("<") else f'<c t="inlineStr"><is><t>{escape(one)}</t></is></c>' for one in row)
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    return f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


def write_workbook(path: Path, sheets: Mapping[str, str], strings: str = "", hidden: Sequence[str] = ()) -> Path:
    """A workbook of sheets by name, each as XML."""
    numbered = [(f"rId{number}", name) for number, name in enumerate(sheets, start=1)]
    listed = "".join(
        f'<sheet name="{name}" sheetId="{key[3:]}" r:id="{key}"{" state=" + repr("hidden") if name in hidden else ""}/>'
        for key, name in numbered
    )
    related = "".join(
        f'<Relationship Id="{key}" Type="{OFFICE}/worksheet" Target="worksheets/{key}.xml"/>' for key, _ in numbered
    )
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets></workbook>'
        )
        archive.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{PACKAGE}">{related}</Relationships>')
        for key, name in numbered:
            archive.writestr(f"xl/worksheets/{key}.xml", sheets[name])
        if strings:
            archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{MAIN}">{strings}</sst>')
    return path
