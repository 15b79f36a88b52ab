"""A garment that lies or hangs by itself on a plain ground, and the pieces of a set that lie side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from catalog_jobs.catalog.cropping.decoding import Picture
from catalog_jobs.catalog.cropping.finds import Find
from catalog_jobs.catalog.cropping.foreground import find_foreground
from catalog_jobs.catalog.cropping.pieces import LARGE_TYPES, OPEN_TYPES, Piece, Sold, down_the_body
from functions.tagging.color import basic_color, cloth_color
from serve_app.contract import Mask

# A garment that is sold fills more of its picture than this, the more so where the border cuts it; less is its
# collar, or a print on cloth that fills the picture. Scattered buttons and seams fill less of their convex hull. Of the
# garments of the sample, seen whole, none fills less than 0.2 and 0.69.
MIN_LARGE_SHARE: Final = 0.1
MIN_CUT_SHARE: Final = 0.3
MIN_LARGE_HULL_SHARE: Final = 0.55
MIN_HULL_SHARE: Final = 0.4
# The pieces of a set are of about one size.
MIN_SET_SHARE: Final = 0.25
# What lies on a transparent or white ground says nothing of the cloth.
STUDIO_GROUNDS: Final = frozenset({"white"})
LIGHT_GROUND_L: Final = 75.0
MIN_OPAQUE, MAX_OPAQUE = 0.01, 0.995


@dataclass(frozen=True)
class Lying:
    """mask: H×W of the picture, without holes. openings: where the ground is seen through it. score: 0 to 1."""

    mask: Mask
    openings: Mask
    score: float

    def of_pieces(self, pieces: Sequence[Piece], found: Mapping[int, Find]) -> dict[int, Mask]:
        """The mask of each piece, by its place; empty where it cannot be told which part is which.

        Of a set, each large part is a piece: those that lie apart from top to bottom in the order in which they are
        worn. A set in one part is taken apart by what was found, else it is the leading piece's.
        """
        if len(pieces) == 1:
            return {0: self._opened(self.mask, pieces[0])}
        parts = parts_of(self.mask)
        if len(parts) == len(pieces):
            order = down_the_body(pieces)
            return {place: self._opened(part, pieces[place]) for place, part in zip(order, parts, strict=True)}
        return {} if len(found) > 1 else {0: self._opened(self.mask, pieces[0])}

    def _opened(self, mask: Mask, piece: Piece) -> Mask:
        opened = mask & ~self.openings
        return opened if OPEN_TYPES.issuperset(piece.types) and opened.any() else mask


def lying_on(picture: Picture, sold: Sold) -> Lying | None:
    """What lies on the ground of a picture, by its transparency or its plain border; None where that is not a garment.

    A close-up shows cloth up to its border: there the ground has the colour that the shop says of the product, and
    what lies on it has not.
    """
    if picture.opaque is not None and MIN_OPAQUE < picture.opaque.mean() < MAX_OPAQUE:
        return Lying(picture.opaque, np.zeros_like(picture.opaque), 1.0)
    found = find_foreground(picture.pixels)
    if found is None:
        return None
    is_large = LARGE_TYPES.issuperset(sold.pieces[0].types)
    if not is_garment(found.mask, is_large) or is_close_up(picture, found.mask, sold.color_basic):
        return None
    return Lying(found.mask, found.openings, found.score)


def is_garment(mask: Mask, is_large: bool) -> bool:
    """Whether something has the size and the shape of a whole garment. is_large: whether it is one of a large type."""
    if not is_large:
        return hull_share(mask) >= MIN_HULL_SHARE
    is_cut = mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any()
    min_share = MIN_CUT_SHARE if is_cut else MIN_LARGE_SHARE
    return bool(mask.mean() >= min_share) and hull_share(mask) >= MIN_LARGE_HULL_SHARE


def is_close_up(picture: Picture, mask: Mask, color_basic: str | None) -> bool:
    """Whether the ground is the product's cloth by its colour, and what lies on it something else."""
    if color_basic is None or color_basic in STUDIO_GROUNDS:
        return False
    ground = cloth_color(picture.pixels, ~mask)
    if ground is None or basic_color(ground) != color_basic:
        return False
    is_studio = float(ground.lab[0]) > LIGHT_GROUND_L and float(np.hypot(*ground.lab[1:])) < 8
    garment = cloth_color(picture.pixels, mask)
    return not is_studio and garment is not None and basic_color(garment) != color_basic


def hull_share(mask: Mask) -> float:
    """How much of the convex hulls of its pieces a mask fills."""
    outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    hulls = sum(cv2.contourArea(cv2.convexHull(outline)) for outline in outlines)
    return float(np.count_nonzero(mask) / max(hulls, 1.0))


def parts_of(mask: Mask) -> list[Mask]:
    """The large parts of a mask, from top to bottom."""
    number, parts, stats, centres = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    areas = stats[1:, cv2.CC_STAT_AREA]
    large = [one for one in range(1, number) if areas[one - 1] >= MIN_SET_SHARE * areas.max()]
    return [np.asarray(parts == one) for one in sorted(large, key=lambda one: float(centres[one][1]))]
