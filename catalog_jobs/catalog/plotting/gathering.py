"""From the records to points: the census first, then the vectors of one embedder alone."""

from collections.abc import Iterator, Sequence

from sqlalchemy.orm import Session

from catalog_jobs.catalog.plotting.census import Census, chosen_embedder, take_census
from catalog_jobs.catalog.plotting.options import Kind
from catalog_jobs.catalog.plotting.points import Point, Points, collect
from catalog_jobs.catalog.plotting.products import VECTOR_KIND, product_points
from catalog_jobs.catalog.plotting.reels import reel_points
from infra.records.store import Records
from infra.records.tables import CatalogIndex


def gather(records: Records, kinds: Sequence[Kind], embedder: str | None = None) -> Points:
    """All points of some kinds, kind after kind, by the embedder that is asked for, or `chosen_embedder` of them.

    Raises NOT_FOUND where there are none, saying what there is.
    """
    with records.transaction() as session:
        census = take_census(session)
        chosen = chosen_embedder(census, kinds, embedder)
        left_out = {name: count for name, count in census.of(kinds).items() if name != chosen}
        index = session.get(CatalogIndex, chosen)
        found = _read(session, census, chosen, kinds)
        return collect(chosen, found, index.dimension if index else None, left_out)


def kinds_there(records: Records, kinds: Sequence[Kind], embedder: str | None = None) -> tuple[str, tuple[Kind, ...]]:
    """The embedder that `gather` would choose, and those of the kinds that it has vectors of."""
    with records.transaction() as session:
        census = take_census(session)
    chosen = chosen_embedder(census, kinds, embedder)
    return chosen, tuple(kind for kind in kinds if census.counts.get((kind, chosen)))


def _read(session: Session, census: Census, embedder: str, kinds: Sequence[Kind]) -> Iterator[tuple[Point, bytes]]:
    run_ids = {run_id for run_id, own in census.runs.items() if own == embedder}
    for kind in kinds:
        if kind in VECTOR_KIND:
            yield from product_points(session, embedder, kind)
        else:
            yield from reel_points(session, run_ids, kind)
