"""Sheets of pictures as PNG pages: neighbours, pairs that look alike, and outliers; needs matplotlib."""

import math
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from catalog_jobs.catalog.plotting.figures import EDGE, SOFT, titled_figure, words
from catalog_jobs.catalog.plotting.gallery import Image
from catalog_jobs.catalog.plotting.points import Point
from catalog_jobs.evaluate.plots.drawing import FAINT, INK

TILE_IN: Final = 1.5
CAPTION_IN: Final = 0.62
LINE_IN: Final = 0.14
LINE_LETTERS: Final = 27
GAP_IN: Final = 0.18
LEFT_IN, HEAD_IN, FOOT_IN = 0.4, 1.0, 0.2
ROWS_A_PAGE: Final = 8
TILE_PX: Final = 320
ACCENT: Final = "#a8455c"


@dataclass(frozen=True)
class Tile:
    """A point with its picture and what is said of it; `frame` is the colour of its edge."""

    point: Point
    picture: Image | None
    said: str = ""
    frame: str = EDGE


@dataclass(frozen=True)
class Row:
    """Tiles side by side; after the first `leading` of them is a wider gap."""

    tiles: tuple[Tile, ...]
    leading: int = 0


def sheet_pages(rows: Sequence[Row], title: str, subtitle: str, columns: int, blocks: int = 1) -> Iterator[Figure]:
    """The rows as pages, ROWS_A_PAGE of them one below another in each of `blocks` blocks side by side.

    columns: tiles in the longest row.
    """
    has_gap = any(row.leading for row in rows)
    block_in = columns * (TILE_IN + GAP_IN) + (0.3 if has_gap else 0) + 0.25
    a_page = ROWS_A_PAGE * blocks
    pages = math.ceil(len(rows) / a_page)
    for page in range(pages):
        own = rows[page * a_page : (page + 1) * a_page]
        n_rows = math.ceil(len(own) / blocks)
        width = LEFT_IN + blocks * block_in + 0.1
        height = HEAD_IN + n_rows * (TILE_IN + CAPTION_IN + 0.1) + FOOT_IN
        of = f" · page {page + 1} of {pages}" if pages > 1 else ""
        figure = titled_figure(width, height, title, f"{subtitle}{of}")
        for number, row in enumerate(own):
            top = HEAD_IN + number // blocks * (TILE_IN + CAPTION_IN + 0.1)
            _draw_row(figure, row, LEFT_IN + number % blocks * block_in, top)
        yield figure


def grid_rows(tiles: Sequence[Tile], columns: int) -> list[Row]:
    """Tiles one after another in rows."""
    return [Row(tuple(tiles[start : start + columns])) for start in range(0, len(tiles), columns)]


def _draw_row(figure: Figure, row: Row, left: float, top: float) -> None:
    width, height = figure.get_size_inches()
    for number, tile in enumerate(row.tiles):
        x = left + number * (TILE_IN + GAP_IN) + (0.3 if row.leading and number >= row.leading else 0)
        axes = figure.add_axes((x / width, 1 - (top + TILE_IN) / height, TILE_IN / width, TILE_IN / height))
        _draw_tile(axes, tile)
        y = top + TILE_IN + 0.06
        lines = [(line, INK) for line in title_lines(tile.point.title)]
        lines.append((tile.said or tile.point.label, ACCENT if tile.said else SOFT))
        for at, (line, color) in enumerate(lines):
            place = (x / width, 1 - (y + at * LINE_IN) / height)
            figure.text(*place, words(line, LINE_LETTERS), fontsize=7.2, color=color, va="top")


def title_lines(title: str) -> list[str]:
    """A title on two lines at most.

    >>> title_lines("Lido cotton sunset t-shirt in sky blue"), title_lines("Hat")
    (['Lido cotton sunset t-shirt', 'in sky blue'], ['Hat'])
    """
    lines = textwrap.wrap(" ".join(title.split()), LINE_LETTERS) or [""]
    return lines if len(lines) <= 2 else [lines[0], " ".join(lines[1:])]


def _draw_tile(axes: Axes, tile: Tile) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set(color=tile.frame, linewidth=0.8 if tile.frame == EDGE else 2)
    if tile.picture is None:
        axes.set_facecolor("#faf8f5")
        axes.text(0.5, 0.5, "no picture", fontsize=7, color=SOFT, ha="center", va="center", transform=axes.transAxes)
        return
    height, width = tile.picture.shape[:2]
    side = max(height, width)
    axes.imshow(tile.picture, extent=((side - width) / 2, (side + width) / 2, (side - height) / 2, (side + height) / 2))
    axes.set_xlim(0, side)
    axes.set_ylim(0, side)
    axes.set_facecolor(FAINT if tile.picture.size == 0 else "white")
