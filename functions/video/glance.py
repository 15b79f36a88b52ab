"""What is looked at of every frame: its planes in little and how sharp it is, without any colour conversion."""

import math
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Any, NamedTuple

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Cells = NDArray[np.uint8]
Plane = NDArray[Any]

GRID_LONG_SIDE = 64
LEAST_WIDTH_SEEN = 0.95
BANDS_A_PAIR = 4
BLANK_SPREAD = 3.0
BLACK_LUMA = 40.0


class Quality(IntEnum):
    """What a frame shows, least first: damaged or two shots at once, black, one colour, a picture."""

    MIXED = 0
    BLACK = 1
    BLANK = 2
    PICTURE = 3


@dataclass(frozen=True, slots=True, eq=False)
class Glance:
    """One frame in little. `cells` is (3·rows)xcols: luma above the two chroma planes, as coded (not rotated).
    `sharpness` compares frames of one video only.
    """

    time_s: float
    cells: Cells
    sharpness: float
    quality: Quality


class Glancer:
    """Looks at the frames of one video, always on the same grid, even where the resolution changes midway."""

    def __init__(self) -> None:
        self._grid: tuple[int, int] | None = None

    def look(self, frame: av.VideoFrame, time_s: float) -> Glance:
        """The glance of a frame presented at `time_s`."""
        cols, rows = self._grid = self._grid or grid_of(frame.width, frame.height)
        layout = _layout(frame.format.name)
        if layout is None:
            frame, layout = frame.reformat(format="yuv420p"), PLANAR
        # Reading all of a fresh frame would cost a fifth of decoding it: a row for each row of cells will do.
        luma, *chroma = _planes(frame, layout)
        seen = [plane[_seen_rows(plane.shape[0], rows)] for plane in (luma, *chroma)]
        parts = [shrink(plane, cols) for plane in seen]
        grey = [np.full_like(parts[0], 128 << layout.shift)] * (3 - len(parts))
        cells = np.concatenate(parts + grey)
        if layout.shift:
            cells >>= layout.shift
        cells = cells.astype(np.uint8, copy=False)
        quality = Quality.MIXED if frame.is_corrupt else quality_of(cells)
        return Glance(time_s, cells, sharpness_of(luma, seen[0]), quality)


def grid_of(width: int, height: int) -> tuple[int, int]:
    """Columns and rows of the cells for a frame's size: the longer of them at most GRID_LONG_SIDE."""
    scale = min(1.0, GRID_LONG_SIDE / max(width, height))
    return max(round(width * scale), 1), max(round(height * scale), 1)


class Layout(NamedTuple):
    """How a pixel format keeps its samples: planes to view, whether chroma is interleaved (NV12), bits to drop."""

    planes: int
    is_paired: bool
    dtype: type[np.uint8] | type[np.uint16]
    shift: int


PLANAR = Layout(3, False, np.uint8, 0)


@cache
def _layout(name: str) -> Layout | None:
    """The layout of a pixel format with a luma plane; None for the others (RGB, palettes, packed, floats)."""
    pixel = av.VideoFormat(name, 16, 16)
    parts = pixel.components
    bits = parts[0].bits if parts else 0
    if pixel.is_rgb or pixel.has_palette or pixel.is_bit_stream or pixel.is_big_endian or "xyz" in name:
        return None
    if not 8 <= bits <= 16:
        return None
    # P010 and its kin keep their samples in the high bits.
    is_high = name.startswith(("p01", "p21", "p41"))
    dtype, shift = (np.uint8, 0) if bits == 8 else (np.uint16, 8 if is_high else bits - 8)
    if len(parts) == 1:
        return Layout(1, False, dtype, shift)
    if len(parts) == 2 or parts[0].plane == parts[1].plane:
        return None
    is_paired = parts[1].plane == parts[2].plane
    return Layout(2 if is_paired else 3, is_paired, dtype, shift)


def _planes(frame: av.VideoFrame, layout: Layout) -> list[Plane]:
    """Views of luma and, unless the frame is grey, the two chroma planes."""
    views: list[Plane] = []
    for plane in frame.planes[: layout.planes]:
        samples = (
            np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height].view(layout.dtype)
        )
        if layout.is_paired and views:
            views += [np.ascontiguousarray(samples[:, i : 2 * plane.width : 2]) for i in (0, 1)]
        else:
            views.append(samples[:, : plane.width])
    return views


@cache
def _seen_rows(height: int, bands: int) -> NDArray[np.intp]:
    """The rows that are looked at: the middle of each of equal bands of a plane."""
    return (np.arange(bands) * height + height // 2) // bands


def shrink(rows: Plane, cols: int) -> Plane:
    """The rows with each stretch of them averaged to one of `cols` cells. Whole stretches make this several times
    faster, so a few samples at the right may be left out.
    """
    count, width = rows.shape
    whole = width // cols * cols
    if whole >= LEAST_WIDTH_SEEN * width:
        rows = rows[:, :whole]
    return np.asarray(cv2.resize(rows, (cols, count), interpolation=cv2.INTER_AREA))


def sharpness_of(luma: Plane, rows: Plane) -> float:
    """Mean squared difference of samples two apart (the focus measure of Brenner et al. 1976), along the rows that are
    looked at and across some of them; their geometric mean, so that motion blur in either direction counts.
    """
    height, width = luma.shape
    if min(height, width) < 2 * BANDS_A_PAIR:
        return 0.0
    pairs = np.maximum(_seen_rows(height, len(rows))[::BANDS_A_PAIR], 2)
    along = cv2.norm(rows[:, 2:], rows[:, :-2], cv2.NORM_L2SQR) / rows.size
    across = cv2.norm(luma[pairs - 2], luma[pairs], cv2.NORM_L2SQR) / (len(pairs) * width)
    return math.sqrt(along * across)


def quality_of(cells: Cells) -> Quality:
    """Whether the cells show a picture, one colour, or black. One colour: no channel's standard deviation is over
    BLANK_SPREAD; black: that, and a mean luma below BLACK_LUMA of 255.
    """
    rows = cells.shape[0] // 3
    if any(cv2.meanStdDev(cells[i * rows : (i + 1) * rows])[1].item() > BLANK_SPREAD for i in range(3)):
        return Quality.PICTURE
    return Quality.BLACK if cells[:rows].mean() < BLACK_LUMA else Quality.BLANK
