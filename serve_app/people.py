"""The people in pictures, each alone on white: what a replica does with one batch, and what leaves it."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2

from serve_app.batches import run_good
from serve_app.contract import PeopleResult, Person, encode_rle
from serve_app.errors import ModelServerError
from serve_app.frames import FrameJob, wire_error
from serve_app.models.pictures import Image
from serve_app.models.rows import CutOut, FindsPeople, LoadedModels, Picture

# Colour at full resolution, or it would bleed from the outline into the white.
JPEG_SETTINGS: Final = (
    *(cv2.IMWRITE_JPEG_QUALITY, 95),
    *(cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444),
)
# libjpeg's JPEG_MAX_DIMENSION.
MAX_JPEG_SIDE_PX: Final = 65500


@dataclass(frozen=True)
class Crowd:
    """What the models said of a picture, which needs them no more: its size, and its people or why there are none."""

    index: int
    size_wh: tuple[int, int]
    people: Sequence[CutOut] | ModelServerError

    def encode(self) -> PeopleResult:
        """The result with masks and pictures as they go over the wire, which takes no device."""
        try:
            if isinstance(self.people, ModelServerError):
                raise self.people
            people = tuple(
                Person(box=one.box_xyxy, mask=encode_rle(one.mask), picture=encode_jpeg(one.picture))
                for one in self.people
            )
        except ModelServerError as error:
            return PeopleResult(index=self.index, error=wire_error(error))
        return PeopleResult(index=self.index, width=self.size_wh[0], height=self.size_wh[1], people=people)


def people_finder_of(models: LoadedModels[Picture]) -> FindsPeople[Picture]:
    """The family, if it has a model that finds people; raises `no_people_finder`."""
    if isinstance(models, FindsPeople) and any(row.role == "people" for row in models.describe()):
        return models
    raise ModelServerError(
        "no_people_finder",
        "REELWEAR_PEOPLE is empty; name a model such as rf-detr-seg-small of `reelwear models list`, beside a large "
        "detector",
    )


def find_people(models: FindsPeople[Picture], jobs: Sequence[FrameJob]) -> list[Crowd]:
    """The people of each job's picture, in their order; a picture that fails carries its error and harms no other."""
    held = [job.picture if isinstance(job.picture, ModelServerError) else models.take(job.picture) for job in jobs]
    found = run_good(models.find_people, held)
    return [Crowd(job.index, job.size_wh, people) for job, people in zip(jobs, found, strict=True)]


def encode_jpeg(picture: Image) -> str:
    """An RGB picture as base64 of a JPEG; raises `too_many_pixels` for one that JPEG has no room for."""
    height, width = picture.shape[:2]
    if max(height, width) > MAX_JPEG_SIDE_PX:
        raise ModelServerError(
            "too_many_pixels",
            f"a person is {width}×{height} pixels, over JPEG's limit of {MAX_JPEG_SIDE_PX} a side; send a smaller one",
        )
    data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), JPEG_SETTINGS)[1]
    return base64.b64encode(data.tobytes()).decode("ascii")
