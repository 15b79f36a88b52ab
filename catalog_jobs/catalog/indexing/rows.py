"""The rows of products' vectors, written a page of products at a time."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, cast

import numpy as np
from sqlalchemy import Table, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from catalog_jobs.catalog.indexing.duplicates import Seen, duplicates_in
from catalog_jobs.catalog.indexing.known import IN_STORE, is_gone, is_untouched, states_now, states_of
from catalog_jobs.catalog.indexing.parts import TEXT, Kind, ProductParts, Vector
from infra.records.store import Records
from infra.records.tables import ProductImageRow, ProductRow, ProductVectorRow

VECTORS: Final = cast("Table", ProductVectorRow.__table__)
# The vector store may have a point of these.
MAY_BE_STORED: Final = (*IN_STORE, "leaving")

Values = dict[str, object]
Rows = Mapping[str, ProductVectorRow]
Vectors = Mapping[tuple[str, str], Vector]


def write_page(
    records: Records, embedder: str, products: Sequence[ProductParts], vectors: Vectors, is_noting: bool
) -> None:
    """Bring the rows of products up to date, in one transaction.

    vectors: what was embedded now, by product and part. A part that has none keeps its row as it was. Where the store
    is to change for a row it waits for that, and duplicates and what is gone leave. With `is_noting` products and
    pictures are noted as embedded, unless they changed since they were read.
    """
    with records.transaction() as session:
        now = records.now()
        rows = _rows(session, embedder, [product.product_id for product in products])
        written: list[Values] = []
        for product in products:
            own = rows.get(product.product_id, {})
            new = {part.name: vectors.get((product.product_id, part.name)) for part in product.parts}
            changed = changed_rows(product, own, new)
            written += [values | {"embedder": embedder, "updated_at": now} for values in changed]
            if is_noting:
                _note(session, product, own, new)
            _let_go(session, product, own, now)
        _upsert(records, session, written)


def changed_rows(product: ProductParts, rows: Rows, new: Mapping[str, Vector | None]) -> Iterator[Values]:
    """The rows of the product's parts that differ from what is there, whole but for embedder and time."""
    duplicates = duplicates_in(_seen(product, rows, new))
    for part in product.parts:
        row, vector = rows.get(part.name), new.get(part.name)
        if vector is None and (row is None or row.source_hash != part.source_hash):
            continue
        stored = row.vector if vector is None and row else np.ascontiguousarray(vector, "<f4").tobytes()
        values: Values = {
            "product_id": product.product_id,
            "part": part.name,
            "kind": part.kind.value,
            "types": list(part.types),
            "color_hex": part.color_hex,
            "color_basic": part.color_basic,
            "source_hash": part.source_hash,
            "crop_file": part.crop_file,
            "duplicate_of": duplicates.get(part.name),
            "vector": stored,
        }
        values["state"] = _state(values, row)
        if row is None or any(getattr(row, name) != value for name, value in values.items()):
            yield values


def _seen(product: ProductParts, rows: Rows, new: Mapping[str, Vector | None]) -> Iterator[Seen]:
    for part in product.parts:
        row, vector = rows.get(part.name), new.get(part.name)
        if part.kind is Kind.TEXT:
            continue
        if vector is not None:
            yield Seen(part.name, part.types, vector)
        elif row is not None:
            types = part.types if row.source_hash == part.source_hash else tuple(row.types)
            yield Seen(part.name, types, np.frombuffer(row.vector, "<f4").astype(np.float32))


def _state(values: Values, row: ProductVectorRow | None) -> str:
    """Where a row is with the vector store, given what it is to say."""
    if values["duplicate_of"]:
        return "leaving" if row and row.state in MAY_BE_STORED else "kept"
    told = ("kind", "types", "color_basic", "vector")
    is_same_point = row is not None and all(getattr(row, name) == values[name] for name in told)
    return "stored" if row and is_same_point and row.state == "stored" else "pending"


def _let_go(session: Session, product: ProductParts, rows: Rows, now: datetime) -> None:
    """What the product no longer has leaves the store; of what cannot come back the row goes once it is out."""
    wanted = {part.name for part in product.parts}
    for name, row in rows.items():
        if name in wanted or is_untouched(product, name):
            continue
        if row.state in IN_STORE:
            row.state, row.updated_at = "leaving", now
        elif row.state == "kept" and is_gone(product, name):
            session.delete(row)


def _rows(session: Session, embedder: str, product_ids: Sequence[str]) -> dict[str, dict[str, ProductVectorRow]]:
    wanted = select(ProductVectorRow).where(
        ProductVectorRow.embedder == embedder, ProductVectorRow.product_id.in_(product_ids)
    )
    found: dict[str, dict[str, ProductVectorRow]] = {}
    for row in session.scalars(wanted):
        found.setdefault(row.product_id, {})[row.part] = row
    return found


def _note(session: Session, product: ProductParts, rows: Rows, new: Mapping[str, Vector | None]) -> None:
    embedded = {
        part.name
        for part in product.parts
        if new.get(part.name) is not None or (part.name in rows and rows[part.name].source_hash == part.source_hash)
    }
    before = states_now(product)
    for name, state in states_of(product, embedded).items():
        if state == before[name]:
            continue
        if name == TEXT:
            same = ProductRow.product_id == product.product_id, ProductRow.words_hash == product.words_hash
            session.execute(update(ProductRow).where(*same).values(vector_state=state))
        else:
            own = ProductImageRow.product_id == product.product_id, ProductImageRow.picture_id == name
            is_same = ProductImageRow.content_hash == product.pictures[name].content_hash
            session.execute(update(ProductImageRow).where(*own, is_same).values(vector_state=state))


def _upsert(records: Records, session: Session, rows: Sequence[Values]) -> None:
    if not rows:
        return
    insert = sqlite.insert(VECTORS) if records.is_sqlite else postgresql.insert(VECTORS)
    keys = [column.name for column in VECTORS.primary_key]
    values = {name: insert.excluded[name] for name in rows[0] if name not in keys}
    session.connection().execute(insert.on_conflict_do_update(index_elements=keys, set_=values), list(rows))
