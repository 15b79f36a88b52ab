"""Other views of one garment, made by code: closer, larger or smaller, in other light, less sharp, on other grounds."""

from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from catalog_jobs.evaluate.data.crops import Crop
from serve_app.contract import Mask
from serve_app.models.pictures import Image, crop_masked

Style = Literal["grey", "white", "photo", "hidden"]

LEAST_AREA_SHARE: Final = 0.5
MOST_STRETCH: Final = 1.15
SCALES: Final = (0.8, 1.2)
LIGHTS: Final = (0.7, 1.3)
MOST_BLUR_PX: Final = 1.5
# Of a garment, some must be in the view; a crop of half the box of a belt may else show none of it.
LEAST_MASK_SHARE: Final = 0.3
TRIES: Final = 20
HIDDEN_SHARES: Final = (0.2, 0.4)
LEAST_SIDE_PX: Final = 8
WHITE: Final = 255


def view_of_crop(crop: Crop, style: Style, rng: np.random.Generator) -> Image:
    """A random view of a garment in one of the styles: cut out on grey as served, on white, with its surroundings, or
    cut out on grey with a fifth to two fifths of it hidden.
    """
    mask = hide_side(crop.mask, rng) if style == "hidden" else crop.mask
    pixels, mask = random_view(crop.pixels, mask, rng)
    if style == "photo" or not mask.any():
        return pixels
    if style == "white":
        return np.where(mask[..., None], pixels, np.uint8(WHITE))
    return crop_masked(pixels, mask)


def view_of_picture(picture: Image, rng: np.random.Generator) -> Image:
    """A random view of a whole picture."""
    return random_view(picture, np.ones(picture.shape[:2], np.bool_), rng)[0]


def random_view(pixels: Image, mask: Mask, rng: np.random.Generator) -> tuple[Image, Mask]:
    """A view of half to all of the area, ±20 % in scale, ±30 % in light, blurred by up to 1.5 pixels."""
    rows, columns = random_window(mask, rng)
    scale = rng.uniform(*SCALES)
    light, blur_px = rng.uniform(*LIGHTS), rng.uniform(0, MOST_BLUR_PX)
    seen = pixels[rows, columns]
    size_wh = tuple(max(LEAST_SIDE_PX, round(side * scale)) for side in (seen.shape[1], seen.shape[0]))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    scaled = cv2.resize(seen, size_wh, interpolation=interpolation)
    mask_seen = cv2.resize(mask[rows, columns].astype(np.uint8), size_wh, interpolation=cv2.INTER_NEAREST) > 0
    lit = np.clip(scaled.astype(np.float32) * light, 0, 255).astype(np.uint8)
    soft = cv2.GaussianBlur(lit, (0, 0), blur_px) if blur_px > 0.1 else lit
    return np.asarray(soft, np.uint8), np.asarray(mask_seen)


def random_window(mask: Mask, rng: np.random.Generator) -> tuple[slice, slice]:
    """Rows and columns of a part of the picture that shows enough of the mask; all of it if none is found."""
    height, width = mask.shape
    total = max(int(np.count_nonzero(mask)), 1)
    for _ in range(TRIES):
        area, stretch = rng.uniform(LEAST_AREA_SHARE, 1), float(np.exp(rng.uniform(-1, 1) * np.log(MOST_STRETCH)))
        h = min(height, max(1, round(height * np.sqrt(area) * stretch)))
        w = min(width, max(1, round(area * height * width / h)))
        top, left = int(rng.integers(0, height - h + 1)), int(rng.integers(0, width - w + 1))
        if np.count_nonzero(mask[top : top + h, left : left + w]) >= LEAST_MASK_SHARE * total:
            return slice(top, top + h), slice(left, left + w)
    return slice(0, height), slice(0, width)


def hide_side(mask: Mask, rng: np.random.Generator) -> Mask:
    """The mask without a strip along one of its four sides, as an arm or another person would cover it."""
    axis, is_far_side = int(rng.integers(2)), bool(rng.integers(2))
    ends = np.flatnonzero(mask.any(1 - axis))
    first, last = int(ends[0]), int(ends[-1])
    depth = round(rng.uniform(*HIDDEN_SHARES) * (last - first + 1))
    strip = slice(last + 1 - depth, last + 1) if is_far_side else slice(first, first + depth)
    visible = mask.copy()
    visible[(strip, slice(None)) if axis == 0 else (slice(None), strip)] = False
    return visible if visible.any() else mask


def photo_view(
    pixels: Image, groups: NDArray[np.uint8], size_wh: tuple[int, int], rng: np.random.Generator | None
) -> tuple[Image, NDArray[np.uint8]]:
    """A frame of a reel cut from a photo, with its group image: as large as fits in the middle, or, with a generator,
    closer (60 to 95 % of that), elsewhere and in other light.
    """
    width, height = size_wh
    photo_h, photo_w = groups.shape
    fit = min(photo_w / width, photo_h / height)
    zoom, light, shift_x, shift_y = 1.0, 1.0, 0.5, 0.5
    if rng is not None:
        zoom, light = rng.uniform(0.6, 0.95), rng.uniform(0.8, 1.2)
        shift_x, shift_y = rng.uniform(0.25, 0.75), rng.uniform(0.1, 0.9)
    w, h = int(width * fit * zoom), int(height * fit * zoom)
    left, top = round((photo_w - w) * shift_x), round((photo_h - h) * shift_y)
    seen, truth = pixels[top : top + h, left : left + w], groups[top : top + h, left : left + w]
    frame = cv2.resize(seen, size_wh, interpolation=cv2.INTER_AREA if w > width else cv2.INTER_LINEAR)
    lit = np.clip(frame.astype(np.float32) * light, 0, 255).astype(np.uint8)
    return lit, np.asarray(cv2.resize(truth, size_wh, interpolation=cv2.INTER_NEAREST), np.uint8)
