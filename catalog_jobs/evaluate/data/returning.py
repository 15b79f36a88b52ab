"""Reels with returning shots, made of photos whose truth is known: some photos come back closer and in other light."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from catalog_jobs.evaluate.data.labelled import LabelledFolder, LabelledPhoto
from catalog_jobs.evaluate.data.views import photo_view
from serve_app.models.pictures import Image

PHOTOS_A_REEL: Final = 5
RETURNING: Final = 2
FRAME_WH: Final = (432, 768)


@dataclass(frozen=True)
class Shot:
    """One frame that stands for a shot. groups: its group image (H×W) in the folder's numbering."""

    photo: str
    frame: Image
    groups: NDArray[np.uint8]


def returning_reels(folder: LabelledFolder, seed: int) -> Iterator[tuple[str, list[Shot]]]:
    """Name and shots of each reel: five photos, then two of them again, not next to themselves; every photo in one
    reel, those that are left over in none. Raises ValueError for fewer photos than one reel needs.
    """
    if len(folder) < PHOTOS_A_REEL:
        raise ValueError(f"a reel is made of {PHOTOS_A_REEL} photos, and {len(folder)} were given; give more --photos")
    rng = np.random.default_rng([seed, 1])
    order = rng.permutation(len(folder)).tolist()
    for number in range(len(folder) // PHOTOS_A_REEL):
        chosen = order[number * PHOTOS_A_REEL : (number + 1) * PHOTOS_A_REEL]
        pairs = tuple(folder.pairs[index] for index in chosen)
        photos = list(LabelledFolder(pairs, folder.groups).read())
        again = rng.permutation(PHOTOS_A_REEL - 1)[:RETURNING].tolist()
        shots = [shot_of(photo, folder, None) for photo in photos]
        yield f"returning_{number:03d}", shots + [shot_of(photos[index], folder, rng) for index in again]


def shot_of(photo: LabelledPhoto, folder: LabelledFolder, rng: np.random.Generator | None) -> Shot:
    """A photo as a frame; with a generator, as it looks when it comes back."""
    frame, groups = photo_view(photo.pixels, folder.groups.fold(photo.labels), FRAME_WH, rng)
    return Shot(photo.name, frame, groups)
