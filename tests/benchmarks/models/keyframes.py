"""Keyframes like those of a reel, drawn by code: a person before a wall, with grain, which is what fills a JPEG."""

import cv2
import numpy as np
from numpy.typing import NDArray

JPEG_QUALITY = 90
GRAIN = 3.0


def keyframe_jpegs(count: int, size_wh: tuple[int, int]) -> list[bytes]:
    """JPEGs of different pictures, the same ones each time."""
    quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    return [bytes(cv2.imencode(".jpg", keyframe(seed, size_wh), quality)[1]) for seed in range(count)]


def keyframe(seed: int, size_wh: tuple[int, int]) -> NDArray[np.uint8]:
    """A picture (H×W×3 BGR) of a head, a top and a skirt before a wall."""
    rng = np.random.default_rng(seed)
    width, height = size_wh
    wall, skin, top, skirt = rng.integers(20, 90, 3), *(rng.integers(140, 226, 3) for _ in range(3))
    x, unit = int(width * rng.uniform(0.4, 0.6)), height / 16
    picture = np.full((height, width, 3), wall, np.float32)
    picture *= np.linspace(0.8, 1.2, height, dtype=np.float32)[:, None, None]
    cv2.ellipse(picture, (x, int(3 * unit)), (int(unit), int(1.3 * unit)), 0, 0, 360, skin.tolist(), -1)
    cv2.ellipse(picture, (x, int(6.5 * unit)), (int(1.8 * unit), int(2.5 * unit)), 0, 0, 360, top.tolist(), -1)
    cv2.ellipse(picture, (x, int(11 * unit)), (int(2 * unit), int(3.5 * unit)), 0, 0, 360, skirt.tolist(), -1)
    return np.asarray((picture + rng.normal(0, GRAIN, picture.shape)).clip(0, 255), np.uint8)
