"""Another look at a cut-out, so gently changed that every word said of it stays true, its colour above all."""

from typing import Final

import numpy as np

from serve_app.models.pictures import MASKED_FILL, Image

# Of each side what is kept at least; light, contrast and colourfulness change by these shares at most, which together
# move no named colour by half of what parts neighbouring ones (CIEDE2000 of 9).
LEAST_SIDE_SHARE: Final = 0.85
LIGHT, CONTRAST, COLORFULNESS = 0.05, 0.05, 0.06
# Rec. 601, as JPEG has it.
LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)


def gentle_view(picture: Image, rng: np.random.Generator) -> Image:
    """A window of the picture, perhaps mirrored, in slightly other light; the grey around the garment stays."""
    height, width = picture.shape[:2]
    window_h, window_w = (max(1, round(side * rng.uniform(LEAST_SIDE_SHARE, 1))) for side in (height, width))
    top, left = int(rng.integers(0, height - window_h + 1)), int(rng.integers(0, width - window_w + 1))
    part = picture[top : top + window_h, left : left + window_w]
    if rng.random() < 0.5:
        part = part[:, ::-1]
    light, contrast, colorfulness = (1 + rng.uniform(-most, most) for most in (LIGHT, CONTRAST, COLORFULNESS))
    return relit(part, light, contrast, colorfulness)


def relit(picture: Image, light: float, contrast: float, colorfulness: float) -> Image:
    """Other light, contrast and colourfulness (1 leaves each as it is); the ground of crops keeps its grey."""
    is_ground = (picture == MASKED_FILL).all(2)
    if is_ground.all():
        return np.ascontiguousarray(picture)
    pixels = picture.astype(np.float32) * light
    luma = (pixels @ LUMA)[..., None]
    middle = luma[~is_ground].mean()
    # Contrast is that of light and shade; of the channels among each other it would be colourfulness once more.
    pixels = (luma - middle) * contrast + middle + (pixels - luma) * colorfulness
    changed = np.clip(pixels + 0.5, 0, 255).astype(np.uint8)
    return np.where(is_ground[..., None], np.uint8(MASKED_FILL), changed)
