"""What each file is, by its first bytes and its header, and how it is read."""

from collections.abc import Collection, Iterator, Sequence
from functools import partial
from pathlib import Path

from catalog_jobs.catalog.reading import shopify, two_files
from catalog_jobs.catalog.reading.documents import (
    document_entries,
    first_keys,
    holds_pictures,
    holds_product,
    line_entries,
)
from catalog_jobs.catalog.reading.lines import open_file, read_lines
from catalog_jobs.catalog.reading.rows import Entry, Format, Kind, Source
from catalog_jobs.catalog.reading.separated import Table, keys_of, read_table
from catalog_jobs.catalog.reading.workbook import is_workbook, read_sheets
from infra.errors import ErrorCode, ReelwearError

# The beginning of Excel's files before 2007.
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
SHOWN_COLUMNS = 12


def open_sources(files: Sequence[Path], images: Path | None, wanted: Format) -> list[Source]:
    """What the files hold, those with pictures first; the sheets of a workbook are sources of their own.

    images: a file that must hold pictures. Raises NOT_FOUND, EMPTY_FILE, TOO_LARGE, and BAD_REQUEST for what is none of
    the formats, is not the wanted one, or where no file holds products.
    """
    sources = [source for path in files for source in sources_of(path, wanted)]
    if images:
        given = sources_of(images, Format.AUTO)
        if all(source.kind is not Kind.PICTURES for source in given):
            message = f"{images.name} holds no pictures; --images takes a table of id and image_url"
            raise ReelwearError(ErrorCode.BAD_REQUEST, message)
        sources += [source for source in given if source.kind is Kind.PICTURES]
    if all(source.kind is Kind.PICTURES for source in sources):
        message = f"{', '.join(path.name for path in files)}: pictures alone; give the file of the products too"
        raise ReelwearError(ErrorCode.BAD_REQUEST, message)
    return sorted(sources, key=lambda source: source.kind is not Kind.PICTURES)


def sources_of(path: Path, wanted: Format = Format.AUTO) -> list[Source]:
    """What one file holds; errors as in `open_sources`."""
    path = path.expanduser().absolute()
    with open_file(path) as file:
        head = file.read(len(OLD_WORKBOOK))
    if head == OLD_WORKBOOK:
        message = f"{path.name} is a workbook of before 2007; save it as .xlsx or .csv"
        raise ReelwearError(ErrorCode.BAD_REQUEST, message)
    if is_workbook(path):
        return _of_workbook(path, wanted)
    told: list[str] = []
    begins = next((line.lstrip() for line in read_lines(path, told.append) if line.strip()), "")
    if begins[:1] in ("{", "["):
        return [_of_json(path, wanted)]
    notes: list[str] = []
    table = read_table(path, partial(_note, notes), lambda keys: max(_known(keys, False), _known(keys, True)))
    return [_of_table(table, path, wanted, notes)]


def _of_workbook(path: Path, wanted: Format) -> list[Source]:
    tables = read_sheets(path)
    usable = [table for table in tables if _kind(keys_of(table.header))]
    if not usable:
        raise _unreadable(tables[0])
    sources = [_of_table(table, path, wanted, []) for table in usable]
    for table in tables:
        if table not in usable:
            sources[0].note(f"{table.name} was left out: it has no columns of products or pictures")
    return sources


def _of_table(table: Table, path: Path, wanted: Format, notes: list[str]) -> Source:
    keys = keys_of(table.header)
    kind = _kind(keys)
    if kind is None:
        raise _unreadable(table)
    is_shop = kind is Kind.PRODUCTS and shopify.is_shopify(keys) and wanted in (Format.AUTO, Format.SHOPIFY)
    found = Format.SHOPIFY if is_shop else Format.TWO_FILES
    _check(table.name, found, wanted, kind)
    folder = str(path.parent)

    def entries() -> Iterator[Entry]:
        if is_shop:
            return shopify.shopify_entries(table.rows())
        read = two_files.product_entries if kind is Kind.PRODUCTS else two_files.picture_entries
        return read(table.rows(), folder)

    unknown = tuple(
        name.strip() for name, key in zip(table.header, keys, strict=True) if key and not _is_known(key, is_shop)
    )
    return Source(table.name, kind, found, entries, unknown, notes)


def _of_json(path: Path, wanted: Format) -> Source:
    is_lines, keys = first_keys(path)
    if wanted is Format.AUTO:
        is_line = is_lines and (holds_product(keys) or holds_pictures(keys))
        found = Format.JSON_LINES if is_line else Format.CATALOG_JSON
    else:
        found = wanted
    if found not in (Format.CATALOG_JSON, Format.JSON_LINES):
        raise ReelwearError(ErrorCode.BAD_REQUEST, f"{path.name} is JSON, not {found}; leave --format out")
    kind = Kind.PICTURES if found is Format.JSON_LINES and holds_pictures(keys) else Kind.PRODUCTS
    notes: list[str] = []
    read = line_entries if found is Format.JSON_LINES else document_entries
    return Source(path.name, kind, found, partial(read, path, str(path.parent), partial(_note, notes)), (), notes)


def _kind(keys: Collection[str]) -> Kind | None:
    if two_files.is_pictures(keys):
        return Kind.PICTURES
    return Kind.PRODUCTS if two_files.is_products(keys) or shopify.is_shopify(keys) else None


def _known(keys: Collection[str], is_shop: bool) -> int:
    return sum(bool(key) and _is_known(key, is_shop) for key in keys)


def _is_known(key: str, is_shop: bool) -> bool:
    return shopify.is_known(key) if is_shop else key in two_files.KNOWN


def _check(name: str, found: Format, wanted: Format, kind: Kind) -> None:
    # A table of pictures goes with any format.
    if wanted not in (Format.AUTO, found) and kind is Kind.PRODUCTS:
        raise ReelwearError(ErrorCode.BAD_REQUEST, f"{name} is not {wanted} but {found}; leave --format out")


def _note(notes: list[str], line: str) -> None:
    if line not in notes:
        notes.append(line)


def _unreadable(table: Table) -> ReelwearError:
    names = ", ".join(name.strip()[:40] for name in table.header[:SHOWN_COLUMNS])
    rule = "products need id and title (Shopify's: Handle and Title), pictures id and image_url"
    return ReelwearError(ErrorCode.BAD_REQUEST, f"{table.name} has the columns {names}; {rule}")
