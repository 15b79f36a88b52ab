"""What lies on a plain ground: all that differs from it, without its shadow."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from catalog_jobs.catalog.cropping.ground import Floats, Ground, find_ground, lab_of
from serve_app.contract import Mask
from serve_app.models.pictures import Image

Bytes = NDArray[np.uint8]

# Garments are found at this size; a third of it would do, but for straps and heels.
LONG_SIDE_PX: Final = 448
SQUARE: Final = np.ones((3, 3), np.uint8)


@dataclass(frozen=True)
class ForegroundRules:
    """CIELAB distances are multiples of the ground's spread, but never below the least; shares are of the picture,
    where nothing else is said.

    sure: what is certainly no ground; of lighter pixels, which no shadow makes, less will do. near: what is ground
    where it hangs together with the border. shadow: how much darker a shadow is at most; it has nearly the ground's hue
    (`shadow_hue`) and soft edges (`shadow_edge`, a step from pixel to pixel). darker: how much less a darker pixel
    counts than a lighter one.
    """

    min_border: float = 0.62
    sure: float = 6.0
    least_sure: float = 9.0
    least_sure_lighter: float = 5.0
    near: float = 3.0
    least_near: float = 2.5
    darker: float = 0.75
    shadow: float = 24.0
    shadow_hue: float = 5.0
    shadow_edge: float = 2.5
    # Holes up to this share of the foreground are folds and prints, larger ones are between a handle and its bag.
    max_hole: float = 0.02
    min_near_in_opening: float = 0.3
    # Pieces smaller than this share of the largest are specks; at the border, things that stand beside the garment.
    min_piece: float = 0.04
    min_piece_at_border: float = 0.5
    min_share: float = 0.015
    max_share: float = 0.9


@dataclass(frozen=True)
class Foreground:
    """mask: H×W of the picture. openings: parts of the mask through which the ground is seen. score: the share of the
    border that is ground.
    """

    mask: Mask
    openings: Mask
    score: float


def find_foreground(pixels: Image, rules: ForegroundRules | None = None) -> Foreground | None:
    """What lies on the ground of a picture (H×W×3 RGB); None where its border is not plain, or nothing lies there."""
    rules = rules or ForegroundRules()
    height, width = pixels.shape[:2]
    scale = min(1.0, LONG_SIDE_PX / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA) if scale < 1 else pixels
    lab = lab_of(np.asarray(cv2.bilateralFilter(small, 5, 12, 3), np.uint8))
    ground = find_ground(lab, rules.min_border)
    if ground is None:
        return None
    found, is_near, is_shadow = apart(lab, ground, rules)
    mask = without_specks(without_holes(found, rules), rules)
    if not rules.min_share <= mask.mean() <= rules.max_share:
        return None
    openings = openings_in(mask.astype(np.bool_), is_near, is_shadow, rules)
    return Foreground(enlarged(mask, (width, height)), enlarged(openings, (width, height)), ground.share)


def apart(lab: Floats, ground: Ground, rules: ForegroundRules) -> tuple[Bytes, Mask, Mask]:
    """What is no ground (h×w, 0 or 1); what has its colour, and what may be a shadow on it, wherever that is.

    From what surely is ground and what surely is not, both grow until they meet where the picture changes most
    (watershed): a white shirt on white keeps its outline, a soft shadow falls to the ground.
    """
    away = lab - ground.lab
    lighter, hue = away[..., 0], np.hypot(away[..., 1], away[..., 2])
    distance = np.hypot(np.where(lighter < 0, rules.darker, 1.0) * lighter, hue)
    steps = steepness(lab)
    is_shadow = (lighter < 0) & (lighter > -rules.shadow) & (hue < rules.shadow_hue) & (steps < rules.shadow_edge)
    least = np.where(lighter > 0, rules.least_sure_lighter, rules.least_sure)
    sure = (distance > np.maximum(least, rules.sure * ground.spread)) & ~is_shadow
    near = distance < max(rules.least_near, rules.near * ground.spread)
    seeds = np.zeros(distance.shape, np.int32)
    seeds[cv2.morphologyEx(sure.astype(np.uint8), cv2.MORPH_OPEN, SQUARE) > 0] = 2
    seeds[cv2.erode(from_border(near), SQUARE, borderValue=1) > 0] = 1
    relief = np.clip(steps * 12, 0, 255).astype(np.uint8)
    grown = cv2.watershed(cv2.merge([relief, relief, relief]), seeds)
    found = cv2.morphologyEx((grown == 2).astype(np.uint8), cv2.MORPH_CLOSE, SQUARE)
    return np.asarray(found, np.uint8), np.asarray(near), np.asarray(is_shadow)


def steepness(lab: Floats) -> Floats:
    """How much a picture changes from pixel to pixel (h×w), by Sobel's operator."""
    across, down = (cv2.Sobel(lab, cv2.CV_32F, *order, ksize=3) / 4 for order in ((1, 0), (0, 1)))
    return np.asarray(np.sqrt((across**2 + down**2).sum(axis=2)), np.float32)


def from_border(is_near: Mask) -> Bytes:
    """The parts of a mask that hang together with the border of the picture (0 or 1)."""
    _, pieces = cv2.connectedComponents(is_near.astype(np.uint8), connectivity=4)
    edges = np.unique(np.concatenate([pieces[0], pieces[-1], pieces[:, 0], pieces[:, -1]]))
    is_kept = np.zeros(int(pieces.max()) + 1, np.uint8)
    is_kept[edges[edges > 0]] = 1
    return np.asarray(is_kept[pieces], np.uint8)


def without_holes(found: Bytes, rules: ForegroundRules) -> Bytes:
    """A mask (0 or 1) whose small holes are filled."""
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(1 - found, connectivity=4)
    is_filled = stats[:, cv2.CC_STAT_AREA] <= rules.max_hole * float(found.sum())
    is_filled[0] = False
    return np.where(is_filled[pieces], 1, found).astype(np.uint8)


def without_specks(found: Bytes, rules: ForegroundRules) -> Bytes:
    """A mask (0 or 1) without the pieces that are far smaller than its largest one, and threads between them."""
    opened = np.asarray(cv2.morphologyEx(found, cv2.MORPH_OPEN, SQUARE), np.uint8)
    number, pieces, stats, _ = cv2.connectedComponentsWithStats(opened)
    if number < 2:
        return opened
    areas = stats[:, cv2.CC_STAT_AREA].astype(np.float64)
    areas[0] = 0
    limits = np.full(number, rules.min_piece)
    limits[np.concatenate([pieces[0], pieces[-1], pieces[:, 0], pieces[:, -1]])] = rules.min_piece_at_border
    is_kept = areas >= limits * areas.max()
    is_kept[0] = False
    return np.asarray(is_kept[pieces], np.uint8)


def openings_in(mask: Mask, is_near: Mask, is_shadow: Mask, rules: ForegroundRules) -> Mask:
    """The large parts of a mask through which the ground is seen: it, and the shadow on it. A part of which little has
    the ground's own colour is grey cloth.
    """
    like_ground = (mask & (is_near | is_shadow)).astype(np.uint8)
    number, pieces, stats, _ = cv2.connectedComponentsWithStats(like_ground, connectivity=4)
    areas = stats[:, cv2.CC_STAT_AREA]
    n_near = np.bincount(pieces[is_near], minlength=number)
    is_kept = (areas >= rules.max_hole * np.count_nonzero(mask)) & (n_near >= rules.min_near_in_opening * areas)
    is_kept[0] = False
    return np.asarray(is_kept[pieces], np.bool_)


def enlarged(mask: NDArray[np.generic], size_wh: tuple[int, int]) -> Mask:
    """A mask at another size, its outline smooth."""
    if (mask.shape[1], mask.shape[0]) == size_wh:
        return mask.astype(np.bool_)
    scaled = cv2.resize(mask.astype(np.float32), size_wh, interpolation=cv2.INTER_LINEAR)
    return np.asarray(scaled > 0.5, np.bool_)
