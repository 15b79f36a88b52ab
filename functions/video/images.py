"""Still pictures: measured by their headers, then decoded upright, transparency on white."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from functions.video.containers import PNG_START, Form
from functions.video.probe import check_pixels
from infra.errors import ErrorCode, ReelwearError

if TYPE_CHECKING:
    from infra.settings import VideoSettings

# Start-of-frame markers of JPEG: 0xC0-0xCF without the tables DHT (C4), JPG (C8) and DAC (CC).
JPEG_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
JPEG_BARE = {0x01, *range(0xD0, 0xD9)}
JPEG_END = b"\xff\xd9"
PNG_END = b"IEND"


def read_image(path: Path, form: Form, settings: VideoSettings) -> NDArray[np.uint8]:
    """The picture as BGR, HxWx3, turned as its EXIF says. Raises truncated, too_many_pixels and not_media."""
    data = path.read_bytes()
    size = _png_size(data) if form is Form.PNG else _jpeg_size(data)
    if size is None:
        raise ReelwearError(ErrorCode.TRUNCATED, f"the {form.value} ends after {len(data)} bytes, within its header")
    check_pixels(*size, settings)
    if data.rfind(PNG_END if form is Form.PNG else JPEG_END) < 0:
        raise ReelwearError(ErrorCode.TRUNCATED, f"the {form.value} ends after {len(data)} bytes, before its end mark")
    encoded = np.frombuffer(data, np.uint8)
    flags = cv2.IMREAD_UNCHANGED if form is Form.PNG else cv2.IMREAD_COLOR
    pixels = cv2.imdecode(encoded, flags)
    if pixels is None:
        raise ReelwearError(ErrorCode.NOT_MEDIA, f"the file begins as {form.value} but does not decode; it is damaged")
    return on_white(pixels)


def on_white(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Any picture OpenCV decodes (grey, colour, with alpha; 8 or 16 bits) as BGR uint8, seen before white."""
    if pixels.dtype == np.uint16:
        pixels = (pixels >> 8).astype(np.uint8)
    if pixels.ndim == 2:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR), np.uint8)
    if pixels.shape[2] < 4:
        return pixels.astype(np.uint8, copy=False)
    alpha = pixels[..., 3:].astype(np.uint16)
    blended = (pixels[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255
    return blended.astype(np.uint8)


def _png_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in the header chunk (IHDR), which comes first."""
    start = len(PNG_START) + 8
    if len(data) < start + 8:
        return None
    return int.from_bytes(data[start : start + 4], "big"), int.from_bytes(data[start + 4 : start + 8], "big")


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in the first start-of-frame segment."""
    place = 2
    while place + 9 <= len(data):
        if data[place] != 0xFF:
            return None
        marker = data[place + 1]
        if marker in JPEG_FRAMES:
            height, width = (int.from_bytes(data[place + at : place + at + 2], "big") for at in (5, 7))
            return width, height
        if marker == 0xFF:
            place += 1
        elif marker in JPEG_BARE:
            place += 2
        else:
            place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return None
