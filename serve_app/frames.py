"""From pictures as they arrive to the results that leave: what a replica does with one batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Generic

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
from serve_app.models.pictures import Image, crop_masked, read_picture
from serve_app.models.rows import LoadedModels, Picture

Garments = Sequence[Garment] | ModelServerError


@dataclass(frozen=True)
class FrameJob:
    """One frame of a request: its position there, the picture or why it cannot be read, and what is asked of it."""

    index: int
    picture: Image | ModelServerError
    options: FramesOptions

    @classmethod
    def read(cls, index: int, data: bytes, options: FramesOptions, max_pixels: int) -> "FrameJob":
        """Decode a JPEG or PNG."""
        return cls(index, try_read(data, max_pixels), options)

    @property
    def size_wh(self) -> tuple[int, int]:
        """Of the picture, zeros where it cannot be read."""
        return (0, 0) if isinstance(self.picture, ModelServerError) else (self.picture.shape[1], self.picture.shape[0])

    @property
    def n_pixels(self) -> int:
        """What it counts in a batch."""
        return max(1, self.size_wh[0] * self.size_wh[1])


@dataclass(frozen=True)
class ImageJob:
    """One picture to embed; with a mask, what lies outside it is grey."""

    data: bytes
    mask: Rle | None = None


@dataclass(frozen=True)
class SeenFrame(Generic[Picture]):
    """A frame as the models hold it, its size, and the garments that are told of it."""

    job: FrameJob
    picture: Picture
    size_wh: tuple[int, int]
    garments: tuple[Garment, ...]

    @property
    def n_crops(self) -> int:
        """How many pictures of it are to be embedded: the whole and each garment, if vectors are asked for."""
        return 1 + len(self.garments) if self.job.options.with_vectors else 0

    def crops(self, models: LoadedModels[Picture]) -> list[Picture]:
        """The pictures to embed: the whole frame, then each garment alone."""
        if not self.job.options.with_vectors:
            return []
        return [self.picture, *(models.crop(self.picture, garment) for garment in self.garments)]


@dataclass(frozen=True)
class Sighting:
    """What the models said of a frame, which needs them no more: its result, whose detections lack their masks, and
    the masks (H×W of the frame), one of each detection or, where none are asked for, none.
    """

    result: FrameResult
    masks: tuple[Mask, ...] = ()

    def encode(self) -> FrameResult:
        """The result with its masks as they go over the wire. A millisecond or two a mask on the processor, for which
        no device should wait.
        """
        if not self.masks:
            return self.result
        detections = tuple(
            detection.model_copy(update={"mask": encode_rle(mask)})
            for detection, mask in zip(self.result.detections, self.masks, strict=True)
        )
        return self.result.model_copy(update={"detections": detections})


def see_frames(models: LoadedModels[Picture], jobs: Sequence[FrameJob]) -> list[Sighting]:
    """One sighting per job, in their order; a frame that fails carries its error and harms no other.

    The crops of all frames are embedded together, so that few garments a frame still fill a forward pass.
    """
    held = [job.picture if isinstance(job.picture, ModelServerError) else models.take(job.picture) for job in jobs]
    seen = [keep_garments(*parts) for parts in zip(jobs, held, find_garments(models, jobs, held), strict=True)]
    crops = [crop for frame in seen if isinstance(frame, SeenFrame) for crop in frame.crops(models)]
    vectors = iter(run_good(lambda batch: list(models.embed_images(batch)), crops))
    return [
        describe_frame(models, frame, list(islice(vectors, frame.n_crops)))
        if isinstance(frame, SeenFrame)
        else Sighting(frame)
        for frame in seen
    ]


def find_garments(
    models: LoadedModels[Picture], jobs: Sequence[FrameJob], held: Sequence[Picture | ModelServerError]
) -> list[Garments]:
    """The garments of each frame; those that are asked for the same words go through the models together."""
    found: dict[int, Garments] = {}
    for prompt in dict.fromkeys(job.options.prompt for job in jobs):
        own = [at for at, job in enumerate(jobs) if job.options.prompt == prompt]
        answers = run_good(lambda batch, words=prompt: models.find_garments(batch, words), [held[at] for at in own])  # type: ignore[misc]
        found.update(zip(own, answers, strict=True))
    return [found[at] for at in range(len(jobs))]


def keep_garments(
    job: FrameJob, picture: Picture | ModelServerError, garments: Garments
) -> SeenFrame[Picture] | FrameResult:
    """A frame with those of its garments that are sure enough, or the result of one that failed."""
    if isinstance(job.picture, ModelServerError):
        return FrameResult(index=job.index, error=wire_error(job.picture))
    if isinstance(picture, ModelServerError):
        return FrameResult(index=job.index, error=wire_error(picture))
    if isinstance(garments, ModelServerError):
        return FrameResult(index=job.index, error=wire_error(garments))
    return SeenFrame(job, picture, job.size_wh, tuple(one for one in garments if one.score >= job.options.min_score))


def describe_frame(
    models: LoadedModels[Picture], frame: SeenFrame[Picture], vectors: Sequence[Vector | ModelServerError]
) -> Sighting:
    """One frame by the vectors of its crops. Nothing of it is left on a device."""
    known = [None if isinstance(vector, ModelServerError) else vector for vector in vectors]
    whole, *alone = known or [None] * (1 + len(frame.garments))
    result = FrameResult(
        index=frame.job.index,
        width=frame.size_wh[0],
        height=frame.size_wh[1],
        vector=None if whole is None else encode_vector(whole),
        detections=tuple(
            Detection(
                box=garment.box_xyxy,
                label=garment.label,
                score=garment.score,
                vector=None if vector is None else encode_vector(vector),
                wearer=garment.wearer,
                attributes=() if vector is None else models.read_attributes(garment.label, vector),
            )
            for garment, vector in zip(frame.garments, alone, strict=True)
        ),
    )
    has_masks = frame.job.options.with_masks
    return Sighting(result, tuple(garment.mask for garment in frame.garments) if has_masks else ())


def embed_pictures(
    models: LoadedModels[Picture], pictures: Sequence[Image | ModelServerError]
) -> list[Vector | FrameError]:
    """A unit vector per picture, or its error, in their order; an error among them stands for itself."""
    taken = [one if isinstance(one, ModelServerError) else models.take(one) for one in pictures]
    return [
        wire_error(vector) if isinstance(vector, ModelServerError) else vector
        for vector in run_good(lambda batch: list(models.embed_images(batch)), taken)
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


def wire_error(error: ModelServerError) -> FrameError:
    """An error as it goes over the wire beside results."""
    return FrameError(code=error.code, message=error.message)
