"""What the camera sees: from outlines in units to the pixels that they cover."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from catalog_jobs.catalog.sample.curves import HEIGHT, WIDTH, Points
from catalog_jobs.catalog.sample.drawing import Piece

# Outlines are drawn this many times larger and shrunk, which makes their edges smooth.
OVERSAMPLING = 3
SUBPIXEL_BITS = 4

Grey = NDArray[np.float32]
Pixels = NDArray[np.uint8]
# First and last pixel over x and y.
Window = tuple[int, int, int, int]


@dataclass(frozen=True)
class View:
    """What the camera sees: the point in the middle of the picture, and how much larger than life."""

    x: float = WIDTH / 2
    y: float = HEIGHT / 2
    scale: float = 1

    def to_px(self, points: Points) -> Points:
        """Points (N×2) in units as pixels of the picture."""
        return np.asarray((points - [self.x, self.y]) * self.scale + [WIDTH / 2, HEIGHT / 2])

    def units(self, window: Window) -> tuple[Grey, Grey]:
        """The units x and y of each pixel of a window."""
        x0, x1, y0, y1 = window
        xs = (np.arange(x0, x1, dtype=np.float32) + 0.5 - WIDTH / 2) / self.scale + self.x
        ys = (np.arange(y0, y1, dtype=np.float32) + 0.5 - HEIGHT / 2) / self.scale + self.y
        return np.meshgrid(xs, ys)[0], np.meshgrid(xs, ys)[1]


def window_of(points: Points, view: View, margin: float) -> Window | None:
    """The pixels around an outline that are in the picture; None where there are none."""
    low, high = view.to_px(points).min(axis=0) - margin, view.to_px(points).max(axis=0) + margin
    x0, y0 = (max(0, int(v)) for v in low)
    x1, y1 = min(WIDTH, int(high[0]) + 1), min(HEIGHT, int(high[1]) + 1)
    return (x0, x1, y0, y1) if x1 > x0 and y1 > y0 else None


def filled(piece: Piece, view: View, window: Window) -> Grey:
    """How much of each pixel of the window the piece covers, 0..1."""
    fine = blank(window)
    cv2.fillPoly(fine, [fine_points(piece.outline, view, window)], (255,), cv2.LINE_8, SUBPIXEL_BITS)
    for hole in piece.holes:
        cv2.fillPoly(fine, [fine_points(hole, view, window)], (0,), cv2.LINE_8, SUBPIXEL_BITS)
    return shrunk(fine, window)


def blank(window: Window) -> Pixels:
    """An empty drawing of a window, oversampled."""
    x0, x1, y0, y1 = window
    return np.zeros(((y1 - y0) * OVERSAMPLING, (x1 - x0) * OVERSAMPLING), np.uint8)


def fine_points(points: Points, view: View, window: Window) -> NDArray[np.int32]:
    """Points in the fixed-point numbers of an oversampled window."""
    fine = (view.to_px(points) - [window[0], window[2]]) * OVERSAMPLING - 0.5
    return np.rint(fine * (1 << SUBPIXEL_BITS)).astype(np.int32)


def shrunk(fine: Pixels, window: Window) -> Grey:
    """An oversampled drawing as cover of the window's pixels, 0..1."""
    x0, x1, y0, y1 = window
    small = cv2.resize(fine, (x1 - x0, y1 - y0), interpolation=cv2.INTER_AREA)
    return np.asarray(small / np.float32(255), np.float32)
