"""Products in the records: what an import changes of them, and what has to be embedded again for it."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import islice
from typing import TypeVar, cast

from sqlalchemy import Row, Table, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from catalog_jobs.catalog.products import Product
from infra.records.store import Records
from infra.records.tables import CatalogImport, ProductImageRow, ProductRow

PICTURE_ID_DIGITS = 32
ROWS_A_PAGE = 500
# What stays as it was where a row is there already.
FIRST_TIME_ONLY = frozenset({"created_at", "content_hash"})
PRODUCTS = cast("Table", ProductRow.__table__)
IMAGES = cast("Table", ProductImageRow.__table__)

Values = dict[str, object]
Given = TypeVar("Given")


@dataclass
class Changes:
    """What became of products and pictures; added up over an import."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    revived: int = 0
    retired: int = 0
    pictures_added: int = 0
    pictures_retired: int = 0
    words_to_embed: int = 0
    pictures_to_embed: int = 0

    def __iadd__(self, other: "Changes") -> "Changes":
        for name, count in vars(other).items():
            setattr(self, name, getattr(self, name) + count)
        return self


def begin_import(records: Records, files: Sequence[str]) -> int:
    """Note that an import runs; its id, larger than any before."""
    with records.transaction() as session:
        row = CatalogImport(files=list(files), counts={}, started_at=records.now(), finished_at=None)
        session.add(row)
        session.flush()
        return row.import_id


def finish_import(records: Records, import_id: int, counts: Mapping[str, int]) -> None:
    """Note that an import came to its end."""
    with records.transaction() as session:
        row = session.get_one(CatalogImport, import_id)
        row.finished_at, row.counts = records.now(), dict(counts)


def store_products(records: Records, import_id: int, products: Sequence[Product]) -> Changes:
    """Bring products with distinct ids up to date, in one transaction.

    Words are to be embedded again only where they changed, and a picture only where it is new to its product; what was
    retired comes back with what was known of it.
    """
    changes = Changes()
    now = records.now()
    with records.transaction() as session:
        known = _known_products(session, [product.product_id for product in products])
        written: list[Values] = []
        changed: list[Product] = []
        same: list[str] = []
        for product in products:
            values, before = _product_values(product), known.get(product.product_id)
            if before and before.row_hash == values["row_hash"] and before.retired_at is None:
                same.append(product.product_id)
                continue
            has_new_words = before is None or before.words_hash != values["words_hash"]
            changes.words_to_embed += has_new_words
            changes.added += before is None
            changes.revived += before is not None and before.retired_at is not None
            changes.updated += before is not None and before.retired_at is None
            state = "pending" if before is None or has_new_words else before.vector_state
            since = {"import_id": import_id, "created_at": now, "updated_at": now, "retired_at": None}
            written.append(values | since | {"vector_state": state})
            changed.append(product)
        changes.unchanged += len(same)
        _upsert(records, session, PRODUCTS, written)
        _stamp(session, same, import_id)
        _store_pictures(records, session, changed, changes, now)
    return changes


def keep_products(records: Records, import_id: int, product_ids: Iterable[str]) -> None:
    """Let products stay as they are that the files have, in rows that were not taken."""
    for page in pages(product_ids):
        with records.transaction() as session:
            _stamp(session, page, import_id)


def retire_others(records: Records, import_id: int) -> int:
    """Retire what is sold by the records, and is not in the files of this import; how many that were."""
    with records.transaction() as session:
        gone = (ProductRow.import_id != import_id) & ProductRow.retired_at.is_(None)
        count = session.scalar(select(func.count()).select_from(ProductRow).where(gone)) or 0
        now = records.now()
        session.execute(update(ProductRow).where(gone).values(retired_at=now, updated_at=now))
    return count


def products_in(
    records: Records, with_retired: bool = False, product_id: str | None = None
) -> Iterator[tuple[ProductRow, list[ProductImageRow]]]:
    """All products by id, or one, with the pictures they have now, in the shop's order; a page at a time."""
    last = ""
    while True:
        with records.transaction() as session:
            rows = select(ProductRow).where(ProductRow.product_id > last)
            rows = rows if with_retired else rows.where(ProductRow.retired_at.is_(None))
            rows = rows if product_id is None else rows.where(ProductRow.product_id == product_id)
            page = list(session.scalars(rows.order_by(ProductRow.product_id).limit(ROWS_A_PAGE)))
            pictures = _images_of(session, [row.product_id for row in page])
        if not page:
            return
        yield from ((row, pictures.get(row.product_id, [])) for row in page)
        last = page[-1].product_id


def note_content(records: Records, contents: Iterable[tuple[str, int, str]]) -> int:
    """Note the SHA-256 of pictures' bytes by product id and number; how many have to be embedded again for it."""
    changed = 0
    for page in pages(contents):
        digests = {(product_id, number): digest for product_id, number, digest in page}
        with records.transaction() as session:
            of_these = ProductImageRow.product_id.in_({product_id for product_id, _ in digests})
            for row in session.scalars(select(ProductImageRow).where(of_these)):
                digest = digests.get((row.product_id, row.number), row.content_hash)
                if row.content_hash != digest:
                    row.content_hash, row.vector_state = digest, "pending"
                    changed += 1
    return changed


def pages(values: Iterable[Given], size: int = ROWS_A_PAGE) -> Iterator[list[Given]]:
    """The values in lists of a size, the last one perhaps shorter."""
    rest = iter(values)
    while page := list(islice(rest, size)):
        yield page


def picture_id(key: str) -> str:
    """What the records call a picture of a product, of its key."""
    return sha256(key.encode()).hexdigest()[:PICTURE_ID_DIGITS]


def _product_values(product: Product) -> Values:
    words = product.words
    values: Values = {
        "product_id": product.product_id,
        "title": product.title,
        "description": product.description,
        "product_type": product.product_type,
        "types": list(product.types),
        "alias": product.alias,
        "price": product.price,
        "list_price": product.list_price,
        "currency": product.currency,
        "discount_percent": product.discount_percent,
        "stock": product.stock,
        "tags": list(product.tags),
        "collections": list(product.collections),
        "facets": {name: list(said) for name, said in product.facets.items()},
        "color_name": product.color_name,
        "color_basic": product.color_basic,
        "group_id": product.group_id,
        "words": words,
    }
    said = json.dumps([*values.values(), product.pictures, product.pictures_folder], default=str)
    return values | {
        "words_hash": sha256(words.encode()).hexdigest(),
        "row_hash": sha256(said.encode()).hexdigest(),
    }


def _known_products(
    session: Session, product_ids: Sequence[str]
) -> dict[str, Row[str, str, str, str, datetime | None]]:
    columns = (
        ProductRow.product_id, ProductRow.row_hash, ProductRow.words_hash, ProductRow.vector_state,
        ProductRow.retired_at,
    )  # fmt: skip
    rows = session.execute(select(*columns).where(ProductRow.product_id.in_(product_ids)))
    return {row.product_id: row for row in rows}


def _stamp(session: Session, product_ids: Sequence[str], import_id: int) -> None:
    if product_ids:
        of_these = PRODUCTS.c.product_id.in_(product_ids)
        session.execute(update(PRODUCTS).where(of_these).values(import_id=import_id))


def _store_pictures(
    records: Records, session: Session, products: Sequence[Product], changes: Changes, now: datetime
) -> None:
    known = _images_of(session, [product.product_id for product in products], with_retired=True)
    written: list[Values] = []
    for product in products:
        before = {row.picture_id: row for row in known.get(product.product_id, [])}
        number = max((row.number for row in before.values()), default=-1)
        for position, (key, url) in enumerate(product.pictures.items()):
            name = picture_id(key)
            row = before.pop(name, None)
            if row is None:
                number += 1
                changes.pictures_added += 1
                changes.pictures_to_embed += 1
            folder = None if "://" in url else product.pictures_folder
            if row and (row.position, row.url, row.folder, row.retired_at) == (position, url, folder, None):
                continue
            written.append({
                "product_id": product.product_id,
                "picture_id": name,
                "number": row.number if row else number,
                "position": position,
                "url": url,
                "folder": folder,
                "content_hash": None,
                "vector_state": row.vector_state if row else "pending",
                "retired_at": None,
            })  # fmt: skip
        for row in before.values():
            if row.retired_at is None:
                row.retired_at = now
                changes.pictures_retired += 1
    session.flush()
    _upsert(records, session, IMAGES, written)


def _images_of(
    session: Session, product_ids: Sequence[str], with_retired: bool = False
) -> dict[str, list[ProductImageRow]]:
    rows = select(ProductImageRow).where(ProductImageRow.product_id.in_(product_ids))
    rows = rows if with_retired else rows.where(ProductImageRow.retired_at.is_(None))
    found: dict[str, list[ProductImageRow]] = defaultdict(list)
    for row in session.scalars(rows.order_by(ProductImageRow.product_id, ProductImageRow.position)):
        found[row.product_id].append(row)
    return found


def _upsert(records: Records, session: Session, table: Table, rows: list[Values]) -> None:
    if not rows:
        return
    insert = sqlite.insert(table) if records.is_sqlite else postgresql.insert(table)
    keys = [column.name for column in table.primary_key]
    values = {name: insert.excluded[name] for name in rows[0] if name not in {*keys, *FIRST_TIME_ONLY}}
    session.connection().execute(insert.on_conflict_do_update(index_elements=keys, set_=values), rows)
