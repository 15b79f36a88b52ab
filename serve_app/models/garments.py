"""From the parser's grid to garments: one detection per garment group of each wearer, with its mask at full size."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from serve_app.contract import Box, Mask
from serve_app.models.certainty import LEAST_BODY_SHARE, Sureness, evidence_of
from serve_app.models.wearers import Bools, Floats, Wearers, find_wearers

Grid = NDArray[np.uint8]

BACKGROUND: Final = "background"
BODY: Final = ("background", "skin", "hair")
# One pixel of the votes is this many pixels of the network's input; its grid is four times coarser than that.
VOTE_UNIT_CELLS: Final = 16.0
# What a cell given to or taken from a garment by rule, not by its chances, counts in the mask's outline.
LEAST_LEAD: Final = 0.02


@dataclass(frozen=True)
class Garment:
    """One garment of one wearer. box_xyxy: pixels of the frame. mask: H×W of the frame. wearer: its number there, None
    where the models cannot tell. crop: the garment alone, as a family that cut it out on a device keeps it there.

    evidence: what the score was made from (serve_app.models.certainty), empty where it is the pixels' mean chance.
    """

    label: str
    wearer: int | None
    score: float
    box_xyxy: Box
    mask: Mask
    evidence: tuple[float, ...] = ()
    crop: object = None


@dataclass(frozen=True)
class GarmentRules:
    """What is kept of a parsing, and what is taken for something else."""

    min_area_share: float = 0.0008
    # Pieces of a mask smaller than this share of its largest piece, or than this many cells, are noise.
    min_piece_share: float = 0.06
    min_piece_cells: int = 3
    # A piece goes to one wearer whole if this share of its votes says so; below it two wearers touch there.
    one_wearer_share: float = 0.75
    # A wearer of whom neither skin nor hair is seen may be a wall or a curtain; their garments count for less.
    min_body_share: float = LEAST_BODY_SHARE
    bodiless_score: float = 0.6
    # What adorns a body is not seen without one: a wearer who is mostly a hat is a table top or a lamp.
    adornments: frozenset[str] = frozenset({"hat", "eyewear", "scarf", "belt", "jewelry"})
    most_adornment_share: float = 0.5
    adorned_body_share: float = 0.08
    lone_adornment_score: float = 0.4
    # Of groups that are taken for one another, the smaller is the larger one's where it covers less than this share
    # of it and the larger one's chance there is this near. Some are seldom worn together and join sooner.
    min_rival_chance: float = 0.15
    rivals: tuple[tuple[frozenset[str], float], ...] = (
        (frozenset({"dress", "skirt"}), 0.5),
        (frozenset({"pants", "shorts"}), 0.5),
        (frozenset({"skirt", "shorts"}), 0.5),
        (frozenset({"dress", "top"}), 0.12),
        (frozenset({"dress", "outerwear"}), 0.12),
        (frozenset({"top", "outerwear"}), 0.12),
        (frozenset({"top", "skirt"}), 0.12),
        (frozenset({"pants", "legwear"}), 0.12),
        (frozenset({"skirt", "pants"}), 0.12),
    )


def find_garments(
    logits: Floats,
    votes: Floats,
    groups: Sequence[str],
    size_wh: tuple[int, int],
    rules: GarmentRules | None = None,
    sureness: Sureness | None = None,
) -> list[Garment]:
    """The garments of one frame of `size_wh` pixels, from its logits (C×h×w) and votes (2×h×w); largest first.

    Their scores are chances where `sureness` was fitted, else the mean chance of their pixels times the wearer's trust.
    """
    rules = rules or GarmentRules()
    chances = softmax(logits)
    group_of = chances.argmax(0).astype(np.uint8)
    is_worn = group_of != groups.index(BACKGROUND)
    if not is_worn.any():
        return []
    wearers = whole_pieces(group_of, find_wearers(votes * VOTE_UNIT_CELLS, is_worn), groups, rules)
    group_of = join_rivals(group_of, wearers, chances, groups, rules)
    shown = [shares_of(group_of[wearers == wearer], groups) for wearer in range(int(wearers.max()) + 1)]
    garments = []
    for group, wearer, found in worn_cells(group_of, wearers, groups):
        cells = without_specks(found, rules)
        if not cells.any() or cells.mean() < rules.min_area_share:
            continue
        box, mask = full_size_mask(chances, group, cells, size_wh)
        if mask.any():
            score = min(1.0, float(chances[group][cells].mean()))
            evidence: tuple[float, ...] = ()
            if sureness is None:
                score *= trust_in(shown[wearer], rules)
            else:
                body_share = sum(shown[wearer].get(name, 0.0) for name in BODY)
                evidence = evidence_of(sureness.presence, groups[group], groups, score, body_share, float(cells.mean()))
                score = sureness.score(groups[group], evidence, score)
            garments.append(Garment(groups[group], wearer, score, box, mask, evidence))
    return sorted(garments, key=lambda garment: -int(garment.mask.sum()))


def softmax(logits: Floats) -> Floats:
    """Chances over the first axis."""
    raised = np.exp(logits - logits.max(0))
    return np.asarray(raised / raised.sum(0), np.float32)


def shares_of(their_groups: Grid, groups: Sequence[str]) -> dict[str, float]:
    """The share of each group among a wearer's cells."""
    counts = np.bincount(their_groups, minlength=len(groups))
    return dict(zip(groups, (counts / max(counts.sum(), 1)).tolist(), strict=True))


def trust_in(shares: Mapping[str, float], rules: GarmentRules) -> float:
    """What the scores of a wearer's garments are multiplied by, from the shares of the groups that the wearer shows."""
    body = sum(shares.get(name, 0.0) for name in BODY)
    adornment = sum(shares.get(name, 0.0) for name in rules.adornments)
    if adornment >= rules.most_adornment_share and body < rules.adorned_body_share:
        return rules.lone_adornment_score
    return 1.0 if body >= rules.min_body_share else rules.bodiless_score


def worn_cells(group_of: Grid, wearers: Wearers, groups: Sequence[str]) -> Iterator[tuple[int, int, Bools]]:
    """Each garment group of each wearer with its cells."""
    for wearer in range(int(wearers.max()) + 1):
        theirs = wearers == wearer
        for group in np.unique(group_of[theirs]):
            if groups[group] not in BODY:
                yield int(group), wearer, theirs & (group_of == group)


def whole_pieces(group_of: Grid, wearers: Wearers, groups: Sequence[str], rules: GarmentRules) -> Wearers:
    """Wearers such that a connected piece of one garment is not torn between two by the scatter of its votes."""
    settled = wearers.copy()
    for group in range(len(groups)):
        if groups[group] in BODY:
            continue
        n_pieces, pieces = cv2.connectedComponents((group_of == group).astype(np.uint8))
        for piece in range(1, n_pieces):
            inside = pieces == piece
            counts = np.bincount(wearers[inside])
            if counts.max() >= rules.one_wearer_share * counts.sum():
                settled[inside] = counts.argmax()
    return settled


def join_rivals(group_of: Grid, wearers: Wearers, chances: Floats, groups: Sequence[str], rules: GarmentRules) -> Grid:
    """Groups such that a piece of a wearer's dress taken for a skirt, and the like, is part of the dress."""
    joined = group_of.copy()
    number = {name: index for index, name in enumerate(groups)}
    for wearer in range(int(wearers.max()) + 1):
        theirs = wearers == wearer
        areas = np.bincount(joined[theirs], minlength=len(groups))
        for pair, share in rules.rivals:
            small, large = sorted((number[name] for name in pair), key=lambda group: areas[group])
            if 0 < areas[small] < share * areas[large]:
                cells = theirs & (joined == small)
                if chances[large][cells].mean() >= rules.min_rival_chance:
                    joined[cells] = large
                    areas[large] += areas[small]
                    areas[small] = 0
    return joined


def without_specks(cells: Bools, rules: GarmentRules) -> Bools:
    """The cells without the pieces that are far smaller than the largest one."""
    n_pieces, pieces, stats, _ = cv2.connectedComponentsWithStats(cells.astype(np.uint8))
    areas = stats[:, cv2.CC_STAT_AREA]
    if n_pieces < 2:
        return cells
    limit = max(rules.min_piece_cells, rules.min_piece_share * areas[1:].max())
    keep = areas >= limit
    keep[0] = False
    return np.asarray(keep[pieces])


def full_size_mask(chances: Floats, group: int, cells: Bools, size_wh: tuple[int, int]) -> tuple[Box, Mask]:
    """A garment's mask at the size of the frame, and its box: where its chance, scaled up, beats every other one's.

    Only the garment's own surroundings are scaled, so that the cost follows its size and not the frame's.
    """
    width, height = size_wh
    rows, columns = cells.shape
    ys, xs = np.nonzero(cells)
    top, bottom = max(0, ys.min() - 1), min(rows, ys.max() + 2)
    left, right = max(0, xs.min() - 1), min(columns, xs.max() + 2)
    near = chances[:, top:bottom, left:right]
    others = np.delete(near, group, axis=0).max(0)
    inside = cells[top:bottom, left:right]
    lead = near[group] - others
    lead = np.where(inside, np.maximum(lead, LEAST_LEAD), np.minimum(-np.abs(lead), -LEAST_LEAD)).astype(np.float32)
    # Frame pixel x lies at (x + 0.5)·columns/width − 0.5 of the grid, the grid of bilinear scaling without corners.
    x0, x1 = (int(np.floor(edge * width / columns)) for edge in (left, right))
    y0, y1 = (int(np.floor(edge * height / rows)) for edge in (top, bottom))
    map_x = ((np.arange(x0, x1, dtype=np.float32) + 0.5) * columns / width - 0.5 - left).astype(np.float32)
    map_y = ((np.arange(y0, y1, dtype=np.float32) + 0.5) * rows / height - 0.5 - top).astype(np.float32)
    grid_x, grid_y = np.meshgrid(map_x, map_y)
    scaled = cv2.remap(lead, grid_x, grid_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) > 0
    mask = np.zeros((height, width), np.bool_)
    mask[y0:y1, x0:x1] = scaled
    filled_x, filled_y = np.flatnonzero(scaled.any(0)), np.flatnonzero(scaled.any(1))
    if len(filled_x) == 0:
        return (0.0, 0.0, 0.0, 0.0), mask
    box = (x0 + filled_x[0], y0 + filled_y[0], x0 + filled_x[-1] + 1, y0 + filled_y[-1] + 1)
    return (float(box[0]), float(box[1]), float(box[2]), float(box[3])), mask
