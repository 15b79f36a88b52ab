"""What a fabric's surface is like from near: grey tiles that repeat, and how each fabric shines and creases."""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

# Side of a tile in picture units.
PERIOD = 96
FINE = 6

Grey = NDArray[np.float32]


@dataclass(frozen=True)
class Weave:
    """A fabric: surface of its tile and how far it shows, strength of highlights, depth of creases."""

    surface: str
    relief: float
    gloss: float
    folds: float


WEAVES = {
    "Cotton": Weave("jersey", 0.05, 0.20, 1.0),
    "Poplin": Weave("plain", 0.03, 0.22, 1.15),
    "Linen": Weave("slub", 0.06, 0.15, 1.3),
    "Denim": Weave("twill", 0.08, 0.18, 0.85),
    "Twill": Weave("twill", 0.05, 0.20, 0.9),
    "Fleece": Weave("fuzz", 0.04, 0.15, 0.8),
    "Wool": Weave("fuzz", 0.055, 0.12, 0.6),
    "Knit": Weave("stitch", 0.11, 0.14, 0.55),
    "Ribbed Knit": Weave("rib", 0.10, 0.15, 0.5),
    "Corduroy": Weave("wale", 0.10, 0.22, 0.7),
    "Satin": Weave("smooth", 0.0, 0.7, 1.15),
    "Silk": Weave("smooth", 0.0, 0.55, 1.15),
    "Viscose": Weave("plain", 0.02, 0.3, 1.3),
    "Nylon": Weave("plain", 0.015, 0.5, 1.2),
    "Leather": Weave("hide", 0.05, 0.6, 0.8),
    "Canvas": Weave("canvas", 0.05, 0.15, 0.5),
    "Straw": Weave("braid", 0.15, 0.2, 0.2),
    "Sheer": Weave("mesh", 0.10, 0.3, 0.3),
    "Acetate": Weave("smooth", 0.0, 0.8, 0.0),
    "Metal": Weave("smooth", 0.0, 0.9, 0.0),
    "Rubber": Weave("smooth", 0.0, 0.15, 0.0),
}


@cache
def surface_tile(surface: str, px_per_unit: float) -> Grey:
    """The tile (H×W of mean 0, mostly within ±1) of a surface at some size; it repeats without a seam."""
    fine = _SURFACES[surface]()
    fine = fine - fine.mean()
    side = max(1, round(PERIOD * px_per_unit))
    return np.asarray(cv2.resize(fine, (side, side), interpolation=cv2.INTER_AREA), np.float32)


def noise(seed: int, side: int, sigma_x: float, sigma_y: float) -> Grey:
    """Soft noise (side×side) of mean 0 and deviation 1 that repeats without a seam."""
    white = np.random.default_rng(seed).standard_normal((side, side)).astype(np.float32)
    margin = int(min(side, 3 * max(sigma_x, sigma_y))) + 1
    wide = cv2.GaussianBlur(np.pad(white, margin, mode="wrap"), (0, 0), sigma_x, sigmaY=sigma_y)
    soft = wide[margin:-margin, margin:-margin]
    return np.asarray((soft - soft.mean()) / soft.std(), np.float32)


def _grid() -> tuple[Grey, Grey]:
    y, x = np.indices((PERIOD * FINE, PERIOD * FINE), np.float32)
    return np.asarray((x + 0.5) / FINE, np.float32), np.asarray((y + 0.5) / FINE, np.float32)


def _wave(values: NDArray[np.floating], period: float) -> Grey:
    return np.asarray(np.sin(values * (2 * np.pi / period)), np.float32)


def _smooth() -> Grey:
    return np.zeros((FINE, FINE), np.float32)


def _jersey() -> Grey:
    x, y = _grid()
    return np.asarray(0.5 * _wave(y + np.abs(_wave(x, 3)) * 0.8, 2) + 0.12 * noise(1, PERIOD * FINE, 5, 5), np.float32)


def _plain() -> Grey:
    x, y = _grid()
    return np.asarray(0.5 * _wave(x, 1.5) * _wave(y, 1.5) + 0.3 * noise(2, PERIOD * FINE, 6, 6), np.float32)


def _slub() -> Grey:
    side = PERIOD * FINE
    return np.asarray(0.55 * noise(3, side, 2.5, 60) + 0.55 * noise(4, side, 60, 2.5), np.float32)


def _twill() -> Grey:
    x, y = _grid()
    return np.asarray(0.7 * _wave(x + y, 3) + 0.45 * noise(5, PERIOD * FINE, 3, 14), np.float32)


def _fuzz() -> Grey:
    side = PERIOD * FINE
    return np.asarray(0.35 * noise(6, side, 4, 4) + 0.4 * noise(7, side, 9, 9), np.float32)


def _stitch() -> Grey:
    x, y = _grid()
    lean = np.abs((x % 8) - 4)
    return np.asarray(
        0.8 * _wave(y - lean * 1.1, 6) * (0.4 + 0.15 * lean) - 0.8 * np.exp(-(((x % 8) / 0.9) ** 2)), np.float32
    )


def _rib() -> Grey:
    x, y = _grid()
    return np.asarray(0.9 * _wave(x, 6) + 0.2 * _wave(y + np.abs((x % 6) - 3), 3), np.float32)


def _wale() -> Grey:
    x, _ = _grid()
    return np.asarray(1.2 * np.abs(_wave(x, 12)) - 0.7 + 0.2 * noise(8, PERIOD * FINE, 3, 10), np.float32)


def _hide() -> Grey:
    side = PERIOD * FINE
    cells = np.abs(noise(9, side, 5, 5)) + np.abs(noise(10, side, 7, 7))
    return np.asarray(0.9 - np.exp(-cells * 1.4) * 2.2, np.float32)


def _canvas() -> Grey:
    x, y = _grid()
    return np.asarray(0.6 * _wave(x, 4) * _wave(y, 4) + 0.3 * noise(11, PERIOD * FINE, 4, 4), np.float32)


def _braid() -> Grey:
    x, y = _grid()
    row = np.floor(y / 6) % 2
    return np.asarray(0.7 * _wave(x + np.where(row > 0, y, -y), 8) + 0.6 * np.abs(_wave(y, 12)) - 0.4, np.float32)


def _mesh() -> Grey:
    x, y = _grid()
    return np.asarray(0.8 * _wave(x + y, 4) * _wave(x - y, 4), np.float32)


_SURFACES = {
    "smooth": _smooth, "jersey": _jersey, "plain": _plain, "slub": _slub, "twill": _twill, "fuzz": _fuzz,
    "stitch": _stitch, "rib": _rib, "wale": _wale, "hide": _hide, "canvas": _canvas, "braid": _braid, "mesh": _mesh,
}  # fmt: skip
