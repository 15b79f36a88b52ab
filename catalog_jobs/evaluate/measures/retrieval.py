"""How well vectors find one another: precision, recall and rank, as in Marqo's fashion tables and in trec_eval."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog_jobs.evaluate.measures.samples import Floats

Vectors = NDArray[np.float32]
Bools = NDArray[np.bool_]
# What summing in another order may change in a cosine of float32.
ROUNDING = 1e-6


@dataclass(frozen=True)
class Found:
    """What one query found. recall_at: k → share of all that is relevant. rank: of the first relevant one, from 1."""

    precision_at: dict[int, float]
    recall_at: dict[int, float]
    rank: int


def look_up(query: NDArray[np.float32], gallery: Vectors, is_relevant: Bools, ks: Sequence[int]) -> Found:
    """Rank a gallery (N×D) by one vector; at least one row must be relevant.

    Of rows that are equally near the irrelevant ones come first, so that a model that sees nothing finds nothing.
    """
    if not is_relevant.any():
        raise ValueError("no row of the gallery is relevant; leave out such queries")
    order = np.lexsort((is_relevant, -(gallery @ query).astype(np.float64)))
    hits = np.cumsum(is_relevant[order])
    total = int(hits[-1])
    return Found(
        {k: float(hits[min(k, len(hits)) - 1] / k) for k in ks},
        {k: float(hits[min(k, len(hits)) - 1] / total) for k in ks},
        1 + int(np.flatnonzero(is_relevant[order])[0]),
    )


def instance_ranks(
    queries: Vectors,
    targets: Vectors,
    garments: Sequence[str],
    pool: Vectors,
    pool_garments: Sequence[str],
    n_distractors: int,
) -> NDArray[np.int64]:
    """Rank (from 1) of each query's target among it and the first N of the pool that show another garment.

    garments, pool_garments: what each query and each of the pool shows. A distractor as near as the target is before
    it. Raises ValueError if the pool is too small.
    """
    owners = np.array(pool_garments)
    cosines = queries @ pool.T
    of_target = np.einsum("ij,ij->i", queries, targets)
    ranks = np.zeros(len(queries), np.int64)
    for index, garment in enumerate(garments):
        others = np.flatnonzero(owners != garment)[:n_distractors]
        if len(others) < n_distractors:
            raise ValueError(f"the pool has {len(others)} pictures that are not {garment}; {n_distractors} are needed")
        ranks[index] = 1 + np.count_nonzero(cosines[index, others] >= of_target[index] - ROUNDING)
    return ranks


def mean_vectors(groups: Sequence[Vectors]) -> Vectors:
    """One unit vector for each group of vectors (each n×D): the direction of their mean."""
    means = np.stack([group.mean(0) for group in groups])
    lengths = np.linalg.norm(means, axis=1, keepdims=True)
    return np.asarray(means / np.maximum(lengths, 1e-12), np.float32)


def confusion_counts(truth: Sequence[int], said: Sequence[int], n_classes: int) -> NDArray[np.int64]:
    """Counts (C×C) by true class (rows) and the class that was said (columns)."""
    pairs = np.asarray(truth, np.int64) * n_classes + np.asarray(said, np.int64)
    return np.bincount(pairs, minlength=n_classes**2).reshape(n_classes, n_classes)


def reciprocal(ranks: NDArray[np.int64]) -> Floats:
    """1 / rank."""
    return np.asarray(1.0 / ranks, np.float64)
