"""What is printed or woven into a cloth: tiles of colour that repeat."""

from collections.abc import Callable, Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

# Side of a tile in picture units, and how many pixels a unit has before the tile is shrunk.
PERIOD = 120
FINE = 6

Rgb = tuple[int, int, int]
Canvas = NDArray[np.uint8]


@lru_cache(maxsize=64)
def print_tile(name: str, colors: tuple[Rgb, ...], px_per_unit: float) -> NDArray[np.float32]:
    """The tile (H×W×3, 0..255) of a print at some size; the first colour is the cloth's own and covers most of it."""
    tile = np.empty((PERIOD * FINE, PERIOD * FINE, 3), np.uint8)
    tile[:] = colors[0]
    PRINTS[name](tile, colors)
    side = max(1, round(PERIOD * px_per_unit))
    return np.asarray(cv2.resize(tile, (side, side), interpolation=cv2.INTER_AREA), np.float32)


def _bars(tile: Canvas, color: Rgb, starts: Sequence[float], width: float, axis: int, opacity: float = 1) -> None:
    """Bars over the tile from each start, in units, across (axis 0) or down (axis 1)."""
    for start in starts:
        first, last = round(start * FINE), round((start + width) * FINE)
        part = tile[first:last] if axis == 0 else tile[:, first:last]
        part[:] = np.rint(part * (1 - opacity) + np.array(color) * opacity).astype(np.uint8)


def _breton(tile: Canvas, colors: tuple[Rgb, ...]) -> None:
    _bars(tile, colors[1], range(0, PERIOD, 20), 7.5, axis=0)


def _bold(tile: Canvas, colors: tuple[Rgb, ...]) -> None:
    _bars(tile, colors[1], range(0, PERIOD, 60), 25, axis=0)


def _pinstripe(tile: Canvas, colors: tuple[Rgb, ...]) -> None:
    _bars(tile, colors[1], range(0, PERIOD, 12), 2.6, axis=1)


def _plaid(tile: Canvas, colors: tuple[Rgb, ...]) -> None:
    for axis in (0, 1):
        _bars(tile, colors[1], (0, 60), 13, axis, opacity=0.62)
        _bars(tile, colors[2], (36, 96), 3, axis, opacity=0.75)
        _bars(tile, colors[1], (44, 104), 2, axis, opacity=0.5)


def _windowpane(tile: Canvas, colors: tuple[Rgb, ...]) -> None:
    for axis in (0, 1):
        _bars(tile, colors[1], range(0, PERIOD, 40), 2.4, axis, opacity=0.85)
        _bars(tile, colors[1], range(5, PERIOD, 40), 1.0, axis, opacity=0.6)


def _dots(tile: Canvas, colors: tuple[Rgb, ...]) -> None:
    for row, y in enumerate(range(0, PERIOD + 1, 15)):
        for x in range(0, PERIOD + 31, 30):
            _disc(tile, colors[1], x - 15 * (row % 2), y, 4.6)


def _disc(tile: Canvas, color: Rgb, x: float, y: float, radius: float) -> None:
    cv2.circle(tile, (round(x * FINE), round(y * FINE)), round(radius * FINE), color, -1, cv2.LINE_AA)


def _scattered(count: int, gap: float, seed: int) -> list[tuple[float, float, float]]:
    """Places (x, y, angle) on the tile that keep apart from one another, also over its edges."""
    rng = np.random.default_rng(seed)
    places: list[tuple[float, float, float]] = []
    for _ in range(4000):
        x, y, angle = (float(v) for v in rng.random(3) * (PERIOD, PERIOD, 360))
        ways = [((x - u + 60) % PERIOD - 60, (y - v + 60) % PERIOD - 60) for u, v, _ in places]
        if all(np.hypot(*way) > gap for way in ways):
            places.append((x, y, angle))
        if len(places) == count:
            break
    return places


def _petal(tile: Canvas, color: Rgb, x: float, y: float, angle: float, length: float, width: float) -> None:
    """One petal or leaf from (x, y) outwards, drawn again where it runs over the edge of the tile."""
    way = np.radians(angle)
    middle = (x + np.cos(way) * length / 2, y + np.sin(way) * length / 2)
    axes = (round(length / 2 * FINE), round(width / 2 * FINE))
    for dx in (-PERIOD, 0, PERIOD):
        for dy in (-PERIOD, 0, PERIOD):
            centre = (round((middle[0] + dx) * FINE), round((middle[1] + dy) * FINE))
            cv2.ellipse(tile, centre, axes, angle, 0, 360, color, -1, cv2.LINE_AA)


def _flowers(tile: Canvas, colors: tuple[Rgb, ...], places: Sequence[tuple[float, float, float]], size: float) -> None:
    for number, (x, y, angle) in enumerate(places):
        petal, heart = (colors[1], colors[2]) if number % 3 else (colors[2], colors[1])
        for side in (20, 160):
            _petal(tile, colors[3], x, y, angle + side, size * 1.75, size * 0.5)
        for index in range(5):
            _petal(tile, petal, x, y, angle + 72 * index, size, size * 0.75)
        for index in range(6):
            _petal(tile, heart, x, y, angle + 60 * index, size * 0.3, size * 0.28)


def _ditsy(tile: Canvas, colors: tuple[Rgb, ...]) -> None:
    _flowers(tile, colors, _scattered(16, 25, 21), 7)


def _blooms(tile: Canvas, colors: tuple[Rgb, ...]) -> None:
    _flowers(tile, colors, _scattered(6, 43, 22), 14)


PRINTS: dict[str, Callable[[Canvas, tuple[Rgb, ...]], None]] = {
    "breton": _breton,
    "bold stripes": _bold,
    "pinstripe": _pinstripe,
    "plaid": _plaid,
    "windowpane": _windowpane,
    "dots": _dots,
    "ditsy": _ditsy,
    "blooms": _blooms,
}
