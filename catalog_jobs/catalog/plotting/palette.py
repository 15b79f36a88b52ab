"""Colours of classes: a garment's type has the same one on every map, on light and on dark ground."""

from collections.abc import Mapping
from typing import Final

from functions.tagging.color_names import BASIC_COLORS

# Middle lightness, so that each is seen on paper and on black; hues apart for the colour-blind as far as fourteen go,
# from Okabe & Ito 2008 and Tol 2021.
TYPE_COLORS: Final[Mapping[str, str]] = {
    "top": "#2b7fc4",
    "outerwear": "#d55e00",
    "dress": "#d6539b",
    "skirt": "#e69f00",
    "pants": "#009e73",
    "shorts": "#56b4e9",
    "legwear": "#8c6bd1",
    "shoes": "#a5693f",
    "bag": "#c2334d",
    "hat": "#8f9a2b",
    "eyewear": "#3fa7a0",
    "scarf": "#9b4f96",
    "belt": "#71839b",
    "jewelry": "#c9b037",
}
PALETTE: Final = (
    *TYPE_COLORS.values(),
    "#5b62c9", "#e8746a", "#57a64a", "#b48ead", "#3d8b5f", "#c77f3a", "#6aa0d8", "#a86a7a",
)  # fmt: skip
GREY: Final = "#8f8982"
BASIC_HEX: Final[Mapping[str, str]] = dict(
    zip(
        BASIC_COLORS,
        (
            "#26262a", "#f4f2ee", "#9a9a9a", "#c8202f", "#ee7f2d", "#f0c93a",
            "#3c9a54", "#2f6fc4", "#7d4bb0", "#ea8fb5", "#7a5033", "#d9c7a3",
        ),
        strict=True,
    )
)  # fmt: skip
# From alike to unlike, dark to light: the wine of the house to its paper.
DISTANCE_COLORS: Final = ("#2e0b22", "#7a2747", "#c05a68", "#e8a58f", "#f6dcc8", "#fdf6ee")
