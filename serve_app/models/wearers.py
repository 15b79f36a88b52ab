"""Who wears what: the cells of a parsing grid, each voting for the centre of its wearer, split into wearers."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]
# Number of the wearer of each cell of the grid; NOBODY where there is none.
Wearers = NDArray[np.int16]
Points = NDArray[np.float64]

NOBODY = -1


@dataclass(frozen=True)
class WearerRules:
    """When two heaps of votes are two wearers.

    A standing person covers about a quarter of the square of their height, so √cells is about half a height; two
    people shoulder to shoulder stand some 0.5 of that apart, while the votes for one person scatter by 0.1 of it.
    """

    blur_cells: float = 2.0
    min_peak_share: float = 0.02
    max_guesses: int = 32
    apart_share: float = 0.42
    # People stand beside one another far more often than above one another.
    upright_weight: float = 0.5
    # A heap this much smaller than the largest is a wearer only where it does not touch another one.
    min_share: float = 0.1
    min_cells: int = 24


def find_wearers(votes: Floats, is_worn: Bools, rules: WearerRules | None = None) -> Wearers:
    """The wearer of each worn cell (h×w) by the cells' votes (2×h×w: dx, dy in cells to the wearer's centre).

    Votes are heaped up and blurred; every peak is a guess, and guesses too close for the size of what voted for
    them are one wearer. The wearers are numbered by size, the largest 0.
    """
    rules = rules or WearerRules()
    wearers = np.full(is_worn.shape, NOBODY, np.int16)
    ys, xs = np.nonzero(is_worn)
    if len(ys) == 0:
        return wearers
    height, width = is_worn.shape
    aims = np.stack(
        [np.clip(xs + votes[0, ys, xs], 0, width - 1), np.clip(ys + votes[1, ys, xs], 0, height - 1)], axis=1
    ).astype(np.float64)
    centres = peaks(aims, is_worn.shape, rules)
    owner = nearest(aims, centres, rules)
    while (pair := pair_to_join(aims, owner, rules)) is not None:
        owner[owner == pair[1]] = pair[0]
    owner = absorb_small(owner, ys, xs, is_worn.shape, aims, rules)
    order = np.argsort(-np.bincount(owner))
    wearers[ys, xs] = np.argsort(order)[owner]
    return wearers


def peaks(aims: Points, shape: tuple[int, ...], rules: WearerRules) -> Points:
    """Centres (P×2, x and y) of the highest local maxima of the blurred heap of votes; at least one."""
    heap = np.zeros(shape, np.float32)
    np.add.at(heap, (np.rint(aims[:, 1]).astype(int), np.rint(aims[:, 0]).astype(int)), 1)
    heap = np.asarray(cv2.GaussianBlur(heap, (0, 0), rules.blur_cells), np.float32)
    around = cv2.dilate(heap, np.ones((5, 5), np.uint8))
    ys, xs = np.nonzero((heap >= around) & (heap > heap.max() * rules.min_peak_share))
    highest = np.argsort(-heap[ys, xs], kind="stable")[: rules.max_guesses]
    return np.stack([xs[highest], ys[highest]], axis=1).astype(np.float64)


def nearest(aims: Points, centres: Points, rules: WearerRules) -> NDArray[np.intp]:
    """Index of the centre that each vote comes closest to."""
    away = (aims[:, None] - centres[None]) * (1, rules.upright_weight)
    return np.asarray((away**2).sum(2).argmin(1))


def pair_to_join(aims: Points, owner: NDArray[np.intp], rules: WearerRules) -> tuple[int, int] | None:
    """The two heaps that are closest for their size, larger first, if they are too close to be two wearers."""
    numbers, dense, sizes = np.unique(owner, return_inverse=True, return_counts=True)
    if len(numbers) < 2:
        return None
    means = np.stack([np.bincount(dense, aims[:, axis]) / sizes for axis in (0, 1)], axis=1)
    away = (means[:, None] - means[None]) * (1, rules.upright_weight)
    nearness = np.hypot(away[..., 0], away[..., 1]) / np.sqrt(np.maximum(sizes[:, None], sizes[None]))
    np.fill_diagonal(nearness, np.inf)
    i, j = np.unravel_index(nearness.argmin(), nearness.shape)
    if nearness[i, j] >= rules.apart_share:
        return None
    large, small = (i, j) if sizes[i] >= sizes[j] else (j, i)
    return int(numbers[large]), int(numbers[small])


def absorb_small(
    owner: NDArray[np.intp],
    ys: NDArray[np.intp],
    xs: NDArray[np.intp],
    shape: tuple[int, ...],
    aims: Points,
    rules: WearerRules,
) -> NDArray[np.intp]:
    """Give heaps too small to be wearers to the wearer they touch or, failing that, to the nearest."""
    owner = owner.copy()
    numbers, sizes = np.unique(owner, return_counts=True)
    largest = int(sizes.max())
    grid = np.full(shape, NOBODY, np.int64)
    grid[ys, xs] = owner
    kept = [int(n) for n, size in zip(numbers, sizes, strict=True) if size >= rules.min_share * largest]
    for number, size in sorted(zip(numbers.tolist(), sizes.tolist(), strict=True), key=lambda pair: pair[1]):
        if number in kept:
            continue
        ring = cv2.dilate((grid == number).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        touched = grid[ring & (grid != number) & (grid != NOBODY)]
        if len(touched):
            into = int(np.bincount(touched).argmax())
        elif size >= rules.min_cells:
            continue
        else:
            mean = aims[owner == number].mean(0)
            into = min(kept, key=lambda k: float(np.hypot(*(aims[owner == k].mean(0) - mean))))
        owner[owner == number] = into
        grid[grid == number] = into
    return np.unique(owner, return_inverse=True)[1]
