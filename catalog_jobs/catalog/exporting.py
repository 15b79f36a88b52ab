"""The catalogue written back to files that the import reads."""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TextIO

from catalog_jobs.catalog.prices import written
from catalog_jobs.catalog.reading.separated import guarded
from catalog_jobs.catalog.report import Document
from catalog_jobs.catalog.store import products_in
from catalog_jobs.catalog.tags import facets_of
from infra.errors import ErrorCode, ReelwearError
from infra.records.store import Records
from infra.records.tables import ProductImageRow, ProductRow

# The two-file format's ten columns, and after them what it has no column for.
PRODUCT_COLUMNS = (
    "id", "title", "description", "product_type", "alias", "mrp", "price_display_amount", "discount_percentage",
    "product_tags", "product_collections", "currency", "stock",
)  # fmt: skip
PICTURE_COLUMNS = ("id", "image_url")
PICTURES_NAME = "images.csv"

Exported = tuple[ProductRow, list[ProductImageRow]]


class ExportFormat(StrEnum):
    """What can be written."""

    TWO_FILES = "two-files"
    CATALOG_JSON = "catalog-json"
    JSON_LINES = "json-lines"


class ExportReport(Document):
    """What `reelwear catalog export --json` prints."""

    format: str
    files: tuple[str, ...]
    products: int
    pictures: int


def export_format(path: Path) -> ExportFormat:
    """The format that a file's name means. Raises BAD_REQUEST for a name that means none."""
    formats = {
        ".csv": ExportFormat.TWO_FILES,
        ".json": ExportFormat.CATALOG_JSON,
        ".jsonl": ExportFormat.JSON_LINES,
        ".ndjson": ExportFormat.JSON_LINES,
    }
    found = formats.get(path.suffix.lower())
    if found is None:
        message = f"{path.name} ends in none of {', '.join(formats)}; name it so, or give --format"
        raise ReelwearError(ErrorCode.BAD_REQUEST, message)
    return found


def export_catalog(
    records: Records, path: Path, images: Path | None, chosen: ExportFormat, with_retired: bool = False
) -> ExportReport:
    """Write the products, and of the two-file format the pictures beside them as images.csv or to `images`.

    A file takes its name only once it is whole. Text that a spreadsheet would run gets an apostrophe in CSV, which the
    import takes away again. Pictures from files keep their path, relative to the folder that they were named in. Raises
    NOT_FOUND where a file cannot be written.
    """
    rows = products_in(records, with_retired)
    if chosen is ExportFormat.TWO_FILES:
        images = images or path.with_name(PICTURES_NAME)
        with _written(path) as products_file, _written(images) as images_file:
            products, pictures = _write_tables(products_file, images_file, rows)
        return ExportReport(format=chosen, files=(str(path), str(images)), products=products, pictures=pictures)
    write = _write_document if chosen is ExportFormat.CATALOG_JSON else _write_lines
    with _written(path) as file:
        products, pictures = write(file, rows)
    return ExportReport(format=chosen, files=(str(path),), products=products, pictures=pictures)


def as_document(row: ProductRow, pictures: Sequence[ProductImageRow]) -> dict[str, object]:
    """One product as an item of a catalogue in JSON; amounts as text, so that they stay exact."""
    return {
        "id": row.product_id,
        "title": row.title,
        "description": row.description,
        "price": written(row.price),
        "mrp": written(row.list_price),
        "currency": row.currency,
        "discount_percentage": written(row.discount_percent),
        "product_type": row.product_type,
        "alias": row.alias,
        "stock": row.stock,
        "tags": list(row.tags),
        "collections": list(row.collections),
        "facets": dict(row.facets),
        "images": [picture.url for picture in pictures],
    }


def _write_tables(products_file: TextIO, images_file: TextIO, rows: Iterable[Exported]) -> tuple[int, int]:
    products, images = csv.writer(products_file), csv.writer(images_file)
    products.writerow(PRODUCT_COLUMNS)
    images.writerow(PICTURE_COLUMNS)
    counts = [0, 0]
    for row, pictures in rows:
        products.writerow(guarded(cell) for cell in _cells(row))
        for picture in pictures:
            images.writerow((guarded(row.product_id), guarded(picture.url)))
        counts = [counts[0] + 1, counts[1] + len(pictures)]
    return counts[0], counts[1]


def _cells(row: ProductRow) -> tuple[str, ...]:
    return (
        row.product_id, row.title, row.description, row.product_type, row.alias, written(row.list_price) or "",
        written(row.price) or "", written(row.discount_percent) or "", ", ".join(_tags(row)),
        ", ".join(row.collections), row.currency or "", "" if row.stock is None else str(row.stock),
    )  # fmt: skip


def _tags(row: ProductRow) -> list[str]:
    """The tags, and facets that no tag says, which came from columns of their own."""
    said = facets_of(row.tags)
    more = ((name, value) for name, values in row.facets.items() for value in values if value not in said.get(name, ()))
    return [*row.tags, *(f"{name}:{value}" for name, value in more)]


def _write_document(file: TextIO, rows: Iterable[Exported]) -> tuple[int, int]:
    products = pictures = 0
    file.write('{"version": "1.0", "items": [')
    for row, images in rows:
        file.write(("," if products else "") + "\n" + json.dumps(as_document(row, images), ensure_ascii=False))
        products, pictures = products + 1, pictures + len(images)
    file.write(f'\n], "total_items": {products}}}\n')
    return products, pictures


def _write_lines(file: TextIO, rows: Iterable[Exported]) -> tuple[int, int]:
    products = pictures = 0
    for row, images in rows:
        file.write(json.dumps(as_document(row, images), ensure_ascii=False) + "\n")
        products, pictures = products + 1, pictures + len(images)
    return products, pictures


@contextmanager
def _written(path: Path) -> Iterator[TextIO]:
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            yield file
        part.replace(path)
    except OSError as fault:
        message = f"{path} cannot be written ({fault.strerror}); give a file in a folder that is yours"
        raise ReelwearError(ErrorCode.NOT_FOUND, message) from fault
    finally:
        part.unlink(missing_ok=True)
