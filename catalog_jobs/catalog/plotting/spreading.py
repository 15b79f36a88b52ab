"""Small pictures on a map moved apart until none hides another, each near where it belongs."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.float64]

ROUNDS: Final = 500
HOME_ROUNDS: Final = 150
HOMESICKNESS: Final = 0.02
PUSH: Final = 0.42
# In a crowd some leave by the longer way, else a row that is pressed from both ends stays pressed.
WHIM: Final = (0.5, 2.0)
# What two pictures that touch are moved apart beyond that.
GAP_SHARE: Final = 0.06
# Shares of the ground that all pictures may cover, the first that does not drive them far from home is taken.
COVERS: Final = (0.42, 0.26, 0.16, 0.1)
FAR: Final = 1.1


def spread(home: Places, sizes: Places, low: Places, high: Places) -> Places:
    """Centres of rectangles of sizes (N×2) that start at `home` (N×2) and push each other apart, inside low and high.

    In a crowd that has no room some may still overlap.
    """
    least, most = low + sizes / 2, high - sizes / 2
    at = home.astype(np.float64).copy()
    if len(at) < 2:
        return np.clip(at, least, most)
    # Points at one place part in directions that are always the same.
    turns = np.arange(len(at)) * 2.399963
    at += np.stack([np.cos(turns), np.sin(turns)], axis=1) * sizes * 1e-3
    chance = np.random.default_rng(0)
    wanted = (sizes[:, None] + sizes[None]) / 2 * (1 + GAP_SHARE)
    for number in range(ROUNDS):
        apart = at[:, None] - at[None]
        overlap = wanted - np.abs(apart)
        overlap[np.arange(len(at)), np.arange(len(at))] = 0
        is_over = (overlap > 0).all(axis=2)
        if number > HOME_ROUNDS and not is_over.any():
            break
        # Rectangles leave each other by their sides, mostly the shorter way.
        whim = np.triu(chance.uniform(*WHIM, is_over.shape), 1)
        ways_out = overlap / wanted
        is_x = ways_out[..., 0] * (whim + whim.T) <= ways_out[..., 1]
        ways = np.where(apart >= 0, 1.0, -1.0) * overlap * np.expand_dims(is_over, 2)
        push = np.stack([ways[..., 0] * is_x, ways[..., 1] * ~is_x], axis=2).sum(axis=1)
        at += push * PUSH + (home - at) * HOMESICKNESS * max(0.0, 1 - number / HOME_ROUNDS)
        at = np.clip(at, least, most)
    return at


def arranged(
    home: Places, shapes: Places, low: Places, high: Places, longest: float, below: float = 0.0
) -> tuple[Places, Places]:
    """Centres and sizes (N×2 each) of pictures around `home`, as large as there is room for near it.

    shapes: of each picture, N×2, its longer side 1. longest: what no side is longer than. below: room under each.
    """
    ground, cover = float((high - low).prod()), float(shapes.prod(axis=1).sum())
    centres, sizes = home, shapes
    for share in COVERS:
        side = min(longest, (share * ground / max(cover, 1e-9)) ** 0.5)
        sizes = shapes * side
        centres = spread(home, np.add(sizes, (0, below)), low, high)
        if np.linalg.norm(centres - home, axis=1).mean() <= FAR * side:
            break
    return np.add(centres, (0, below / 2)), sizes


def without_overlap(boxes: Places, others: Places | None = None) -> list[int]:
    """Which boxes (N×4: x0, y0, x1, y1) to keep so that none covers an earlier one or one of others (M×4)."""
    kept: list[int] = []
    for at, (x0, y0, x1, y1) in enumerate(boxes.tolist()):
        there = boxes[kept] if others is None else np.concatenate([boxes[kept], others])
        is_hit = (there[:, 0] < x1) & (there[:, 2] > x0) & (there[:, 1] < y1) & (there[:, 3] > y0)
        if not is_hit.any():
            kept.append(at)
    return kept
