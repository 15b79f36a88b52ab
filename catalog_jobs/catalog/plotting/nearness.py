"""Who lies near whom, by the vectors themselves and not by a map: neighbours, near-duplicates, outliers."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from catalog_jobs.catalog.plotting.points import Indices, Vectors

# So many cosines at once: 64 MB.
CELLS_A_BLOCK: Final = 16_000_000
OUTLIER_NEIGHBOURS: Final = 5
NOBODY: Final = -1


@dataclass(frozen=True)
class Nearest:
    """The nearest of each query, best first (Q×K): their positions, NOBODY where there are no more, and cosines."""

    positions: Indices
    cosines: Vectors


@dataclass(frozen=True)
class Pairs:
    """Positions of pairs (P×2, the smaller first), the most alike first, with their cosines. total: before any cut."""

    positions: Indices
    cosines: Vectors
    total: int


def nearest(
    queries: Vectors,
    among: Vectors,
    count: int,
    own: Indices | None = None,
    groups: tuple[Indices, Indices] | None = None,
    cells_a_block: int = CELLS_A_BLOCK,
) -> Nearest:
    """The nearest of `among` (N×D) to each query (Q×D), both of unit length; of equals the earlier first.

    own: the position of each query in `among`, which is no neighbour of itself. groups: a number for each query and for
    each of `among`; those of the query's own number are no neighbours either. cells_a_block: cosines at once.
    """
    wanted = min(count, len(among))
    positions = np.full((len(queries), count), NOBODY, np.intp)
    cosines = np.full((len(queries), count), -np.inf, np.float32)
    rows = max(1, cells_a_block // max(1, len(among)))
    for start in range(0, len(queries), rows):
        block = queries[start : start + rows] @ among.T
        at = np.arange(len(block))
        if own is not None:
            block[at, own[start : start + rows]] = -np.inf
        if groups is not None:
            block[groups[0][start : start + rows, None] == groups[1][None]] = -np.inf
        best = _best_columns(block, wanted)
        found = np.take_along_axis(block, best, axis=1)
        positions[start : start + rows, :wanted] = np.where(np.isfinite(found), best, NOBODY)
        cosines[start : start + rows, :wanted] = found
    return Nearest(positions, cosines)


def _best_columns(block: Vectors, count: int) -> Indices:
    if count < block.shape[1]:
        best = np.argpartition(-block, count - 1, axis=1)[:, :count]
        best.sort(axis=1)
    else:
        best = np.tile(np.arange(count), (len(block), 1))
    order = np.argsort(-np.take_along_axis(block, best, axis=1), axis=1, kind="stable")
    return np.take_along_axis(best, order, axis=1)


def pairs_above(
    vectors: Vectors,
    cosine: float,
    most: int,
    classes: Indices | None = None,
    cells_a_block: int = CELLS_A_BLOCK,
) -> Pairs:
    """Pairs of vectors (N×D, unit length) whose cosine is at least `cosine`, of one class where classes are given.

    At most `most` of them, the most alike; of equals the earlier first. cells_a_block: cosines at once.
    """
    found: list[Indices] = [np.zeros((0, 2), np.intp)]
    likes: list[Vectors] = [np.zeros(0, np.float32)]
    total = 0
    rows = max(1, cells_a_block // max(1, len(vectors)))
    for start in range(0, len(vectors), rows):
        block = vectors[start : start + rows] @ vectors[start:].T
        is_pair = np.triu(block >= cosine, 1)
        if classes is not None:
            is_pair &= classes[start : start + rows, None] == classes[None, start:]
        pairs = np.argwhere(is_pair)
        total += len(pairs)
        found.append(pairs + start)
        likes.append(block[is_pair])
        if sum(map(len, likes)) > 2 * most:
            found, likes = _best(found, likes, most)
    found, likes = _best(found, likes, most)
    return Pairs(found[0], np.minimum(likes[0], 1), total)


def _best(found: list[Indices], likes: list[Vectors], most: int) -> tuple[list[Indices], list[Vectors]]:
    pairs, cosines = np.concatenate(found), np.concatenate(likes)
    order = np.lexsort((pairs[:, 1], pairs[:, 0], -cosines))[:most]
    return [pairs[order]], [cosines[order]]


def loneliness(vectors: Vectors, count: int = OUTLIER_NEIGHBOURS) -> Vectors:
    """How far each vector (N×D, unit length) is from those nearest to it: the mean cosine distance to `count` of them.

    Zeros where there is nobody else.
    """
    near = nearest(vectors, vectors, min(count, max(0, len(vectors) - 1)), np.arange(len(vectors)))
    if not near.cosines.shape[1]:
        return np.zeros(len(vectors), np.float32)
    return np.asarray(1 - near.cosines.mean(axis=1), np.float32)
