"""Contact sheets: the pictures of all points as square tiles of a few JPEGs, which a page can carry."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from catalog_jobs.catalog.plotting.gallery import WHITE, Image

QUALITY: Final = 76
# A canvas of phones takes pictures of 4096 pixels a side; half of it is decoded sooner.
SHEET_SIDE_PX: Final = 2048
# The side of a tile by how many there are: what a page may weigh is shared among them.
TILE_SIDES_PX: Final = ((400, 160), (1_200, 128), (3_000, 96), (8_000, 64))
LEAST_TILE_PX: Final = 48
NO_TILE: Final = -1


@dataclass(frozen=True)
class Contacts:
    """Sheets of tiles. columns: tiles a row, of columns² to a sheet. tiles: of each point, NO_TILE for none."""

    side_px: int
    columns: int
    sheets: tuple[bytes, ...]
    tiles: tuple[int, ...]

    @property
    def bytes(self) -> int:
        """All sheets together."""
        return sum(map(len, self.sheets))

    @property
    def count(self) -> int:
        """How many points have a picture."""
        return sum(tile != NO_TILE for tile in self.tiles)


def tile_side(count: int) -> int:
    """Pixels a side for so many pictures.

    >>> tile_side(150), tile_side(5_000), tile_side(20_000)
    (160, 64, 48)
    """
    return next((side for most, side in TILE_SIDES_PX if count <= most), LEAST_TILE_PX)


def contact_sheets(pictures: Iterable[Image | None], side_px: int) -> Contacts:
    """Pictures (H×W×3 RGB) as tiles in their order; a sheet is packed as soon as it is full, so that memory is flat."""
    columns = SHEET_SIDE_PX // side_px
    sheets: list[bytes] = []
    tiles: list[int] = []
    waiting: list[Image] = []
    count = 0
    for picture in pictures:
        if picture is None:
            tiles.append(NO_TILE)
            continue
        tiles.append(count)
        count += 1
        waiting.append(squared(picture, side_px))
        if len(waiting) == columns * columns:
            sheets.append(_packed(waiting, columns, side_px))
            waiting = []
    if waiting:
        sheets.append(_packed(waiting, columns, side_px))
    return Contacts(side_px, columns, tuple(sheets), tuple(tiles))


def squared(picture: Image, side_px: int) -> Image:
    """A picture in the middle of a white square, as large as it fits."""
    height, width = picture.shape[:2]
    scale = side_px / max(height, width)
    w, h = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(picture, (w, h), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    square = np.full((side_px, side_px, 3), WHITE, np.uint8)
    top, left = (side_px - h) // 2, (side_px - w) // 2
    square[top : top + h, left : left + w] = small
    return square


def _packed(tiles: Sequence[Image], columns: int, side_px: int) -> bytes:
    rows = math.ceil(len(tiles) / columns)
    sheet = np.full((rows * side_px, min(columns, len(tiles)) * side_px, 3), WHITE, np.uint8)
    for number, tile in enumerate(tiles):
        top, left = number // columns * side_px, number % columns * side_px
        sheet[top : top + side_px, left : left + side_px] = tile
    return cv2.imencode(".jpg", sheet[..., ::-1], (cv2.IMWRITE_JPEG_QUALITY, QUALITY))[1].tobytes()
