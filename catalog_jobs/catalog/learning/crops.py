"""A cut-out from its file, as the model server shows it to an embedder: the garment alone on grey."""

from pathlib import Path
from typing import Final

import cv2
import numpy as np

from serve_app.models.pictures import CROP_MARGIN_SHARE, MASKED_FILL, Image

# Less than this shows no garment.
LEAST_SIDE_PX: Final = 8
MOST_PIXELS: Final = 40_000_000


class BadCrop(ValueError):
    """A cut-out that nothing can be learnt from. reason: no_file, damaged, too_small or empty."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_crop(path: Path) -> Image:
    """RGB (H×W×3) of a picture file. Raises BadCrop.

    Of one with transparency what is seen with a small margin, on the grey that crops lie on: as items of videos are
    shown to an embedder, see `serve_app.models.pictures.crop_masked`.
    """
    try:
        data = np.fromfile(path, np.uint8)
    except OSError as fault:
        raise BadCrop("no_file") from fault
    try:
        decoded = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if data.size else None
    except cv2.error as fault:
        raise BadCrop("damaged") from fault
    if decoded is None or decoded.dtype != np.uint8 or decoded.shape[0] * decoded.shape[1] > MOST_PIXELS:
        raise BadCrop("damaged")
    if min(decoded.shape[:2]) < LEAST_SIDE_PX:
        raise BadCrop("too_small")
    pixels = np.asarray(decoded[..., None].repeat(3, 2) if decoded.ndim == 2 else decoded, np.uint8)
    return np.ascontiguousarray((on_grey(pixels) if pixels.shape[2] == 4 else pixels)[..., ::-1])


def on_grey(pixels: Image) -> Image:
    """What is seen of a picture with transparency (H×W×4), its edges mixed with grey. Raises BadCrop if nothing is."""
    is_seen = pixels[..., 3] > 0
    if not is_seen.any():
        raise BadCrop("empty")
    rows, columns = (np.flatnonzero(is_seen.any(axis)) for axis in (1, 0))
    part = pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    cover = part[..., 3:].astype(np.uint16)
    mixed = (part[..., :3] * cover + MASKED_FILL * (255 - cover) + 127) // 255
    margin = 1 + int(CROP_MARGIN_SHARE * max(part.shape[:2]))
    sides = ((margin, margin), (margin, margin), (0, 0))
    return np.pad(mixed.astype(np.uint8), sides, constant_values=MASKED_FILL)
