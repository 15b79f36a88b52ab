"""The pale ground that a garment lies on, and its soft shadow there."""

import cv2
import numpy as np

from catalog_jobs.catalog.sample.camera import Grey
from catalog_jobs.catalog.sample.curves import HEIGHT, WIDTH

# Greys: of a faint tint a JPEG makes another one.
TOP, BOTTOM = 241.0, 227.0


def on_ground(color: Grey, cover: Grey, scale: float) -> Grey:
    """The garment on the ground, with the shadow that it casts there."""
    fall = np.linspace(0, 1, HEIGHT, dtype=np.float32)[:, None, None]
    ground = TOP + (BOTTOM - TOP) * fall
    near = fallen(cover, 2, 4 * scale, (2 * scale, 4 * scale))
    far = fallen(cover, 4, 18 * scale, (7 * scale, 15 * scale))
    dark = (1 - 0.2 * near) * (1 - 0.24 * far)
    return np.asarray(ground * dark[..., None] * (1 - cover[..., None]) + color, np.float32)


def fallen(cover: Grey, coarse: int, blur: float, move: tuple[float, float]) -> Grey:
    """A shadow (800×600, 0..1): the cover blurred and moved, by pixels; `coarse` times smaller meanwhile, for speed."""
    small = cv2.resize(cover, (WIDTH // coarse, HEIGHT // coarse), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), blur / coarse)
    place = np.array([[1, 0, move[0] / coarse], [0, 1, move[1] / coarse]])
    soft = cv2.warpAffine(soft, place, small.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(soft, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR), np.float32)
