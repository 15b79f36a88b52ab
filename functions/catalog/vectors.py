"""The catalogue's vectors follow the records: a job writes rows, and whoever owns the vector store brings them there.

Every step can be repeated, be broken off, and run twice at the same time. A row says what the store is to have until it
is true: pending (to be stored), stored, leaving (to be taken out), kept (in the records alone).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from functions.catalog.answers import SyncReport
from functions.catalog.indexes import all_indexes, drop_old_indexes, live_index, something_filled, switch_to_filled
from functions.catalog.losses import ALIAS, expect_lost
from functions.services import Services
from infra.records.tables import ProductImageRow, ProductRow, ProductVectorRow
from infra.vectors import Point

KINDS = ("image", "text")
ROWS_A_PAGE = 256
WAITING = ("pending", "leaving")

Key = tuple[str, str]


@dataclass
class _Brought:
    stored: int = 0
    removed: int = 0


def sync_if_needed(services: Services) -> bool:
    """`sync_products` where something waits for it, which one look at the records tells; whether it did."""
    waiting = select(ProductVectorRow.part).where(ProductVectorRow.state.in_(WAITING)).limit(1)
    with services.records.transaction() as session:
        is_needed = session.scalar(waiting) is not None or something_filled(session)
    if is_needed:
        sync_products(services)
    return is_needed


def sync_products(services: Services, is_dropping_old: bool = False) -> SyncReport:
    """Store what is pending, take out what is leaving, and let an index that was filled take over.

    Vectors that the store has lost are stored again. With `is_dropping_old` the indexes that were taken over from go,
    from the store and from the records. Raises STORE_DOWN, worth a retry.
    """
    brought, recovered = _Brought(), 0
    for index in all_indexes(services.records):
        is_live = index.state == "live"
        services.vectors.ensure(ALIAS, index.embedder, index.dimension, is_live=is_live, names=KINDS)
        _bring(services, index.embedder, brought)
        lost = expect_lost(services, index.embedder)
        if lost:
            _bring(services, index.embedder, brought)
        recovered += lost
    is_switched = switch_to_filled(services)
    dropped = drop_old_indexes(services) if is_dropping_old else ()
    live = live_index(services.records)
    return SyncReport(
        stored=brought.stored,
        removed=brought.removed,
        recovered=recovered,
        embedder=live.embedder if live else None,
        revision=live.revision if live else 0,
        is_switched=is_switched,
        dropped=dropped,
    )


def point_of(row: ProductVectorRow) -> Point:
    """A row as the vector store has it: owned by its product, under the name of its kind."""
    payload: dict[str, object] = {"types": list(row.types), "color": row.color_basic or ""}
    return Point(row.product_id, row.part, np.frombuffer(row.vector, "<f4"), payload, name=row.kind)


def _bring(services: Services, embedder: str, brought: _Brought) -> None:
    """All that waits of an embedder, a page at a time."""
    while page := _waiting_page(services, embedder):
        coming = [row for row in page if row.state == "pending"]
        going = [_key(row) for row in page if row.state == "leaving"]
        services.vectors.upsert(ALIAS, embedder, [point_of(row) for row in coming])
        services.vectors.delete_parts(ALIAS, embedder, going)
        with services.records.transaction() as session:
            orphans = settle(session, embedder, page)
        services.vectors.delete_parts(ALIAS, embedder, orphans)
        brought.stored += len(coming)
        brought.removed += len(going)


def _waiting_page(services: Services, embedder: str) -> list[ProductVectorRow]:
    rows = select(ProductVectorRow).where(ProductVectorRow.embedder == embedder, ProductVectorRow.state.in_(WAITING))
    rows = rows.order_by(ProductVectorRow.product_id, ProductVectorRow.part).limit(ROWS_A_PAGE)
    with services.records.transaction() as session:
        return list(session.scalars(rows))


def settle(session: Session, embedder: str, page: Sequence[ProductVectorRow]) -> list[Key]:
    """Note what the store has now; the keys of points that no row stands for any more.

    A row that was written meanwhile waits again, since our step may have undone what another brought of it.
    """
    own = tuple_(ProductVectorRow.product_id, ProductVectorRow.part).in_([_key(row) for row in page])
    rows = select(ProductVectorRow).where(ProductVectorRow.embedder == embedder, own)
    now = {_key(row): row for row in session.scalars(rows)}
    spent = _spent(session, [row for row in page if row.state == "leaving"])
    for was in page:
        row = now.get(_key(was))
        if row is None:
            continue
        if row.updated_at != was.updated_at:
            row.state = {"stored": "pending", "kept": "leaving"}.get(row.state, row.state)
        elif was.state == "pending":
            row.state = "stored"
        elif _key(was) in spent:
            session.delete(row)
        else:
            row.state = "kept"
    live = live_index(session)
    if live and live.embedder == embedder:
        live.revision += 1
    return [_key(was) for was in page if was.state == "pending" and _key(was) not in now]


def _spent(session: Session, leaving: Sequence[ProductVectorRow]) -> set[Key]:
    """Of rows that leave, those that cannot come back: no duplicates, and of no retired product or picture."""
    own = [row for row in leaving if row.duplicate_of is None]
    ids = {row.product_id for row in own}
    of_these = ProductRow.product_id.in_(ids), ProductRow.retired_at.is_(None)
    sold = set(session.scalars(select(ProductRow.product_id).where(*of_these)))
    rows = select(ProductImageRow.product_id, ProductImageRow.picture_id).where(
        ProductImageRow.product_id.in_(ids), ProductImageRow.retired_at.is_not(None)
    )
    retired = {(row.product_id, row.picture_id) for row in session.execute(rows)}
    return {
        _key(row) for row in own if row.product_id in sold and (row.product_id, picture_of(row.part)) not in retired
    }


def picture_of(part: str) -> str:
    """The picture that an image part is of, by its id."""
    return part.partition(".")[0]


def _key(row: ProductVectorRow) -> Key:
    return row.product_id, row.part
