"""A catalogue whose truth is known: the garments of photos, each cut out along its human mask and put on white."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from catalog_jobs.evaluate.data.crops import MIN_SHARE, MIN_SHARE_OF_SMALL, SMALL_TYPES, box_with_margin
from catalog_jobs.evaluate.data.labelled import LabelledFolder, LabelledPhoto
from catalog_jobs.evaluate.data.views import WHITE
from catalog_jobs.parser.photos import Groups
from functions.tagging.color import ItemColor, cloth_color, name_color
from functions.tagging.taxonomy import NOT_ITEMS
from serve_app.contract import Mask
from serve_app.models.pictures import Image, crop_masked


@dataclass(frozen=True)
class Offer:
    """One product: all that one photo shows of one type, both shoes as one. picture, mask: its box with the margin of a
    crop, H×W×3 and H×W, white where the mask is not. color: as a catalogue's cut-outs are measured.
    """

    photo: str
    type: str
    color: ItemColor | None
    picture: Image
    mask: Mask

    @property
    def product_id(self) -> str:
        """The photo and the type."""
        return f"{self.photo}/{self.type}"

    @property
    def served(self) -> Image:
        """As it is embedded: cut out on grey."""
        return crop_masked(self.picture, self.mask)


def offers(folder: LabelledFolder) -> Iterator[Offer]:
    """The garments of all photos that are large enough for their type."""
    for photo in folder.read():
        yield from _offers_of(photo, folder.groups)


def _offers_of(photo: LabelledPhoto, groups: Groups) -> Iterator[Offer]:
    group_of = groups.fold(photo.labels)
    for index, kind in enumerate(groups.names):
        whole = group_of == index
        share = MIN_SHARE_OF_SMALL if kind in SMALL_TYPES else MIN_SHARE
        if kind in NOT_ITEMS or np.count_nonzero(whole) <= share * whole.size:
            continue
        rows, columns = box_with_margin(whole)
        mask = whole[rows, columns].copy()
        picture = np.where(mask[..., None], photo.pixels[rows, columns], np.uint8(WHITE))
        cloth = cloth_color(picture, mask)
        yield Offer(photo.name, kind, name_color(cloth) if cloth else None, picture, mask)
