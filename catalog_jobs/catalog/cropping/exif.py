"""Which way up a picture is, by its EXIF: OpenCV turns what it decodes, but not where it keeps transparency."""

from collections.abc import Sequence
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

# Of TIFF 6.0: the tag, and a field's bytes (tag, type, count, value).
ORIENTATION_TAG: Final = 0x0112
FIELD_BYTES: Final = 12
# What makes pictures of orientation 2 to 8 (EXIF 2.3, 4.6.4.A) upright: a turn, then a flip (1 across, 0 down).
TURNS: Final[dict[int, tuple[int | None, int | None]]] = {
    2: (None, 1),
    3: (cv2.ROTATE_180, None),
    4: (None, 0),
    5: (cv2.ROTATE_90_CLOCKWISE, 1),
    6: (cv2.ROTATE_90_CLOCKWISE, None),
    7: (cv2.ROTATE_90_COUNTERCLOCKWISE, 1),
    8: (cv2.ROTATE_90_COUNTERCLOCKWISE, None),
}


def orientation_of(kinds: Sequence[int], told: Sequence[NDArray[np.uint8]]) -> int:
    """The orientation, 1 to 8, in what OpenCV read beside a picture; 1 where nothing is said."""
    for kind, data in zip(kinds, told, strict=False):
        if int(kind) == cv2.IMAGE_METADATA_EXIF:
            return read_orientation(data.tobytes())
    return 1


def read_orientation(exif: bytes) -> int:
    """The orientation, 1 to 8, in the first directory of EXIF's TIFF; 1 where there is none, or it is broken."""
    block = exif.removeprefix(b"Exif\0\0")
    if block[:4] not in (b"II*\0", b"MM\0*"):
        return 1
    order = "little" if block[:2] == b"II" else "big"
    start = int.from_bytes(block[4:8], order)  # type: ignore[arg-type]
    count = int.from_bytes(block[start : start + 2], order)  # type: ignore[arg-type]
    for at in range(start + 2, min(start + 2 + count * FIELD_BYTES, len(block) - FIELD_BYTES + 1), FIELD_BYTES):
        if int.from_bytes(block[at : at + 2], order) == ORIENTATION_TAG:  # type: ignore[arg-type]
            value = int.from_bytes(block[at + 8 : at + 10], order)  # type: ignore[arg-type]
            return value if 1 <= value <= 8 else 1
    return 1


def turned(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """The picture upright."""
    turn, flip = TURNS.get(orientation, (None, None))
    pixels = pixels if turn is None else np.asarray(cv2.rotate(pixels, turn))
    return pixels if flip is None else np.asarray(cv2.flip(pixels, flip))
