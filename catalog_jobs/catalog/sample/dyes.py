"""The colours that garments are dyed in: those that functions/tagging names, so that their names can be read back."""

from functools import cache

from catalog_jobs.catalog.sample.prints import Rgb
from functions.tagging.color_names import named_colors

# Drawn a little off the named colour: cloth that is all black shows no folds, and what shines too much reads as white.
DRAWN = {"black": "#242427", "white": "#f4f4f3", "silver": "#bfc2c6"}


@cache
def dye(name: str) -> Rgb:
    """The sRGB of a named colour as it is drawn; KeyError for a name that is not in the list."""
    red, green, blue = bytes.fromhex((DRAWN.get(name) or _hexes()[name]).removeprefix("#"))
    return red, green, blue


def shaded(color: Rgb, share: float) -> Rgb:
    """A colour in the shade."""
    red, green, blue = (round(part * share) for part in color)
    return red, green, blue


@cache
def _hexes() -> dict[str, str]:
    return {color.name: color.hex for color in named_colors()}
