"""The plain ground of a product picture: the colour of its border, as it runs over the picture."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from serve_app.contract import Mask
from serve_app.models.pictures import Image

Floats = NDArray[np.float32]

# Of the shorter side; pictures come framed and with soft edges, so one row of pixels would not do.
BORDER_SHARE: Final = 0.02
MIN_BORDER_PX: Final = 2
# CIELAB distances: of what may be ground at first sight, and from the fitted ground in each round of the fit.
FIRST_REACH: Final = 14.0
REACHES: Final = (12.0, 9.0, 7.0)
# Light falls off over a picture, but no further than its border shows.
BEYOND_BORDER: Final = 2.0
BORDER_PERCENTS: Final = (1, 99)
MIN_SAMPLES: Final = 50


@dataclass(frozen=True)
class Ground:
    """The ground under every pixel (H×W×3, CIELAB). share: of the border, how much of it is this ground. spread: median
    distance of that part from it.
    """

    lab: Floats
    share: float
    spread: float


def find_ground(lab: Floats, min_share: float) -> Ground | None:
    """The ground that at least `min_share` of the border of a picture (H×W×3, CIELAB) has; None where there is none.

    Each channel is a polynomial of second degree over the picture, fitted by least squares to the border, round by
    round without what lies off it: a garment that is cut by the border, a corner of a table.
    """
    inside = border(lab.shape[0], lab.shape[1])
    ys, xs = np.nonzero(inside)
    seen = lab[ys, xs]
    terms = polynomial(xs, ys, lab.shape)
    is_ground = np.linalg.norm(seen - np.median(seen, axis=0), axis=1) < FIRST_REACH
    spread, weights = 0.0, np.zeros((terms.shape[1], 3))
    for reach in REACHES:
        if np.count_nonzero(is_ground) < max(MIN_SAMPLES, min_share * len(seen)):
            return None
        weights = np.linalg.lstsq(terms[is_ground], seen[is_ground], rcond=None)[0]
        away = np.linalg.norm(seen - terms @ weights, axis=1)
        is_ground = away < reach
        spread = float(np.median(away[is_ground])) if is_ground.any() else 0.0
    share = float(is_ground.mean())
    if share < min_share:
        return None
    fitted = polynomial(*np.meshgrid(np.arange(lab.shape[1]), np.arange(lab.shape[0])), lab.shape) @ weights
    low, high = np.percentile(seen[is_ground], BORDER_PERCENTS, axis=0)
    return Ground(np.clip(fitted, low - BEYOND_BORDER, high + BEYOND_BORDER).astype(np.float32), share, spread)


def border(height: int, width: int) -> Mask:
    """The outermost pixels of a picture."""
    deep = max(MIN_BORDER_PX, round(BORDER_SHARE * min(height, width)))
    inside = np.ones((height, width), np.bool_)
    inside[deep:-deep, deep:-deep] = False
    return inside


def polynomial(xs: NDArray[np.signedinteger], ys: NDArray[np.signedinteger], shape: tuple[int, ...]) -> Floats:
    """1, x, y, x², xy and y² of places (…×6), x and y from -1 to 1 over the picture."""
    x = (2 * xs / max(1, shape[1] - 1) - 1).astype(np.float32)
    y = (2 * ys / max(1, shape[0] - 1) - 1).astype(np.float32)
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)


def lab_of(pixels: Image) -> Floats:
    """A picture (H×W×3 RGB) as CIELAB."""
    return np.asarray(cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2Lab), np.float32)
