"""The catalogue's indexes, one an embedder: which one is matched against, and when another takes over."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from functions.catalog.losses import ALIAS
from functions.services import Services
from infra.records.store import Records
from infra.records.tables import CatalogIndex, ProductVectorRow

ROWS_A_STEP = 2000


def live_index(place: Records | Session) -> CatalogIndex | None:
    """The index that is matched against; None while there is none."""
    wanted = select(CatalogIndex).where(CatalogIndex.state == "live")
    if isinstance(place, Session):
        return place.scalar(wanted)
    with place.transaction() as session:
        return session.scalar(wanted)


def all_indexes(records: Records) -> Sequence[CatalogIndex]:
    """Every index, by the name of its embedder."""
    with records.transaction() as session:
        return list(session.scalars(select(CatalogIndex).order_by(CatalogIndex.embedder)))


def something_filled(session: Session) -> bool:
    """Whether an index is whole that has not taken over yet."""
    return session.scalar(select(CatalogIndex.embedder).where(_is_filled()).limit(1)) is not None


def switch_to_filled(services: Services) -> bool:
    """Let the index that was filled last take over once the store has all of it; whether one did.

    The former one is old from then on, and stays until it is dropped.
    """
    latest_first = select(CatalogIndex).where(_is_filled()).order_by(CatalogIndex.finished_at.desc()).limit(1)
    with services.records.transaction() as session:
        found = session.scalar(latest_first)
        if found is None or _has_waiting(session, found.embedder):
            return False
    services.vectors.switch(ALIAS, found.embedder)
    with services.records.transaction() as session:
        index = session.scalar(select(CatalogIndex).where(_is_filled(), CatalogIndex.embedder == found.embedder))
        if index is None:
            return False
        former = live_index(session)
        if former:
            former.state = "old"
        index.state = "live"
        index.revision += 1
    return True


def drop_old_indexes(services: Services) -> tuple[str, ...]:
    """Remove the indexes that were taken over from, with their vectors; the names of their embedders."""
    old = [index.embedder for index in all_indexes(services.records) if index.state == "old"]
    for embedder in old:
        services.vectors.drop(ALIAS, embedder)
        while _delete_some(services, embedder):
            pass
        with services.records.transaction() as session:
            session.execute(delete(CatalogIndex).where(CatalogIndex.embedder == embedder, CatalogIndex.state == "old"))
    return tuple(old)


def _delete_some(services: Services, embedder: str) -> bool:
    rows = select(ProductVectorRow.product_id).where(ProductVectorRow.embedder == embedder)
    with services.records.transaction() as session:
        ids = list(session.scalars(rows.order_by(ProductVectorRow.product_id).limit(ROWS_A_STEP)))
        own = ProductVectorRow.embedder == embedder, ProductVectorRow.product_id.in_(set(ids))
        session.execute(delete(ProductVectorRow).where(*own))
    return bool(ids)


def _has_waiting(session: Session, embedder: str) -> bool:
    waiting = ProductVectorRow.embedder == embedder, ProductVectorRow.state.in_(("pending", "leaving"))
    return session.scalar(select(ProductVectorRow.part).where(*waiting).limit(1)) is not None


def _is_filled() -> ColumnElement[bool]:
    return (CatalogIndex.state == "filling") & CatalogIndex.finished_at.is_not(None)
