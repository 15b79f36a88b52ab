"""Near-duplicates and outliers as documents: JSON, and CSV that spreadsheets open without running any of it."""

import csv
import io
from collections.abc import Sequence
from typing import Final

import numpy as np

from catalog_jobs.catalog.plotting.nearness import Pairs, loneliness, pairs_above
from catalog_jobs.catalog.plotting.options import Kind
from catalog_jobs.catalog.plotting.points import Indices, Point, Points, Vectors
from catalog_jobs.catalog.plotting.report import Document
from catalog_jobs.catalog.reading.separated import guarded

MOST_PAIRS: Final = 10_000
DIGITS: Final = 4


class Named(Document):
    """A point by what the records call it. picture: its file or key, "" for none."""

    kind: str
    owner: str
    part: str
    title: str
    picture: str

    @classmethod
    def of(cls, point: Point) -> "Named":
        """The names of a point."""
        picture = point.picture.name if point.picture else ""
        return cls(kind=point.kind, owner=point.owner, part=point.part, title=point.title, picture=picture)


class Twins(Document):
    """Two points that are nearly the same. is_same_owner: both of one product or video."""

    cosine: float
    is_same_owner: bool
    first: Named
    second: Named


class TwinList(Document):
    """Pairs from a cosine on, the most alike first. total: how many there are, of which MOST_PAIRS are listed."""

    embedder: str
    least_cosine: float
    total: int
    pairs: tuple[Twins, ...]


class Lonely(Document):
    """A point far from all others. distance: the mean cosine distance to the five nearest of its kind."""

    distance: float
    point: Named


class LonelyList(Document):
    """The points farthest from their nearest, the farthest first."""

    embedder: str
    outliers: tuple[Lonely, ...]


def near_duplicates(points: Points, least_cosine: float) -> tuple[TwinList, Pairs]:
    """Pairs of one kind, inside products and across them, and their positions."""
    kinds = np.array([list(Kind).index(row.kind) for row in points.rows], np.intp)
    found = pairs_above(points.vectors, least_cosine, MOST_PAIRS, kinds)
    pairs = tuple(
        Twins(
            cosine=round(float(cosine), DIGITS),
            is_same_owner=points.rows[one].owner == points.rows[other].owner,
            first=Named.of(points.rows[one]),
            second=Named.of(points.rows[other]),
        )
        for (one, other), cosine in zip(found.positions.tolist(), found.cosines, strict=True)
    )
    document = TwinList(embedder=points.embedder, least_cosine=least_cosine, total=found.total, pairs=pairs)
    return document, found


def outliers(points: Points, count: int) -> tuple[LonelyList, Indices]:
    """So many points that lie farthest from those of their kind, and their positions."""
    distances: Vectors = np.zeros(len(points), np.float32)
    for kind in Kind:
        own = np.array([at for at, row in enumerate(points.rows) if row.kind is kind], np.intp)
        if len(own):
            distances[own] = loneliness(points.vectors[own])
    order = np.argsort(-distances, kind="stable")[:count]
    found = tuple(
        Lonely(distance=round(float(distances[at]), DIGITS), point=Named.of(points.rows[at])) for at in order.tolist()
    )
    return LonelyList(embedder=points.embedder, outliers=found), order


def twins_csv(document: TwinList) -> str:
    """The pairs as a table."""
    names = ("kind", "owner", "part", "title", "picture")
    head = ("cosine", "same_owner", *(f"{which}_{name}" for which in ("first", "second") for name in names))
    rows = [
        (f"{one.cosine}", "yes" if one.is_same_owner else "no", *_cells(one.first), *_cells(one.second))
        for one in document.pairs
    ]
    return _table(head, rows)


def outliers_csv(document: LonelyList) -> str:
    """The outliers as a table."""
    rows = [(f"{one.distance}", *_cells(one.point)) for one in document.outliers]
    return _table(("distance", "kind", "owner", "part", "title", "picture"), rows)


def _cells(point: Named) -> tuple[str, ...]:
    return point.kind, *(guarded(cell) for cell in (point.owner, point.part, point.title, point.picture))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([head, *rows])
    return text.getvalue()
