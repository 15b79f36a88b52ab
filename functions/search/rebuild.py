"""The vector store filled again from the records, where all vectors are kept: nothing is embedded anew."""

from collections.abc import Sequence
from itertools import chain

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from functions.catalog.rebuild import rebuild_products
from functions.indexing import ALIASES, WHOLE_VIDEO, forget_run, index_pending
from functions.model_calls import embedder_of
from functions.runs import is_latest
from functions.search.answers import EmbedderVectors, RebuiltVectors
from functions.search.gaps import EMBEDDER, Gaps, gaps_of
from functions.services import Services
from infra.errors import ErrorCode, ReelwearError
from infra.records.tables import ItemRow, ProductVectorRow, Run
from infra.vectors import Hit


def rebuild_vectors(services: Services) -> RebuiltVectors:
    """Store every vector of the records again and remove what they do not know; searches go on meanwhile.

    Harmless to repeat or to break off: what is missing then still waits to be stored.
    """
    latest = select(Run.run_id).where(is_latest())
    with services.records.transaction() as session:
        collections = counts(session)
        for table in (ItemRow, Run):
            has_vector = (table.vector.is_not(None), table.run_id.in_(latest))
            session.execute(update(table).where(*has_vector).values(vector_state="pending"))
    embedders = [row.embedder for row in collections]
    for alias in ALIASES:
        services.vectors.keep_models(alias, embedders)
    forget_strays(services, embedders)
    index_pending(services)
    rebuild_products(services)
    embedder = running_embedder(services)
    gaps = gaps_of(services, embedder) if embedder else Gaps()
    return RebuiltVectors(collections=collections, embedder=embedder, outdated=gaps.outdated, warning=gaps.warning)


def counts(session: Session) -> tuple[EmbedderVectors, ...]:
    """How many vectors of each embedder the latest runs and the catalogue's indexes have."""
    videos = select(EMBEDDER, func.count()).where(Run.vector.is_not(None), is_latest()).group_by(EMBEDDER)
    items = select(EMBEDDER, func.count()).join(ItemRow).where(ItemRow.vector.is_not(None), is_latest())
    row = ProductVectorRow
    products = select(row.embedder, func.count()).where(row.state.in_(("pending", "stored"))).group_by(row.embedder)
    of_videos = {row[0]: row[1] for row in session.execute(videos)}
    of_items = {row[0]: row[1] for row in session.execute(items.group_by(EMBEDDER))}
    of_products = {row[0]: row[1] for row in session.execute(products)}
    return tuple(
        EmbedderVectors(
            embedder=name,
            items=of_items.get(name, 0),
            videos=of_videos.get(name, 0),
            products=of_products.get(name, 0),
        )
        for name in sorted({*of_videos, *of_items, *of_products})
    )


def forget_strays(services: Services, embedders: Sequence[str]) -> None:
    """Delete the points of every run of which the vector store has a point that the records do not know."""
    with services.records.transaction() as session:
        latest = set(session.scalars(select(Run.run_id).where(is_latest())))
        rows = session.execute(select(ItemRow.run_id, ItemRow.item_id).where(ItemRow.run_id.in_(latest)))
        known = {(row.run_id, row.item_id) for row in rows} | {(run_id, WHOLE_VIDEO) for run_id in latest}
    points = chain.from_iterable(points_of(services, alias, name) for alias in ALIASES for name in embedders)
    found = {(str(point.payload["run_id"]), point.part) for point in points}
    for run_id in sorted({run_id for run_id, _ in found - known}):
        forget_run(services, run_id)


def points_of(services: Services, alias: str, embedder: str) -> list[Hit]:
    """The points of an embedder; none where it has no collection yet."""
    try:
        return list(services.vectors.points(alias, embedder))
    except ReelwearError as error:
        if error.code is not ErrorCode.NOT_FOUND:
            raise
        return []


def running_embedder(services: Services) -> str | None:
    """The embedder that the model server runs now, as name@version; None where it does not answer."""
    try:
        row = embedder_of(services.models)
    except ReelwearError as error:
        if error.code is not ErrorCode.MODEL_SERVER_DOWN:
            raise
        return None
    return f"{row.name}@{row.version}"
