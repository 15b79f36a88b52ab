"""One batch of a replica: what becomes of each frame, and how its crops are embedded."""

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from serve_app.contract import Attribute, FramesOptions, ModelInfo, decode_rle, decode_vector
from serve_app.errors import ModelServerError
from serve_app.frames import FrameJob, see_frames
from serve_app.models.garments import Garment
from serve_app.models.pictures import Image, crop_masked
from serve_app.models.rows import LoadedModels
from tests.serve_app.looking import look_at_frames

MAX_PIXELS = 10_000


class Squares:
    """A family that finds a top in each bright square and embeds the mean colour; it counts its passes."""

    def __init__(self, fits: int = 100) -> None:
        self.batches: list[int] = []
        self.prompts: list[tuple[int, Sequence[str] | None]] = []
        self.fits = fits

    def describe(self) -> tuple[ModelInfo, ...]:
        return ()

    def take(self, picture: Image) -> Image:
        return picture

    def find_garments(self, frames: Sequence[Image], prompt: Sequence[str] | None = None) -> list[list[Garment]]:
        self.prompts.append((len(frames), prompt))
        return [self.squares(frame) for frame in frames]

    def crop(self, frame: Image, garment: Garment) -> Image:
        return crop_masked(frame, garment.mask)

    def squares(self, frame: Image) -> list[Garment]:
        count, pieces = cv2.connectedComponents((frame.max(2) > 150).astype(np.uint8))
        masks = [pieces == number for number in range(1, count)]
        return [
            Garment("top", number, 0.9 - 0.3 * number, (0.0, 0.0, 1.0, 1.0), mask) for number, mask in enumerate(masks)
        ]

    def embed_images(self, pictures: Sequence[Image]) -> NDArray[np.float32]:
        self.batches.append(len(pictures))
        if len(pictures) > self.fits:
            raise MemoryError
        means = np.array([picture.reshape(-1, 3).mean(0) + 1 for picture in pictures], np.float32)
        return np.asarray(means / np.linalg.norm(means, axis=1, keepdims=True), np.float32)

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        raise ModelServerError("no_text_embedder", f"no tower for {len(texts)} texts")

    def read_attributes(self, label: str, vector: NDArray[np.float32]) -> tuple[Attribute, ...]:
        is_red = label == "top" and float(vector[0]) > 0.6
        return (Attribute(name="pattern", value="solid", confidence=0.9),) if is_red else ()


def png(*colors: tuple[int, int, int]) -> bytes:
    """A black picture with a square of each colour (RGB)."""
    pixels = np.zeros((40, 100, 3), np.uint8)
    for number, color in enumerate(colors):
        pixels[10:30, 10 + 30 * number : 30 + 30 * number] = color[::-1]
    return bytes(cv2.imencode(".png", pixels)[1])


RED, BLUE = (250, 0, 0), (0, 0, 250)


def jobs(*pictures: bytes, options: FramesOptions | None = None) -> list[FrameJob]:
    return [FrameJob.read(index, data, options or FramesOptions(), MAX_PIXELS) for index, data in enumerate(pictures)]


def test_the_crops_of_all_frames_are_embedded_in_one_call() -> None:
    models = Squares()
    results = look_at_frames(models, jobs(png(RED, BLUE), b"no picture", png(), png(RED)))
    assert models.batches == [3 + 1 + 2]
    assert [len(result.detections) for result in results] == [2, 0, 0, 1]
    assert [result.error.code if result.error else None for result in results] == [None, "bad_image", None, None]
    assert [result.vector is not None for result in results] == [True, False, True, True]


def test_each_garment_has_the_vector_of_its_own_crop_and_what_is_read_off_it() -> None:
    (blank, frame) = look_at_frames(Squares(), jobs(png(), png(RED, BLUE)))
    assert blank.detections == ()
    red, blue = frame.detections
    assert red.vector is not None and blue.vector is not None
    assert decode_vector(red.vector).argmax() == 0
    assert decode_vector(blue.vector).argmax() == 2
    assert [attribute.value for attribute in red.attributes] == ["solid"]
    assert blue.attributes == ()


def test_without_vectors_nothing_is_embedded_and_no_attribute_read() -> None:
    models = Squares()
    (frame,) = look_at_frames(models, jobs(png(RED), options=FramesOptions(with_vectors=False)))
    assert sum(models.batches) == 0
    assert frame.vector is None
    assert [(one.vector, one.attributes) for one in frame.detections] == [(None, ())]


def test_garments_below_the_score_are_neither_told_nor_embedded() -> None:
    models = Squares()
    (frame,) = look_at_frames(models, jobs(png(RED, BLUE), options=FramesOptions(min_score=0.7)))
    assert [one.score for one in frame.detections] == [0.9]
    assert models.batches == [2]


@pytest.mark.parametrize("fits", [1, 2, 3])
def test_crops_that_do_not_fit_the_memory_together_are_embedded_in_parts(fits: int) -> None:
    whole = look_at_frames(Squares(), jobs(png(RED, BLUE), png(BLUE)))
    assert look_at_frames(Squares(fits), jobs(png(RED, BLUE), png(BLUE))) == whole


def test_a_crop_that_never_fits_leaves_its_garment_without_a_vector() -> None:
    (frame,) = look_at_frames(Squares(0), jobs(png(RED)))
    assert frame.error is None
    assert [(one.vector, one.attributes) for one in frame.detections] == [(None, ())]


def test_the_stand_in_is_a_family() -> None:
    family: LoadedModels[Image] = Squares()
    assert family.describe() == ()


def test_frames_that_are_asked_for_the_same_words_go_together() -> None:
    models = Squares()
    shoes = FramesOptions(prompt=("shoes",))
    wanted = [None, shoes, None, shoes]
    mixed = [
        FrameJob.read(index, png(RED), options or FramesOptions(), MAX_PIXELS) for index, options in enumerate(wanted)
    ]
    results = look_at_frames(models, mixed)
    assert [result.index for result in results] == [0, 1, 2, 3]
    assert models.prompts == [(2, None), (2, ("shoes",))]


def test_masks_are_encoded_once_the_models_are_done_and_end_up_with_their_garments() -> None:
    (sighting, broken) = see_frames(Squares(), jobs(png(RED, BLUE), b"no picture"))
    assert [one.mask for one in sighting.result.detections] == [None, None]
    masks = [one.mask for one in sighting.encode().detections]
    for square, (mask, seen) in enumerate(zip(masks, sighting.masks, strict=True)):
        assert mask is not None
        ys, xs = np.nonzero(decode_rle(mask))
        assert (ys.min(), ys.max(), xs.min(), xs.max()) == (10, 29, 10 + 30 * square, 29 + 30 * square)
        assert (decode_rle(mask) == seen).all()
    assert broken.masks == ()
    assert broken.encode().error is not None


def test_masks_that_are_not_asked_for_are_not_kept() -> None:
    (sighting,) = see_frames(Squares(), jobs(png(RED), options=FramesOptions(with_masks=False)))
    assert sighting.masks == ()
    assert [one.mask for one in sighting.encode().detections] == [None]
