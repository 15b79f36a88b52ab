"""The colour of a garment, from its own pixels: the main cluster of the mask, and the name people give it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from functions.tagging.color_names import NEUTRALS, Lab, NamedColor, ciede2000, labs_of, named_colors, to_hex, to_lab

MAX_SAMPLES = 2048
CLUSTERS = 5
ROUNDS = 12
# Folds and shadow change lightness far more than hue, so it counts for less when pixels are grouped.
LIGHTNESS_WEIGHT = 0.45
DARK_L = 28.0
SAME_CLOTH_DISTANCE = 11.0
# Fractions of a cloth's pixels from dark to light: those that a person takes its colour from, and those in full light.
SEEN_SHADES = (0.4, 0.9)
LIT_SHADES = (0.8, 0.97)
# Width in CIEDE2000 units of the vote by which named colours elect their basic colour.
VOTE_WIDTH = 4.0


@dataclass(frozen=True)
class ItemColor:
    """The name within its basic colour, the measured colour as hex, and the share of the garment that has it."""

    name: str
    basic: str
    hex: str
    share: float


@dataclass(frozen=True)
class ClothColor:
    """The main colour of a piece of cloth (CIELAB) and the share of its pixels that have it.

    lab: as a person sees it, a little lighter than the middle of its shades. lit: in full light, where dark
    cloth shows its hue. mean: over all pixels, the main colour or not.
    """

    lab: Lab
    lit: Lab
    mean: Lab
    share: float


def cloth_color(pixels: NDArray[np.uint8], mask: NDArray[np.bool_]) -> ClothColor | None:
    """Main colour of the masked part (H×W) of a picture (H×W×3 RGB); None for an empty mask.
    The border of the mask, where cloth and surroundings mix, is left out as long as a third of it remains.
    """
    samples = sample_pixels(pixels, core(mask))
    if len(samples) == 0:
        return None
    lab = to_lab(samples)
    owner = group_shades(lab)
    main = lab[owner == np.argmax(np.bincount(owner))]
    main = main[np.argsort(main[:, 0], kind="stable")]
    color = shade(main, *SEEN_SHADES)
    return ClothColor(color, shade(main, *LIT_SHADES), lab.mean(axis=0), len(main) / len(lab))


def shade(by_lightness: Lab, low: float, high: float) -> Lab:
    """Median colour of the part of the pixels (N×3, dark to light) between two fractions of their number."""
    first, last = int(low * len(by_lightness)), int(np.ceil(high * len(by_lightness)))
    return np.asarray(np.median(by_lightness[first : max(last, first + 1)], axis=0), np.float32)


def core(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The mask without its border, or all of it where too little would be left."""
    width_px = max(1, round(0.04 * float(np.sqrt(np.count_nonzero(mask)))))
    padded = np.pad(mask.astype(np.uint8), 1)
    inner = cv2.erode(padded, np.ones((3, 3), np.uint8), iterations=width_px)[1:-1, 1:-1].astype(bool)
    return inner if np.count_nonzero(inner) * 3 >= np.count_nonzero(mask) else mask


def sample_pixels(pixels: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """At most MAX_SAMPLES pixels (N×3) of the mask, evenly over its scan order."""
    inside = np.flatnonzero(mask)
    if len(inside) > MAX_SAMPLES:
        inside = inside[np.linspace(0, len(inside) - 1, MAX_SAMPLES).astype(np.int64)]
    return pixels.reshape(-1, 3)[inside]


def group_shades(lab: Lab) -> NDArray[np.int64]:
    """Group number (N) of each colour (N×3): k-means from far-apart starts, then shades of one cloth joined."""
    points = lab * np.array([LIGHTNESS_WEIGHT, 1, 1], np.float32)
    centres = far_apart(points, CLUSTERS)
    owner = np.zeros(len(points), np.int64)
    for _ in range(ROUNDS):
        owner = ((centres**2).sum(axis=1) - 2 * points @ centres.T).argmin(axis=1)
        sizes = np.bincount(owner, minlength=len(centres))
        sums = np.column_stack([np.bincount(owner, points[:, axis], len(centres)) for axis in range(3)])
        moved = np.where(sizes[:, None] > 0, sums / np.maximum(sizes, 1)[:, None], centres).astype(np.float32)
        if np.allclose(moved, centres, atol=0.05):
            break
        centres = moved
    return join_near(owner, centres)


def far_apart(points: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Up to `count` starting centres (K×3): the point nearest the mean, then each time the one farthest from all."""
    first = int(((points - points.mean(axis=0)) ** 2).sum(axis=1).argmin())
    chosen = [first]
    nearest = ((points - points[first]) ** 2).sum(axis=1)
    while len(chosen) < count and nearest.max() > 0:
        chosen.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, ((points - points[chosen[-1]]) ** 2).sum(axis=1))
    return points[chosen]


def join_near(owner: NDArray[np.int64], centres: NDArray[np.float32]) -> NDArray[np.int64]:
    """Join each group to a larger one whose centre is near: the shadow of a red shirt is still the red shirt."""
    sizes = np.bincount(owner, minlength=len(centres))
    target = np.arange(len(centres))
    kept: list[int] = []
    for index in np.argsort(-sizes, kind="stable").tolist():
        near = [k for k in kept if float(np.linalg.norm(centres[index] - centres[k])) < SAME_CLOTH_DISTANCE]
        if near:
            target[index] = near[0]
        else:
            kept.append(index)
    return np.asarray(target[owner], np.int64)


def name_color(cloth: ClothColor) -> ItemColor:
    """Basic colour first, then the nearest name (CIEDE2000) within it."""
    basic = basic_color(cloth)
    lab = hue_as_seen(cloth)
    named = [color for color in named_colors() if color.basic == basic]
    best = named[int(ciede2000(labs_of(named), lab).argmin())]
    return ItemColor(best.name, basic, to_hex(lab), round(cloth.share, 4))


def basic_color(cloth: ClothColor) -> str:
    """One of the twelve basic colours: neutral by chroma, else elected by the named colours around it."""
    neutral = neutral_color(cloth)
    if neutral:
        return neutral
    candidates = [color for color in named_colors() if color.basic not in NEUTRALS]
    return elect(candidates, hue_as_seen(cloth))


def hue_as_seen(cloth: ClothColor) -> Lab:
    """The main colour; for dark cloth with the hue that it shows in the light."""
    return np.array([cloth.lab[0], *cloth.lit[1:]], np.float32) if cloth.lab[0] < DARK_L else cloth.lab


def neutral_color(cloth: ClothColor) -> str | None:
    """Black, white or grey where a person would see no hue, else None.
    Limits read off street photographs: black cloth takes a blue cast from the sky, dark denim has more than that,
    and white cloth in shadow still has nearly white folds.
    """
    light, red_green, yellow_blue = (float(x) for x in cloth.lab)
    chroma = float(np.hypot(red_green, yellow_blue))
    lit_light, lit_chroma = float(cloth.lit[0]), float(np.hypot(*cloth.lit[1:]))
    is_cool = yellow_blue < 0
    if light < DARK_L:
        # Below a lightness of 12 the hue of warm cloth is noise of the camera.
        base = 5 if cloth.lit[2] <= 0 else 4 if lit_light > 12 else 7
        return "black" if lit_chroma < base + 0.12 * lit_light else None
    is_bright = (light > 80 and lit_light > 85) or (light > 68 and lit_light > 90)
    if is_bright and red_green < 3.5 and chroma < (11 if not is_cool else 10 if light > 88 else 8):
        return "white"
    is_pinkish = red_green > 4.5 and light > 55
    limit = 5.5 if not is_cool or is_pinkish else 8.5 if light > 35 else 7.5
    if chroma < limit and not (light > 75 and red_green > 3.5):
        return "white" if light > 88 else "grey"
    return None


def elect(candidates: list[NamedColor], lab: Lab) -> str:
    """The basic colour that most of the near names belong to, each vote falling with the square of its distance."""
    distances = ciede2000(labs_of(candidates), lab)
    weights = np.exp(-((distances - distances.min()) * (distances + distances.min())) / (2 * VOTE_WIDTH**2))
    votes: dict[str, float] = {}
    for color, weight in zip(candidates, weights.tolist(), strict=True):
        votes[color.basic] = votes.get(color.basic, 0.0) + weight
    return max(sorted(votes), key=lambda basic: votes[basic])
