"""People cut out on white: what a batch of pictures gives, by a tiny random model of a real class."""

import base64
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the large models need torch: pip install 'reelwear[models]'")

from torch import Tensor  # noqa: E402

from serve_app.contract import FramesOptions, ModelInfo, PeopleResult, Person, decode_rle  # noqa: E402
from serve_app.errors import ModelServerError  # noqa: E402
from serve_app.frames import FrameJob  # noqa: E402
from serve_app.models.embedded import EmbeddedModels  # noqa: E402
from serve_app.models.large.composed import ComposedModels, Parts  # noqa: E402
from serve_app.models.large.parts import Found  # noqa: E402
from serve_app.models.large.people import PersonFinder, load_people, on_white  # noqa: E402
from serve_app.models.pictures import Image  # noqa: E402
from serve_app.models.rows import FindsPeople, LoadedModels  # noqa: E402
from serve_app.people import MAX_JPEG_SIDE_PX, encode_jpeg, find_people, people_finder_of  # noqa: E402
from tests.serve_app.models.large.tiny_segmenters import soft_frame, write_rf_detr  # noqa: E402

CPU = torch.device("cpu")
MAX_PIXELS = 100 * 100
FRAMES = [soft_frame(size, seed) for seed, size in enumerate([(90, 60), (64, 100), (90, 60)])]
# What a JPEG of quality 95 may change in noise.
MOST_OFF, MEAN_OFF = 32, 4
JPEG_BLOCK_PX = 8


class Unasked:
    """Parts that people are found without."""

    dimension = 4

    def detect(self, frames: Sequence[Tensor], prompt: Sequence[str] | None = None) -> list[list[Found]]:
        raise AssertionError(f"{len(frames)} frames, {prompt}")

    def cut_out(self, frames: Sequence[Tensor], boxes: Sequence[object]) -> list[Tensor]:
        raise AssertionError(f"{len(frames)} frames, {len(boxes)} boxes")

    def embed_images(self, pictures: Sequence[Tensor]) -> Tensor:
        raise AssertionError(f"{len(pictures)} pictures")

    def embed_texts(self, texts: Sequence[str]) -> Tensor:
        raise AssertionError(f"{len(texts)} texts")


@pytest.fixture(scope="module")
def finder(tmp_path_factory: pytest.TempPathFactory) -> PersonFinder:
    torch.set_num_threads(1)
    return load_people(write_rf_detr(tmp_path_factory.mktemp("people")), CPU, torch.float32)


def family(finder: PersonFinder | None) -> ComposedModels:
    row = ModelInfo(role="people", name="people", version="1", licence="", device="cpu")
    return ComposedModels(Parts(Unasked(), Unasked(), Unasked(), finder), (row,) if finder else (), CPU)


def png(frame: Tensor) -> bytes:
    return bytes(cv2.imencode(".png", frame.permute(1, 2, 0).numpy()[..., ::-1])[1])


def picture_of(person: Person) -> Image:
    data = np.frombuffer(base64.b64decode(person.picture), np.uint8)
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR_RGB), np.uint8)


def results(models: LoadedModels[Tensor], pictures: Sequence[bytes]) -> list[PeopleResult]:
    jobs = [FrameJob.read(index, data, FramesOptions(), MAX_PIXELS) for index, data in enumerate(pictures)]
    return [crowd.encode() for crowd in find_people(people_finder_of(models), jobs)]


def test_each_person_is_what_the_mask_covers_on_white(finder: PersonFinder) -> None:
    told = results(family(finder), [png(frame) for frame in FRAMES])
    assert sum(len(result.people) for result in told) > len(FRAMES)
    for frame, result, masks in zip(FRAMES, told, finder.find_people(FRAMES), strict=True):
        assert (result.error, result.height, result.width) == (None, *frame.shape[1:])
        assert len(result.people) == len(masks)
        for person, mask in zip(result.people, masks, strict=True):
            assert np.array_equal(decode_rle(person.mask), mask.numpy())
            ys, xs = np.nonzero(mask.numpy())
            assert person.box == (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)
            off = np.abs(picture_of(person).astype(int) - on_white(frame, mask).permute(1, 2, 0).numpy())
            assert off.max() < MOST_OFF and off.mean() < MEAN_OFF


def test_before_the_jpeg_every_pixel_is_the_mask_s(finder: PersonFinder) -> None:
    found, masks = family(finder).find_people(FRAMES), finder.find_people(FRAMES)
    for frame, people, own in zip(FRAMES, found, masks, strict=True):
        for person, mask in zip(people, own, strict=True):
            assert np.array_equal(person.picture, on_white(frame, mask).permute(1, 2, 0).numpy())


def test_away_from_the_outline_white_is_white(finder: PersonFinder) -> None:
    (result,) = results(family(finder), [png(FRAMES[0])])
    far = 0
    for person in result.people:
        x0, y0, x1, y1 = (int(side) for side in person.box)
        near = cv2.dilate(decode_rle(person.mask).astype(np.uint8), np.ones((2 * JPEG_BLOCK_PX + 1,) * 2, np.uint8))
        outside = near[max(0, y0 - 20) : y1 + 20, max(0, x0 - 20) : x1 + 20] == 0
        assert (picture_of(person)[outside] == 255).all()
        far += int(outside.sum())
    assert far > 0


def test_a_picture_that_cannot_be_read_fails_alone(finder: PersonFinder) -> None:
    good, large = png(FRAMES[0]), png(soft_frame((101, 100), 5))
    told = results(family(finder), [b"no picture", good, large])
    assert [result.error.code if result.error else None for result in told] == ["bad_image", None, "too_many_pixels"]
    assert [result.index for result in told] == [0, 1, 2]
    (alone,) = results(family(finder), [good])
    assert alone.people and told[1].people == alone.people
    assert (told[0].people, told[0].width, told[0].height) == ((), 0, 0)


def test_a_family_that_tells_nobody_apart_is_refused_by_name(finder: PersonFinder) -> None:
    assert isinstance(family(finder), FindsPeople)
    without: tuple[LoadedModels[Any], ...] = (family(None), EmbeddedModels(1))
    for models in without:
        with pytest.raises(ModelServerError, match="REELWEAR_PEOPLE is empty") as caught:
            people_finder_of(models)
        assert (caught.value.code, caught.value.http_status) == ("no_people_finder", 501)
    with pytest.raises(ModelServerError, match="no_people_finder"):
        family(None).find_people(FRAMES)


def test_a_person_that_jpeg_has_no_room_for_is_refused_by_name() -> None:
    encode_jpeg(np.zeros((1, MAX_JPEG_SIDE_PX, 3), np.uint8))
    with pytest.raises(ModelServerError, match="65501×1"):
        encode_jpeg(np.zeros((1, MAX_JPEG_SIDE_PX + 1, 3), np.uint8))
