"""Pictures of one garment: a plain crop, and the garment alone on nothing."""

import cv2
import numpy as np
from numpy.typing import NDArray

from serve_app.contract import Box, Mask

CROP_PADDING = 0.04
MAX_SIDE_PX = 640
ENCODER_OPTIONS = {".jpg": [cv2.IMWRITE_JPEG_QUALITY, 90], ".png": [cv2.IMWRITE_PNG_COMPRESSION, 4]}


def plain_crop(pixels: NDArray[np.uint8], box: Box) -> bytes:
    """JPEG of the box with a margin of 4 % of its longer side, no side over MAX_SIDE_PX."""
    margin = CROP_PADDING * max(box[2] - box[0], box[3] - box[1])
    padded = (box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin)
    crop = shrink(cut(pixels, padded))
    return encode(".jpg", np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2BGR), np.uint8))


def masked_crop(pixels: NDArray[np.uint8], mask: Mask, box: Box) -> bytes:
    """PNG with alpha of the box: opaque inside the mask (H×W), its edge feathered over one pixel."""
    alpha = shrink(cut(mask.astype(np.uint8) * 255, box))
    soft = cv2.GaussianBlur(alpha, (3, 3), 0)
    crop = shrink(cut(pixels, box))
    return encode(".png", np.dstack([cv2.cvtColor(crop, cv2.COLOR_RGB2BGR), soft]))


def cut(pixels: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """The pixels that a box touches, inside the picture."""
    height, width = pixels.shape[:2]
    x0, y0 = max(0, int(np.floor(box[0]))), max(0, int(np.floor(box[1])))
    return pixels[y0 : min(height, int(np.ceil(box[3]))), x0 : min(width, int(np.ceil(box[2])))]


def shrink(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture with no side over MAX_SIDE_PX."""
    height, width = pixels.shape[:2]
    scale = MAX_SIDE_PX / max(height, width)
    if scale >= 1:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def encode(suffix: str, pixels: NDArray[np.uint8]) -> bytes:
    """The picture as a file of the kind that the suffix names."""
    _, data = cv2.imencode(suffix, pixels, ENCODER_OPTIONS[suffix])
    return bytes(data)
