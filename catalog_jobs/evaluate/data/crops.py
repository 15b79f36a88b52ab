"""Garments cut from photos with label images, each with its type and the colour of its own pixels."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import cv2
import numpy as np

from catalog_jobs.evaluate.data.labelled import LabelledFolder, LabelledPhoto
from catalog_jobs.parser.photos import Groups
from functions.tagging.color import cloth_color, name_color
from functions.tagging.taxonomy import NOT_ITEMS
from serve_app.contract import Mask
from serve_app.models.pictures import CROP_MARGIN_SHARE, Image, crop_masked

MIN_SHARE: Final = 0.003
SMALL_TYPES: Final = frozenset({"eyewear", "belt", "jewelry", "hat", "scarf", "shoes"})
MIN_SHARE_OF_SMALL: Final = 0.0003


@dataclass(frozen=True)
class Crop:
    """One connected piece of a garment. pixels, mask: the piece's box with the server's margin, H×W×3 and H×W.

    number: of the piece in its photo. color: a basic colour, None where nothing can be measured.
    """

    photo: str
    type: str
    number: int
    color: str | None
    pixels: Image
    mask: Mask

    @property
    def garment(self) -> str:
        """What the piece belongs to: both shoes of a photo are one garment."""
        return f"{self.photo}/{self.type}"

    @cached_property
    def served(self) -> Image:
        """The piece on grey, as the server cuts it out."""
        return crop_masked(self.pixels, self.mask)

    @property
    def words(self) -> tuple[str, str | None]:
        """Type and colour."""
        return self.type, self.color


def cut_garments(folder: LabelledFolder) -> list[Crop]:
    """The garments of all photos; raises ValueError if there is none."""
    crops = [crop for photo in folder.read() for crop in cut_photo(photo, folder.groups)]
    if not crops:
        raise ValueError(
            f"no garment was found in {len(folder)} label images of {folder.pairs[0][1].parent}; "
            "check that --labels and --groups belong to them"
        )
    return crops


def cut_photo(photo: LabelledPhoto, groups: Groups) -> Iterator[Crop]:
    """The garments of one photo: every connected piece of a garment group that is large enough for its type."""
    group_of = groups.fold(photo.labels)
    for index, kind in enumerate(groups.names):
        if kind in NOT_ITEMS:
            continue
        share = MIN_SHARE_OF_SMALL if kind in SMALL_TYPES else MIN_SHARE
        for number, piece in enumerate(pieces(group_of == index, share * group_of.size)):
            rows, columns = box_with_margin(piece)
            pixels, mask = photo.pixels[rows, columns], piece[rows, columns]
            cloth = cloth_color(pixels, mask)
            color = name_color(cloth).basic if cloth else None
            yield Crop(photo.name, kind, number, color, pixels.copy(), mask.copy())


def pieces(mask: Mask, min_area_px: float) -> Iterable[Mask]:
    """The connected pieces of a mask that are of this size or larger."""
    n_pieces, piece_of, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    return [piece_of == piece for piece in range(1, n_pieces) if stats[piece, cv2.CC_STAT_AREA] > min_area_px]


def box_with_margin(mask: Mask) -> tuple[slice, slice]:
    """Rows and columns of a mask's box with the margin of `serve_app.models.pictures.crop_masked`."""
    ys, xs = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    margin = 1 + int(CROP_MARGIN_SHARE * max(ys[-1] - ys[0], xs[-1] - xs[0]))
    return (
        slice(max(0, int(ys[0]) - margin), int(ys[-1]) + 1 + margin),
        slice(max(0, int(xs[0]) - margin), int(xs[-1]) + 1 + margin),
    )
