"""Garments found by their vectors; all that is said of them comes from the records."""

from collections.abc import Iterator, Sequence

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from functions.indexing import video_of
from functions.results import product_of
from functions.runs import is_latest
from functions.search.answers import SearchAnswer, SearchHit
from functions.search.gaps import gaps_of
from functions.search.query import ItemQuery
from functions.search.wanted import Wanted
from functions.services import Services
from infra.errors import ErrorCode, ReelwearError
from infra.records.tables import ItemRow, Run, Upload
from infra.vectors import Hit
from serve_app.contract import Vector

# Points whose rows are gone take places; so many are asked for beyond the limit before more rounds are needed.
SPARE_POINTS = 16


def find_items(services: Services, query: ItemQuery, picture: bytes | None = None) -> SearchAnswer:
    """The garments nearest to words, a picture (JPEG or PNG) or both, among those of the embedder that runs now.

    Raises BAD_REQUEST for a query that names neither, or a least confidence without words, and what `Wanted.of` raises.
    """
    if query.min_confidence and query.text is None:
        message = f"min_confidence is {query.min_confidence}, but only words have one; give text, or leave it out"
        raise ReelwearError(ErrorCode.BAD_REQUEST, message)
    wanted = Wanted.of(services.models, query.text, picture)
    found = nearest(services, wanted, query)
    least = query.least_confidence(has_picture=picture is not None)
    hits = tuple(hit for hit in found if hit.confidence is None or hit.confidence >= least)
    gaps = gaps_of(services, wanted.model)
    return SearchAnswer(
        model=wanted.model,
        hits=hits,
        left_out=len(found) - len(hits),
        nearest=found[0] if found and not hits else None,
        outdated=gaps.outdated,
        warning=gaps.warning,
    )


def nearest(services: Services, wanted: Wanted, query: ItemQuery) -> list[SearchHit]:
    """The nearest garments that the records still know, at most the query's limit; none where nothing is stored."""
    asked_for = query.limit + SPARE_POINTS
    while True:
        try:
            points = services.vectors.search("items", wanted.vector, asked_for, wanted.model, **query.filters)
        except ReelwearError as error:
            if error.code is not ErrorCode.NOT_FOUND:
                raise
            return []
        with services.records.transaction() as session:
            hits = list(hits_of(session, wanted, points))
        if len(hits) >= query.limit or len(points) < asked_for:
            return sorted(hits, key=lambda hit: -hit.score)[: query.limit]
        asked_for *= 4


def hits_of(session: Session, wanted: Wanted, points: Sequence[Hit]) -> Iterator[SearchHit]:
    """The garments of points, without those whose run is not its video's latest or whose video nobody holds."""
    keys = keys_of(session, {point.owner for point in points})
    rows = select(ItemRow).join(Run).where(Run.run_id.in_({str(point.payload["run_id"]) for point in points}))
    known = {(row.run_id, row.item_id): row for row in session.scalars(rows.where(is_latest()))}
    for point in points:
        row = known.get((str(point.payload["run_id"]), point.part))
        if row is not None and row.vector is not None and point.owner in keys:
            yield hit_of(row, keys[point.owner], wanted, unit(row.vector))


def hit_of(row: ItemRow, key: str, wanted: Wanted, vector: Vector) -> SearchHit:
    """One garment as the search shows it."""
    product = product_of(row, ())
    return SearchHit(
        video_id=video_of(row.run_id),
        item_id=row.item_id,
        score=wanted.score(vector),
        confidence=wanted.confidence(vector),
        match=wanted.match(vector, row.type),
        type=product.type,
        color=product.color,
        attributes=product.attributes,
        segments=product.segments,
        crop_url=product.crop_url,
        key=key,
    )


def keys_of(session: Session, video_ids: set[str]) -> dict[str, str]:
    """The key of the earliest upload that holds each video now."""
    held = select(Upload.video_id, Upload.key).where(Upload.video_id.in_(video_ids), Upload.state == "bound")
    latest_first = held.order_by(Upload.seen_at.desc(), Upload.id.desc())
    return {row.video_id: row.key for row in session.execute(latest_first) if row.video_id}


def unit(stored: bytes) -> Vector:
    """A stored vector (little-endian float32) at length 1."""
    vector = np.frombuffer(stored, "<f4").astype(np.float32)
    return vector / max(float(np.linalg.norm(vector)), 1e-12)
