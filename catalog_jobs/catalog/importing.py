"""The files of a shop into the records: read row by row, checked, stored in pages, and told."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from catalog_jobs.catalog.checks import BadValue, Rules, checked, checked_id, checked_url, distinct_pictures
from catalog_jobs.catalog.products import Product
from catalog_jobs.catalog.reading.rows import BadRow, Entry, Format, Kind, Listing, PictureRow, Source
from catalog_jobs.catalog.reading.sources import open_sources
from catalog_jobs.catalog.report import (
    BadRowReport,
    FileReport,
    ImportReport,
    PictureCounts,
    ProductCounts,
    ToEmbed,
    UnmappedType,
)
from catalog_jobs.catalog.scratch import GivenPictures, Scratch
from catalog_jobs.catalog.store import (
    Changes,
    begin_import,
    finish_import,
    keep_products,
    pages,
    retire_others,
    store_products,
)
from catalog_jobs.catalog.types import TypeTable
from infra.records.locks import alone
from infra.records.store import Records

PRODUCTS_A_PAGE = 1000
MAX_TOLD_ROWS = 10_000
MAX_TOLD_TYPES = 1_000

OnProgress = Callable[[str, int], None]
Store = Callable[[Sequence[Product]], Changes]


@dataclass(frozen=True)
class ImportOptions:
    """How files are read. images: a file that holds pictures. is_strict: keep nothing if any row is bad.

    is_part: the files are a part of the catalogue, so that nothing is retired. currency: ISO 4217 of prices that do not
    say. types_file: rows over the table of types that ships.
    """

    images: Path | None = None
    format: Format = Format.AUTO
    is_strict: bool = False
    is_part: bool = False
    currency: str | None = None
    types_file: Path | None = None


@dataclass
class _Told:
    """What is counted and noted on the way."""

    rows: Counter[str] = field(default_factory=Counter)
    bad: list[BadRow] = field(default_factory=list)
    bad_rows: int = 0
    bad_products: int = 0
    products: int = 0
    good: int = 0
    not_sold: int = 0
    without_pictures: int = 0
    pictures: int = 0
    distinct: int = 0
    without_product: int = 0
    unmapped: Counter[str] = field(default_factory=Counter)
    by_title: Counter[str] = field(default_factory=Counter)
    changes: Changes = field(default_factory=Changes)

    def refuse(self, row: BadRow) -> None:
        """Note a bad row; the first ten thousand with their reasons."""
        self.bad_rows += 1
        if len(self.bad) < MAX_TOLD_ROWS:
            self.bad.append(row)


def import_files(
    records: Records,
    files: Sequence[Path],
    options: ImportOptions,
    on_progress: OnProgress = lambda _what, _rows: None,
    clock: Callable[[], float] = time.monotonic,
) -> ImportReport:
    """Bring the records in step with the files of a shop, and tell what was done.

    Good rows are kept and bad ones told; a product in a bad row stays as it was. Where no row is good, nothing changes.
    Stopped on the way, what was stored stays, nothing was retired, and the same import again ends where one alone would
    have. `on_progress` hears what is read, and how many rows of it. Raises what `open_sources` and `TypeTable.load` do,
    and ALREADY_RUNNING where another import works on these records: each would retire what the other brings.
    """
    began_s = clock()
    sources = open_sources(files, options.images, options.format)
    rules = Rules(TypeTable.load(options.types_file), options.currency)
    with alone(records, "catalogue import"), Scratch() as scratch:
        of_pictures = _Told()
        _read_pictures(sources, scratch, of_pictures, on_progress)
        told, import_id = deepcopy(of_pictures), None
        if options.is_strict:
            _read_products(sources, scratch, rules, told, None, lambda _, rows: on_progress("products, checking", rows))
        if not (options.is_strict and told.bad_rows):
            if options.is_strict:
                scratch.forget_seen()
                told = deepcopy(of_pictures)
            import_id = _store_all(records, sources, scratch, rules, told, options, on_progress)
        _count_the_rest(scratch, told)
        return _report(sources, told, import_id, clock() - began_s)


def _store_all(
    records: Records,
    sources: Sequence[Source],
    scratch: Scratch,
    rules: Rules,
    told: _Told,
    options: ImportOptions,
    on_progress: OnProgress,
) -> int | None:
    """Store what is good; the import's id, or None where nothing was."""
    import_id: int | None = None

    def store(products: Sequence[Product]) -> Changes:
        nonlocal import_id
        if import_id is None:
            import_id = begin_import(records, [source.name for source in sources])
        return store_products(records, import_id, products)

    _read_products(sources, scratch, rules, told, store, on_progress)
    if import_id is None:
        return None
    keep_products(records, import_id, list(scratch.bad_ids()))
    if not options.is_part:
        told.changes.retired = retire_others(records, import_id)
    finish_import(records, import_id, vars(told.changes))
    return import_id


def _read_pictures(sources: Sequence[Source], scratch: Scratch, told: _Told, on_progress: OnProgress) -> None:
    def good_rows() -> Iterator[tuple[str, str, str | None]]:
        for source in sources:
            if source.kind is not Kind.PICTURES:
                continue
            for entry in source.entries():
                told.rows[source.name] += 1
                told.pictures += 1
                found = _good_picture(entry)
                if isinstance(found, BadRow):
                    told.refuse(found)
                else:
                    yield found

    for page in pages(good_rows(), 5000):
        scratch.add_pictures(page)
        on_progress("pictures", told.pictures)
    scratch.index_pictures()


def _good_picture(entry: Entry) -> tuple[str, str, str | None] | BadRow:
    if isinstance(entry, PictureRow):
        try:
            return checked_id(entry.product_id), checked_url(entry.url), entry.folder
        except BadValue as reason:
            return BadRow(entry.place, str(reason), entry.product_id)
    return entry if isinstance(entry, BadRow) else BadRow(entry.place, "it is a product, where pictures were expected")


def _read_products(
    sources: Sequence[Source],
    scratch: Scratch,
    rules: Rules,
    told: _Told,
    store: Store | None,
    on_progress: OnProgress,
) -> None:
    for page in pages(_listings(sources, scratch, told), PRODUCTS_A_PAGE):
        given = scratch.pictures_of([product_id for product_id, _ in page])
        found = (_product(product_id, listing, given, rules, told) for product_id, listing in page)
        good = [product for product in found if product]
        scratch.mark_done(product.product_id for product in good)
        told.good += len(good)
        if store and good:
            told.changes += store(good)
        on_progress("products", told.products)


def _listings(sources: Sequence[Source], scratch: Scratch, told: _Told) -> Iterator[tuple[str, Listing]]:
    """Listings of products that are sold, each id once, with the id as the records keep it."""
    for source in sources:
        if source.kind is not Kind.PRODUCTS:
            continue
        for entry in source.entries():
            told.rows[source.name] += 1
            told.products += 1
            try:
                listing = _listing(entry)
                product_id = checked_id(listing.product_id)
                earlier = scratch.first_place(product_id, str(listing.place))
                if earlier:
                    raise BadValue(f"id {product_id!r} is on {earlier} already; the first row of an id counts")
            except BadValue as reason:
                _refuse_product(entry, str(reason), scratch, told)
                continue
            if listing.is_sold:
                yield product_id, listing
            else:
                told.not_sold += 1
                scratch.mark_done([product_id])


def _listing(entry: Entry) -> Listing:
    if isinstance(entry, Listing):
        return entry
    raise BadValue(entry.reason if isinstance(entry, BadRow) else "it has no title; it is a picture among products")


def _refuse_product(entry: Entry, reason: str, scratch: Scratch, told: _Told) -> None:
    told.bad_products += 1
    told.refuse(BadRow(entry.place, reason, entry.product_id))
    if isinstance(entry, BadRow) and entry.product_id:
        try:
            scratch.first_place(checked_id(entry.product_id), str(entry.place))
        except BadValue:
            return


def _product(
    product_id: str, listing: Listing, given: dict[str, GivenPictures], rules: Rules, told: _Told
) -> Product | None:
    """The product of a listing, its own pictures before those of other files; None, and told, if it is bad."""
    others = given.get(product_id, [])
    folder = next((folder for _, folder in others if folder), listing.folder)
    pictures = distinct_pictures([*_own_urls(listing, told), *(url for url, _ in others)])
    told.distinct += len(pictures)
    try:
        found = checked(listing, pictures, folder, rules)
    except BadValue as reason:
        told.bad_products += 1
        told.refuse(BadRow(listing.place, str(reason), product_id))
        return None
    told.without_pictures += not pictures
    if not found.is_type_known:
        told.unmapped[found.product.product_type] += 1
        told.by_title[found.product.product_type] += bool(found.product.types)
    return found.product


def _own_urls(listing: Listing, told: _Told) -> list[str]:
    """The pictures that stand in a product's own rows; a bad one is told, and the product goes without it."""
    good: list[str] = []
    for url in listing.picture_urls:
        told.pictures += 1
        try:
            good.append(checked_url(url))
        except BadValue as reason:
            told.refuse(BadRow(listing.place, str(reason), listing.product_id))
    return good


def _count_the_rest(scratch: Scratch, told: _Told) -> None:
    for _, rows in groupby(scratch.pictures_without_product(), key=lambda row: row[0]):
        urls = [url for _, url in rows]
        told.without_product += len(urls)
        told.distinct += len(distinct_pictures(urls))


def _report(sources: Sequence[Source], told: _Told, import_id: int | None, seconds: float) -> ImportReport:
    changes = told.changes
    order = {source.name: place for place, source in enumerate(sources)}
    bad = sorted(told.bad, key=lambda row: (order[row.place.file], row.place.line))
    return ImportReport(
        import_id=import_id,
        is_stored=import_id is not None,
        files=tuple(
            FileReport(
                file=source.name,
                format=source.format,
                kind=source.kind,
                rows=told.rows[source.name],
                unknown_columns=source.unknown_columns,
            )
            for source in sources
        ),
        products=ProductCounts(
            read=told.products,
            good=told.good,
            bad=told.bad_products,
            not_sold=told.not_sold,
            added=changes.added,
            updated=changes.updated,
            unchanged=changes.unchanged,
            revived=changes.revived,
            retired=changes.retired,
            without_pictures=told.without_pictures,
        ),
        pictures=PictureCounts(
            read=told.pictures,
            distinct=told.distinct,
            without_product=told.without_product,
            added=changes.pictures_added,
            retired=changes.pictures_retired,
        ),
        to_embed=ToEmbed(texts=changes.words_to_embed, pictures=changes.pictures_to_embed),
        bad_row_count=told.bad_rows,
        bad_rows=tuple(
            BadRowReport(file=row.place.file, line=row.place.line, product_id=row.product_id[:255], reason=row.reason)
            for row in bad
        ),
        unmapped_types=tuple(
            UnmappedType(product_type=name, products=count, by_title=told.by_title[name])
            for name, count in told.unmapped.most_common(MAX_TOLD_TYPES)
        ),
        notes=tuple(dict.fromkeys(line for source in sources for line in source.notes)),
        seconds=round(seconds, 3),
    )
