"""Contact sheets: rows of small pictures with captions, as JPEG files that a repository can carry."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from catalog_jobs.evaluate.plots.drawing import DPI, FAINT, INK, new_figure
from serve_app.models.pictures import Image

MOST_BYTES: Final = 250_000
QUALITIES: Final = (88, 80, 72, 64, 55, 45, 35, 25, 15)
WHITE: Final = 255
TITLE_IN: Final = 0.5
CAPTION_IN: Final = 0.42
GAP_IN: Final = 0.12


@dataclass(frozen=True)
class Tile:
    """A picture with up to two lines under it. frame: the colour of its edge."""

    picture: Image
    caption: str = ""
    frame: str = FAINT


@dataclass(frozen=True)
class Grid:
    """Where the tiles of a sheet lie, in inches from its top left; the rows have room for captions."""

    figure: Figure
    tile_wh_in: tuple[float, float]
    left_in: float

    def place(self, tile: Tile, row: int, column: float) -> Axes:
        """Put a tile at a row and a column (which may lie between two)."""
        width, height = self.tile_wh_in
        total_w, total_h = self.figure.get_size_inches()
        left = self.left_in + column * (width + GAP_IN)
        top = self.top_of(row)
        axes = self.figure.add_axes((left / total_w, 1 - (top + height) / total_h, width / total_w, height / total_h))
        axes.imshow(fitted(tile.picture, (round(width * DPI), round(height * DPI))))
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[:].set(color=tile.frame, linewidth=1 if tile.frame == FAINT else 2.5)
        axes.set_xlabel(tile.caption, fontsize=7.5, color=INK, loc="left", labelpad=3)
        return axes

    def top_of(self, row: int) -> float:
        """Inches from the top of the sheet to that of a row."""
        return TITLE_IN + row * (self.tile_wh_in[1] + CAPTION_IN)

    def write(self, words: str, left_in: float, row: int, share: float, bold: bool = False) -> None:
        """Words at a share of the height of a row's tiles."""
        total_w, total_h = self.figure.get_size_inches()
        y = 1 - (self.top_of(row) + share * self.tile_wh_in[1]) / total_h
        weight = "bold" if bold else "normal"
        self.figure.text(left_in / total_w, y, words, fontsize=9, color=INK, va="center", fontweight=weight)


def new_sheet(
    title: str,
    n_rows: int,
    n_columns: float,
    tile_wh_in: tuple[float, float],
    left_in: float = 0.2,
    foot_in: float = 0.1,
) -> Grid:
    """An empty sheet. left_in: room for words to the left of the tiles. foot_in: room below them."""
    width = left_in + n_columns * (tile_wh_in[0] + GAP_IN) + 0.1
    height = TITLE_IN + n_rows * (tile_wh_in[1] + CAPTION_IN) + foot_in
    figure, _ = new_figure(width, height, 0)
    figure.set_layout_engine("none")
    figure.text(0.2 / width, 1 - 0.22 / height, title, fontsize=11, fontweight="bold", color=INK, va="center")
    return Grid(figure, tile_wh_in, left_in)


def fitted(picture: Image, size_wh: tuple[int, int]) -> Image:
    """A picture as large as fits into a white rectangle, in its middle."""
    width, height = size_wh
    scale = min(width / picture.shape[1], height / picture.shape[0])
    w, h = max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))
    small = cv2.resize(picture, (w, h), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    page = np.full((height, width, 3), WHITE, np.uint8)
    top, left = (height - h) // 2, (width - w) // 2
    page[top : top + h, left : left + w] = small
    return page


def save_sheet(figure: Figure, folder: Path, name: str) -> Path:
    """Write a figure as JPEG, in the best quality that takes at most MOST_BYTES; raises ValueError if the folder cannot
    be written to.
    """
    figure.set_dpi(DPI)
    canvas = figure.canvas
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[..., :3]  # type: ignore[attr-defined]  # an Agg canvas has it
    path = folder / f"{name}.jpg"
    data = b""
    for quality in QUALITIES:
        data = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
        if len(data) <= MOST_BYTES:
            break
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise ValueError(f"{folder} cannot be written to ({error}); give --plots another folder") from error
    return path


def rows_of(tiles: Sequence[Tile], n_columns: int) -> int:
    """How many rows so many tiles take."""
    return -(-len(tiles) // n_columns)
