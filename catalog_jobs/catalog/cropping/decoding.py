"""A product picture as the models see it: upright, on white where it is transparent, no larger than they need."""

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from catalog_jobs.catalog.cropping.exif import orientation_of, turned
from catalog_jobs.catalog.cropping.faults import CutFault, Reason
from catalog_jobs.catalog.cropping.options import MAX_PIXELS
from catalog_jobs.catalog.fetching.content import Content, Format, read_content
from catalog_jobs.catalog.fetching.faults import PictureFault
from serve_app.contract import Mask
from serve_app.models.pictures import Image

# The parser looks at 576 pixels, SAM 2.1 at 1024, and a crop is stored with 640 at most.
LONG_SIDE_PX: Final = 1024
MIN_SIDE_PX: Final = 32
JPEG_QUALITY: Final = 92
# A JPEG is decoded at a half, a quarter or an eighth, for a fraction of the time.
REDUCED: Final = ((8, cv2.IMREAD_REDUCED_COLOR_8), (4, cv2.IMREAD_REDUCED_COLOR_4), (2, cv2.IMREAD_REDUCED_COLOR_2))
OPAQUE: Final = 255


@dataclass(frozen=True)
class Picture:
    """pixels: H×W×3 RGB, the long side LONG_SIDE_PX at most. opaque: H×W, what is not transparent; None where nothing
    is. size_wh: of the file, upright.
    """

    pixels: Image
    opaque: Mask | None
    size_wh: tuple[int, int]

    @property
    def jpeg(self) -> bytes:
        """As it is sent to the models."""
        bgr = cv2.cvtColor(self.pixels, cv2.COLOR_RGB2BGR)
        return bytes(cv2.imencode(".jpg", bgr, (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY))[1])


def read_picture(data: bytes, max_pixels: int = MAX_PIXELS) -> Picture:
    """Decode the bytes of a JPEG, PNG or WebP, of an animation its first picture.

    Raises `wrong_type`, `damaged`, `too_many_pixels` and `too_small`.
    """
    try:
        content = read_content(data, max_pixels)
    except PictureFault as fault:
        raise CutFault(Reason(fault.reason.value), fault.message) from fault
    if min(content.width, content.height) < MIN_SIDE_PX:
        raise CutFault(
            Reason.TOO_SMALL,
            f"the picture is {content.width}×{content.height}; no side may be under {MIN_SIDE_PX} pixels",
        )
    try:
        return _decoded(data, content)
    except cv2.error as fault:
        raise _damaged(content) from fault


def _decoded(data: bytes, content: Content) -> Picture:
    encoded = np.frombuffer(data, np.uint8)
    if content.format is Format.JPEG:
        flag = next((flag for by, flag in REDUCED if max(content.width, content.height) // by >= LONG_SIDE_PX), None)
        pixels = cv2.imdecode(encoded, cv2.IMREAD_COLOR if flag is None else flag)
        if pixels is None:
            raise _damaged(content)
        is_turned = (pixels.shape[1] > pixels.shape[0]) != (content.width > content.height)
    else:
        found, kinds, told = cv2.imdecodeWithMetadata(encoded, cv2.IMREAD_UNCHANGED)
        if found is None or found.size == 0:
            raise _damaged(content)
        orientation = orientation_of(kinds, [np.asarray(one, np.uint8) for one in told])
        pixels, is_turned = turned(found, orientation), orientation > 4
    color, opaque = on_white(np.asarray(pixels))
    size_wh = (content.height, content.width) if is_turned else (content.width, content.height)
    scale = LONG_SIDE_PX / max(color.shape[:2])
    if scale < 1:
        width, height = (max(1, round(side * scale)) for side in (color.shape[1], color.shape[0]))
        color = np.asarray(cv2.resize(color, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
        if opaque is not None:
            opaque = np.asarray(cv2.resize(opaque, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    rgb = np.asarray(cv2.cvtColor(color, cv2.COLOR_BGR2RGB), np.uint8)
    return Picture(rgb, None if opaque is None else np.asarray(opaque > OPAQUE // 2, np.bool_), size_wh)


def on_white(pixels: NDArray[Any]) -> tuple[Image, NDArray[np.uint8] | None]:
    """Any picture that OpenCV decodes (grey, colour, with alpha; 8 or 16 bits) as BGR before white, and its alpha
    (H×W) where some of it is transparent.
    """
    if pixels.dtype == np.uint16:
        pixels = (pixels >> 8).astype(np.uint8)
    if pixels.ndim == 2:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR), np.uint8), None
    color = np.ascontiguousarray(pixels[..., :3], np.uint8)
    if pixels.shape[2] < 4 or pixels[..., 3].min() == OPAQUE:
        return color, None
    alpha = np.ascontiguousarray(pixels[..., 3], np.uint8)
    weight = cv2.merge([alpha, alpha, alpha])
    seen = cv2.add(cv2.multiply(color, weight, scale=1 / OPAQUE), cv2.bitwise_not(weight))
    return np.asarray(seen, np.uint8), alpha


def _damaged(content: Content) -> CutFault:
    what = f"the {content.format.name} of {content.width}×{content.height} pixels"
    return CutFault(Reason.DAMAGED, f"{what} is damaged and cannot be decoded; fetch it again")
