"""From pictures as they arrive to the results that leave: what a replica does with one batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from serve_app.batches import run_good
from serve_app.contract import (
    Detection,
    FrameError,
    FrameResult,
    FramesOptions,
    Mask,
    Rle,
    Vector,
    decode_rle,
    encode_rle,
    encode_vector,
)
from serve_app.errors import ModelServerError
from serve_app.models.garments import Garment
from serve_app.models.pictures import Image, read_picture
from serve_app.models.rows import LoadedModels

MASKED_FILL = 127
CROP_MARGIN_SHARE = 0.05


@dataclass(frozen=True)
class FrameJob:
    """One frame of a request: its position there, its JPEG or PNG, and what is asked of it."""

    index: int
    data: bytes
    options: FramesOptions


@dataclass(frozen=True)
class ImageJob:
    """One picture to embed; with a mask, what lies outside it is grey."""

    data: bytes
    mask: Rle | None = None


@dataclass(frozen=True)
class SeenFrame:
    """A frame and the garments that are told of it."""

    job: FrameJob
    picture: Image
    garments: tuple[Garment, ...]

    @property
    def n_crops(self) -> int:
        """How many pictures of it are to be embedded: the whole and each garment, if vectors are asked for."""
        return 1 + len(self.garments) if self.job.options.with_vectors else 0

    def crops(self) -> list[Image]:
        """The pictures to embed: the whole frame, then each garment alone."""
        if not self.job.options.with_vectors:
            return []
        return [self.picture, *(crop_masked(self.picture, garment.mask) for garment in self.garments)]


def look_at_frames(models: LoadedModels, jobs: Sequence[FrameJob], max_pixels: int) -> list[FrameResult]:
    """One result per job, in their order; a frame that fails carries its error and harms no other.

    The crops of all frames are embedded together, so that few garments a frame still fill a forward pass.
    """
    pictures = [try_read(job.data, max_pixels) for job in jobs]
    found = run_good(models.find_garments, pictures)
    seen = [keep_garments(*parts) for parts in zip(jobs, pictures, found, strict=True)]
    crops = [crop for frame in seen for crop in (frame.crops() if isinstance(frame, SeenFrame) else ())]
    vectors = iter(run_good(lambda batch: list(models.embed_images(batch)), crops))
    return [
        describe_frame(models, frame, list(islice(vectors, frame.n_crops))) if isinstance(frame, SeenFrame) else frame
        for frame in seen
    ]


def keep_garments(
    job: FrameJob, picture: Image | ModelServerError, garments: Sequence[Garment] | ModelServerError
) -> SeenFrame | FrameResult:
    """A frame with those of its garments that are sure enough, or the result of one that failed."""
    if isinstance(picture, ModelServerError):
        return FrameResult(index=job.index, error=wire_error(picture))
    if isinstance(garments, ModelServerError):
        return FrameResult(index=job.index, error=wire_error(garments))
    return SeenFrame(job, picture, tuple(one for one in garments if one.score >= job.options.min_score))


def describe_frame(models: LoadedModels, frame: SeenFrame, vectors: Sequence[Vector | ModelServerError]) -> FrameResult:
    """One frame as it goes over the wire, by the vectors of its crops."""
    known = [None if isinstance(vector, ModelServerError) else vector for vector in vectors]
    whole, *alone = known or [None] * (1 + len(frame.garments))
    return FrameResult(
        index=frame.job.index,
        width=frame.picture.shape[1],
        height=frame.picture.shape[0],
        vector=None if whole is None else encode_vector(whole),
        detections=tuple(
            Detection(
                box=garment.box_xyxy,
                label=garment.label,
                score=garment.score,
                mask=encode_rle(garment.mask) if frame.job.options.with_masks else None,
                vector=None if vector is None else encode_vector(vector),
                wearer=garment.wearer,
                attributes=() if vector is None else models.read_attributes(garment.label, vector),
            )
            for garment, vector in zip(frame.garments, alone, strict=True)
        ),
    )


def embed_pictures(models: LoadedModels, jobs: Sequence[ImageJob], max_pixels: int) -> list[Vector | FrameError]:
    """A unit vector per job, or its error, in their order."""
    pictures = [try_crop(job, max_pixels) for job in jobs]
    return [
        wire_error(vector) if isinstance(vector, ModelServerError) else vector
        for vector in run_good(lambda batch: list(models.embed_images(batch)), pictures)
    ]


def try_read(data: bytes, max_pixels: int) -> Image | ModelServerError:
    """The picture, or why it cannot be read."""
    try:
        return read_picture(data, max_pixels)
    except ModelServerError as error:
        return error


def try_crop(job: ImageJob, max_pixels: int) -> Image | ModelServerError:
    """The picture of a job, cut to its mask if it has one, or why that cannot be done."""
    picture = try_read(job.data, max_pixels)
    if job.mask is None or isinstance(picture, ModelServerError):
        return picture
    size = (picture.shape[0], picture.shape[1])
    if job.mask.size != size:
        return ModelServerError("bad_request", f"the mask has size {job.mask.size}; its picture has {size}")
    try:
        mask = decode_rle(job.mask)
    except ValueError as error:
        return ModelServerError("bad_request", f"the mask cannot be decoded: {error}")
    return crop_masked(picture, mask) if mask.any() else ModelServerError("bad_request", "the mask is empty")


def crop_masked(picture: Image, mask: Mask) -> Image:
    """What a mask (H×W, not empty) covers of a picture, with a small margin, on grey."""
    ys, xs = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    margin = 1 + int(CROP_MARGIN_SHARE * max(ys[-1] - ys[0], xs[-1] - xs[0]))
    rows = slice(max(0, ys[0] - margin), ys[-1] + 1 + margin)
    columns = slice(max(0, xs[0] - margin), xs[-1] + 1 + margin)
    return np.where(mask[rows, columns, None], picture[rows, columns], np.uint8(MASKED_FILL))


def wire_error(error: ModelServerError) -> FrameError:
    """An error as it goes over the wire beside results."""
    return FrameError(code=error.code, message=error.message)
