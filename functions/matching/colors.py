"""Whether a garment in a video has the colour of a product in the shop's light."""

from functools import lru_cache

import numpy as np

from functions.tagging.color_names import Lab, from_hex, labs_of, named_colors

# Light and shadow change L far more than a and b.
LIGHTNESS_WEIGHT = 0.4
# Distance (weighted CIELAB) that costs nothing: 19 of 20 garments of reels are within it of their product.
FREE_DISTANCE = 8.0
# Distance beyond it at which a colour has lost 1 - 1/e of what it can lose.
COLOR_WIDTH = 20.0
# What another colour leaves of a score: the same garment in another colour is similar at most, never exact.
ANOTHER_COLOR = 0.8
# Between one colour and another: of an unknown colour nothing is known.
UNKNOWN_COLOR = 0.95


def color_agreement(item_hex: str | None, part_hex: str | None, part_basic: str | None) -> float:
    """1 for one colour in whatever light, falling to ANOTHER_COLOR; UNKNOWN_COLOR where either is not known.

    part_hex: as measured in the product's picture. part_basic: one of the twelve basic colours, asked where nothing was
    measured: the nearest of the named colours that belong to it counts.
    """
    distance = color_distance(item_hex, part_hex, part_basic)
    if distance is None:
        return UNKNOWN_COLOR
    beyond = max(0.0, distance - FREE_DISTANCE) / COLOR_WIDTH
    return ANOTHER_COLOR + (1 - ANOTHER_COLOR) * float(np.exp(-(beyond**2)))


def color_distance(item_hex: str | None, part_hex: str | None, part_basic: str | None) -> float | None:
    """Distance in CIELAB with L weighted down; None where a colour is not known."""
    colors = _of_hex(part_hex) if part_hex else _of_basic(part_basic or "")
    if item_hex is None or len(colors) == 0:
        return None
    difference = (colors - from_hex(item_hex)) * np.array([LIGHTNESS_WEIGHT, 1, 1])
    return float(np.linalg.norm(difference, axis=1).min())


@lru_cache(maxsize=4096)
def _of_hex(text: str) -> Lab:
    return from_hex(text).reshape(1, 3)


@lru_cache(maxsize=16)
def _of_basic(basic: str) -> Lab:
    return labs_of([color for color in named_colors() if color.basic == basic]).reshape(-1, 3)
