"""The parts of products that come near an item: asked of the vector store, described by the records."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from functions.catalog.indexes import live_index
from functions.catalog.losses import ALIAS
from functions.matching.fit import Fit
from functions.matching.scoring import Candidate, Sought
from functions.services import Services
from infra.errors import ErrorCode, ReelwearError
from infra.records.store import Records
from infra.records.tables import ProductRow, ProductVectorRow
from infra.vectors import Hit

# Points asked for at first, by how much more where too few products are among them, and the most.
FIRST_POINTS, MORE, MOST_POINTS = 128, 4, 8192
# Products and groups to choose from for each one wanted: colour and type decide among those that look alike.
TO_CHOOSE_FROM = 4
# Up to so many products without pictures are named to the store; of more the nearest are likely to be among the first.
MOST_NAMED = 1000


@dataclass(frozen=True)
class LiveCatalog:
    """What is matched against. name: see `CatalogIndex.name`. pictureless: products that have words alone."""

    name: str
    embedder: str
    fit: Fit
    pictureless: frozenset[str]


def live_catalog(records: Records, embedder: str | None = None) -> LiveCatalog | None:
    """The catalogue that is live; None where there is none, or it is not of the embedder (name@version)."""
    index = live_index(records)
    if index is None or embedder not in (None, index.embedder):
        return None
    return LiveCatalog(
        index.name, index.embedder, Fit.of(index.fit), pictureless_of(records, index.embedder, index.name)
    )


@lru_cache(maxsize=4)
def pictureless_of(records: Records, embedder: str, _name: str) -> frozenset[str]:
    """The products of which the store has words and no picture; asked for once for each name of the index."""
    rows = select(ProductVectorRow.kind, ProductVectorRow.product_id)
    rows = rows.where(ProductVectorRow.embedder == embedder, ProductVectorRow.state.in_(("pending", "stored")))
    with records.transaction() as session:
        found: dict[str, set[str]] = {"image": set(), "text": set()}
        for kind, product_id in session.execute(rows.distinct()):
            found[kind].add(product_id)
    return frozenset(found["text"] - found["image"])


def candidates_of(services: Services, catalog: LiveCatalog, sought: Sought, limit: int) -> list[Candidate]:
    """The parts nearest to an item, enough that `limit` products or groups of variants can be chosen among several.

    Pictures of all products, and the words of those that have no picture. Raises STORE_DOWN, also where the store has
    lost the products.
    """
    wanted = limit * TO_CHOOSE_FROM
    found = _nearest(services, catalog, sought, "image", wanted)
    if catalog.pictureless and catalog.fit.words:
        found += _nearest(services, catalog, sought, "text", wanted)
    return found


def _nearest(
    services: Services, catalog: LiveCatalog, sought: Sought, kind: Literal["image", "text"], wanted: int
) -> list[Candidate]:
    """Widened until the points are of enough products and groups, or all there are, or MOST_POINTS."""
    equal: dict[str, Collection[str]] = {"types": sought.types}
    if kind == "text" and len(catalog.pictureless) <= MOST_NAMED:
        equal["owner"] = sorted(catalog.pictureless)
    points_asked = FIRST_POINTS
    while True:
        points = _points(services, catalog, sought, kind, points_asked, equal)
        known = [point for point in points if kind == "image" or point.owner in catalog.pictureless]
        with services.records.transaction() as session:
            found = _described(session, catalog.embedder, kind, known)
        is_enough = len({one.family for one in found}) >= wanted
        if is_enough or len(points) < points_asked or points_asked >= MOST_POINTS:
            return found
        points_asked *= MORE


def _points(
    services: Services,
    catalog: LiveCatalog,
    sought: Sought,
    kind: str,
    limit: int,
    equal: Mapping[str, Collection[str]],
) -> list[Hit]:
    try:
        return services.vectors.search(ALIAS, sought.vector, limit, catalog.embedder, name=kind, **equal)
    except ReelwearError as error:
        if error.code is not ErrorCode.NOT_FOUND:
            raise
        message = (
            f"the vector store has lost the products of {catalog.embedder}; `reelwear vectors rebuild` brings them back"
        )
        raise ReelwearError(ErrorCode.STORE_DOWN, message) from error


def _described(
    session: Session, embedder: str, kind: Literal["image", "text"], points: Sequence[Hit]
) -> list[Candidate]:
    """The points with what the records know of them; those of retired products, and those that no row stands for, are
    left out.
    """
    ids = sorted({point.owner for point in points})
    products = select(ProductRow.product_id, ProductRow.group_id, ProductRow.stock)
    sold = {
        row.product_id: row
        for row in session.execute(products.where(ProductRow.product_id.in_(ids), ProductRow.retired_at.is_(None)))
    }
    # All columns but the vector, which is large.
    part = ProductVectorRow
    parts = select(part.product_id, part.part, part.types, part.color_hex, part.color_basic)
    own = parts.where(part.embedder == embedder, part.product_id.in_(ids), part.kind == kind)
    rows = {(row.product_id, row.part): row for row in session.execute(own)}
    return [
        Candidate(
            product_id=point.owner,
            part=point.part,
            kind=kind,
            cosine=point.score,
            types=tuple(row.types),
            color_hex=row.color_hex,
            color_basic=row.color_basic,
            group=sold[point.owner].group_id,
            stock=sold[point.owner].stock,
        )
        for point in points
        if point.owner in sold and (row := rows.get((point.owner, point.part))) is not None
    ]
