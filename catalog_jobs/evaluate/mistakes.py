"""The worst single mistakes behind the measures, small enough for the document: which they are, not how they look."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from catalog_jobs.evaluate.data.class_folders import ClassPhoto
from catalog_jobs.evaluate.embedders import Vectors
from catalog_jobs.evaluate.measures.retrieval import Bools
from catalog_jobs.evaluate.measures.samples import Floats

KEPT: Final = 24


def class_mistakes(
    photos: Sequence[ClassPhoto], classes: Sequence[str], said: NDArray[np.intp], chances: Floats
) -> list[Any]:
    """The pictures whose class was named wrongly, those that it was surest of first. chances: N×C."""
    wrong = [index for index, photo in enumerate(photos) if classes[said[index]] != photo.kind]
    wrong.sort(key=lambda index: -chances[index, said[index]])
    return [
        {
            "picture": photos[index].key,
            "true": photos[index].kind,
            "said": classes[said[index]],
            "chance": round(float(chances[index, said[index]]), 4),
        }
        for index in wrong[:KEPT]
    ]


def search_mistakes(
    texts: Sequence[str], queries: Vectors, vectors: Vectors, fits: Sequence[Bools], first: int
) -> list[Any]:
    """The texts with the most wrong garments among the first ones, of those that as many garments fit.

    garments: their positions in the gallery (vectors, N×D), the nearest first, ranked as `look_up` ranks them.
    """
    found = []
    for text, query, fit in zip(texts, queries, fits, strict=True):
        nearest = np.lexsort((fit, -(vectors @ query).astype(np.float64)))[:first]
        if fit.sum() >= first and not fit[nearest].all():
            found.append({"text": text, "garments": nearest.tolist(), "is_right": fit[nearest].tolist()})
    found.sort(key=lambda row: sum(row["is_right"]))
    return found[:KEPT]


def instance_misses(
    asked: Vectors,
    ranks: NDArray[np.int64],
    garments: Sequence[str],
    pool: Vectors,
    pool_garments: Sequence[str],
    n_distractors: int,
) -> list[Any]:
    """The queries whose own garment did not come first, the worst first, each with what came first in its place.

    query: its position. came_first: the position in the pool.
    """
    owners = np.array(pool_garments)
    missed = np.flatnonzero(ranks > 1)
    found = []
    for index in missed[np.argsort(-ranks[missed], kind="stable")][:KEPT].tolist():
        others = np.flatnonzero(owners != garments[index])[:n_distractors]
        first = int(others[(pool[others] @ asked[index]).argmax()])
        found.append({"query": index, "rank": int(ranks[index]), "came_first": first})
    return found
