"""Which part of a picture is the garment that is sold: what was found of its type, what lies on the ground, or all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from catalog_jobs.catalog.cropping.decoding import Picture
from catalog_jobs.catalog.cropping.finds import Find
from catalog_jobs.catalog.cropping.flat_lay import Lying, hull_share, lying_on
from catalog_jobs.catalog.cropping.pieces import PAIRS, Piece, Sold
from catalog_jobs.catalog.cropping.worn import is_worn
from serve_app.contract import Box, Mask

Source = Literal["detected", "ground", "whole"]

# Of a type that the sold one is mistaken for, a find counts half.
MISTAKEN_WEIGHT: Final = 0.5
# From this chance on a find is believed; on a person already from the second, if it is of the very type.
SURE: Final = 0.45
LIKELY_ON_PERSON: Final = 0.2
# Without a person, a find that covers less than this, or less of its convex hull, is a patch of a garment that fills
# the picture.
MIN_UNWORN_SHARE: Final = 0.15
MIN_UNWORN_HULL_SHARE: Final = 0.75
# Crops of so few pixels, or fewer, are left out.
MIN_CROP_PX: Final = 16
# How far from the middle counts: at the corner of the picture a find has exp(-1/2) of its weight.
MIDDLE_REACH: Final = 1.0


@dataclass(frozen=True)
class Cutting:
    """One garment of a picture. box_xyxy and mask (H×W): of the picture as the models see it. score: the chance of a
    find, the share of the border that is ground, 0 of the whole picture.
    """

    type: str
    source: Source
    score: float
    box_xyxy: Box
    mask: Mask
    is_sold: bool


def choose(picture: Picture, finds: Sequence[Find], sold: Sold) -> list[Cutting]:
    """All garments of a picture: first what is sold, a cutting for each piece that shows, then the other finds.

    At least the leading piece is always there, if need be as the whole picture. A product of no type has none.
    """
    finds = [find for find in finds if can_be_cropped(find.box_xyxy)]
    if not sold.pieces:
        return [_of_find(find, find.type, is_sold=False) for find in _by_score(finds)]
    pairs = [find for kind in PAIRS for find in joined_pair(kind, finds)]
    finds = [*(find for find in finds if find.type not in PAIRS), *pairs]
    lying = lying_on(picture, sold)
    worn = is_worn(picture, finds, lying.mask if lying else None)
    chosen: dict[int, Find] = {}
    for place, piece in enumerate(sold.pieces):
        taken = [id(find) for find in chosen.values()]
        best = best_of(piece, [find for find in finds if id(find) not in taken], picture)
        if best and is_believed(best, piece, worn, lying):
            chosen[place] = best
    cuttings = _lying_cuttings(sold, chosen, lying) if lying and not worn else []
    if cuttings:
        chosen = {}
    used = [id(find) for find in chosen.values()]
    for place, find in sorted(chosen.items()):
        cuttings.append(_of_find(find, named(find, sold.pieces[place]), is_sold=True))
    rest = [_of_find(find, find.type, is_sold=False) for find in _by_score(finds) if id(find) not in used]
    return [*(cuttings or [_whole(picture, sold.pieces[0])]), *rest]


def _lying_cuttings(sold: Sold, chosen: Mapping[int, Find], lying: Lying) -> list[Cutting]:
    """The sold garments that lie on a ground. They go before what was found, since their outline is the better one."""
    parts = lying.of_pieces(sold.pieces, chosen)
    made = [(sold.pieces[place].type, mask, box_of(mask)) for place, mask in sorted(parts.items())]
    return [
        Cutting(kind, "ground", lying.score, box, mask, is_sold=True) for kind, mask, box in made if can_be_cropped(box)
    ]


def _whole(picture: Picture, piece: Piece) -> Cutting:
    height, width = picture.pixels.shape[:2]
    box = (0.0, 0.0, float(width), float(height))
    return Cutting(piece.type, "whole", 0.0, box, np.ones((height, width), np.bool_), is_sold=True)


def best_of(piece: Piece, finds: Sequence[Find], picture: Picture) -> Find | None:
    """The find that is most likely the piece: by its chance, the length of its side in the picture, and how near the
    middle it is; those of the very type before those that are taken for it.
    """
    own = [find for find in finds if find.type in piece.types]
    near = [find for find in finds if find.type in piece.mistaken_types]
    weights = [(weight_of(find, picture), find) for find in own]
    weights += [(MISTAKEN_WEIGHT * weight_of(find, picture), find) for find in near]
    return max(weights, key=lambda pair: pair[0])[1] if weights else None


def weight_of(find: Find, picture: Picture) -> float:
    """Chance × square root of the share × closeness to the middle, 0 to 1."""
    height, width = picture.pixels.shape[:2]
    x0, y0, x1, y1 = find.box_xyxy
    away = np.hypot((x0 + x1) / width - 1, (y0 + y1) / height - 1) / np.sqrt(2)
    return float(find.score * np.sqrt(find.share) * np.exp(-0.5 * (away / MIDDLE_REACH) ** 2))


def is_believed(find: Find, piece: Piece, worn: bool, lying: Lying | None) -> bool:
    """Whether a find is good enough to be taken for the piece."""
    if worn:
        return find.score >= (LIKELY_ON_PERSON if find.type in piece.types else SURE)
    if find.score < SURE or (lying is None and find.share < MIN_UNWORN_SHARE):
        return False
    return hull_share(find.mask) >= MIN_UNWORN_HULL_SHARE


def named(find: Find, piece: Piece) -> str:
    """The type that a find of a piece is given: the shop knows better than a detector what it sells."""
    return find.type if find.type in piece.types else piece.type


def joined_pair(kind: str, finds: Sequence[Find]) -> list[Find]:
    """The finds of a type that is sold by the pair, both of one wearer as one; of nobody's, the two surest.

    The mask of a pair is that of both, its score that of the surer one.
    """
    own = _by_score([find for find in finds if find.type == kind])
    pairs = []
    for wearer in dict.fromkeys(find.wearer for find in own):
        theirs = [find for find in own if find.wearer == wearer]
        both, others = (theirs, []) if wearer is not None else (theirs[:2], theirs[2:])
        mask = np.logical_or.reduce([find.mask for find in both])
        pairs += [replace(both[0], mask=mask, box_xyxy=box_of(mask)) if len(both) > 1 else both[0], *others]
    return pairs


def can_be_cropped(box: Box) -> bool:
    """Whether a box is large enough for a crop that says something."""
    return min(box[2] - box[0], box[3] - box[1]) > MIN_CROP_PX


def box_of(mask: Mask) -> Box:
    """The box around a mask that is not empty: x0, y0, x1, y1."""
    xs, ys = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    return float(xs[0]), float(ys[0]), float(xs[-1] + 1), float(ys[-1] + 1)


def _of_find(find: Find, kind: str, is_sold: bool) -> Cutting:
    return Cutting(kind, "detected", find.score, find.box_xyxy, find.mask, is_sold)


def _by_score(finds: Sequence[Find]) -> list[Find]:
    return sorted(finds, key=lambda find: (-find.score, find.type, find.box_xyxy))
