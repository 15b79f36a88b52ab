"""Pictures as they arrive: their size read from the header before anything is decoded."""

import cv2
import numpy as np
from numpy.typing import NDArray

from serve_app.contract import Mask
from serve_app.errors import ModelServerError

Image = NDArray[np.uint8]

MASKED_FILL = 127
CROP_MARGIN_SHARE = 0.05

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
JPEG_SIGNATURE = b"\xff\xd8"
# Start-of-frame markers of JPEG (ITU-T T.81, table B.1); C4, C8 and CC are other things.
JPEG_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Markers that stand alone, without a length: TEM, RST0..7, SOI, EOI, and fill bytes.
JPEG_BARE_MARKERS = frozenset({0x01, *range(0xD0, 0xDA), 0xFF})


def picture_size(data: bytes) -> tuple[int, int]:
    """(width, height) from the header of a JPEG or PNG, before any rotation; raises `bad_image`."""
    if data.startswith(PNG_SIGNATURE) and data[12:16] == b"IHDR" and len(data) >= 24:
        return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    if data.startswith(JPEG_SIGNATURE):
        at = 2
        while at + 9 <= len(data) and data[at] == 0xFF:
            marker = data[at + 1]
            if marker in JPEG_FRAME_MARKERS:
                return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
            if marker == 0xFF:
                at += 1
            elif marker in JPEG_BARE_MARKERS:
                at += 2
            else:
                at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
    raise ModelServerError("bad_image", f"the {len(data)} bytes are neither a JPEG nor a PNG; send one of these")


def read_picture(data: bytes, max_pixels: int) -> Image:
    """The picture as H×W×3 RGB, turned as its EXIF says; raises `bad_image` or `too_many_pixels`."""
    width, height = picture_size(data)
    if width * height > max_pixels:
        raise ModelServerError(
            "too_many_pixels",
            f"the picture is {width}×{height}, over the limit of {max_pixels} pixels; send it smaller",
        )
    try:
        decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    except cv2.error as error:
        raise ModelServerError("bad_image", f"the {width}×{height} picture cannot be decoded; send it again") from error
    if decoded is None:
        raise ModelServerError("bad_image", f"the {width}×{height} picture is damaged and cannot be decoded")
    return np.asarray(decoded, np.uint8)


def fit_size(width: int, height: int, long_side_px: int, multiple: int) -> tuple[int, int]:
    """(width, height) with the long side near `long_side_px`, both multiples of `multiple`, the aspect nearly kept."""
    scale = long_side_px / max(width, height)
    return (
        max(multiple, round(width * scale / multiple) * multiple),
        max(multiple, round(height * scale / multiple) * multiple),
    )


def letterbox(picture: Image, side_px: int, fill: int = 127) -> Image:
    """The picture scaled into the middle of a grey square."""
    height, width = picture.shape[:2]
    scale = side_px / max(height, width)
    inner_w, inner_h = max(1, round(width * scale)), max(1, round(height * scale))
    square = np.full((side_px, side_px, 3), fill, np.uint8)
    left, top = (side_px - inner_w) // 2, (side_px - inner_h) // 2
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    inner = cv2.resize(picture, (inner_w, inner_h), interpolation=interpolation)
    square[top : top + inner_h, left : left + inner_w] = inner
    return square


def crop_masked(picture: Image, mask: Mask) -> Image:
    """What a mask (H×W, not empty) covers of a picture, with a small margin, on grey."""
    ys, xs = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    margin = 1 + int(CROP_MARGIN_SHARE * max(ys[-1] - ys[0], xs[-1] - xs[0]))
    rows = slice(max(0, ys[0] - margin), ys[-1] + 1 + margin)
    columns = slice(max(0, xs[0] - margin), xs[-1] + 1 + margin)
    seen = np.ascontiguousarray(picture[rows, columns])
    covered = np.ascontiguousarray(mask[rows, columns]).view(np.uint8)
    return np.asarray(cv2.copyTo(seen, covered, np.full_like(seen, MASKED_FILL)), np.uint8)
