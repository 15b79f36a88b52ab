"""What all figures share: how they are begun and written, words on them, and markers; needs matplotlib."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font

from catalog_jobs.catalog.plotting.files import Folder
from catalog_jobs.catalog.plotting.options import Kind
from catalog_jobs.evaluate.plots.drawing import INK, new_figure

DPI: Final = 300
SOFT: Final = "#77706a"
EDGE: Final = "#d9d3cc"
TITLE_PT: Final = 15
SUBTITLE_PT: Final = 9
# One shape a kind: circle, square, diamond, triangle, star.
MARKERS: Final[Mapping[Kind, str]] = {
    Kind.PRODUCT: "o",
    Kind.TEXT: "s",
    Kind.ITEM: "D",
    Kind.FRAME: "^",
    Kind.VIDEO: "*",
}
ELLIPSIS: Final = "…"
UNKNOWN: Final = "·"


def titled_figure(width_in: float, height_in: float, title: str, subtitle: str) -> Figure:
    """An empty figure with a title and a line below it at its top left."""
    figure, _ = new_figure(width_in, height_in, 0)
    figure.set_layout_engine("none")
    left = 0.35 / width_in
    figure.text(left, 1 - 0.3 / height_in, words(title, 120), fontsize=TITLE_PT, fontweight="bold", color=INK, va="top")
    figure.text(left, 1 - 0.64 / height_in, words(subtitle, 220), fontsize=SUBTITLE_PT, color=SOFT, va="top")
    return figure


def save_png(figure: Figure, folder: Folder, name: str, dpi: int = DPI) -> None:
    """Write a figure; raises as `Folder.writing` does."""
    with folder.writing(name) as part:
        figure.savefig(part, dpi=dpi, format="png")


def words(text: str, longest: int) -> str:
    r"""Words of others as a figure may show them: on one line, no formula, no letter that the font lacks, shortened.

    >>> words("a  $x^2$ dress", 8)
    'a \\$x^2\\…'
    """
    line = " ".join(text.split())
    shown = "".join(letter if ord(letter) in _letters() else UNKNOWN for letter in line)
    shown = shown if len(shown) <= longest else f"{shown[: longest - 1].rstrip()}{ELLIPSIS}"
    return shown.replace("$", r"\$")


@cache
def _letters() -> frozenset[int]:
    return frozenset(get_font(findfont(FontProperties())).get_charmap())
