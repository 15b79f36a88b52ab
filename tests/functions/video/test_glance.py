import av
import cv2
import numpy as np
import pytest

from functions.video.glance import Glancer, Quality
from tests.functions.video.media import picture, plain


def frame_of(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], pixel_format: str) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format=pixel_format)


FORMATS = ["yuv420p", "yuvj420p", "yuv422p", "yuv444p", "nv12", "yuv420p10le", "p010le", "yuva420p", "rgb24", "gbrp"]


@pytest.mark.parametrize("pixel_format", FORMATS)
def test_every_pixel_format_gives_the_same_glance(pixel_format: str) -> None:
    pixels = picture(1, 160, 320)
    expected = Glancer().look(frame_of(pixels, "yuv420p"), 0.0).cells.astype(int)
    seen = Glancer().look(frame_of(pixels, pixel_format), 0.0).cells.astype(int)
    assert seen.shape == (192, 32)
    assert np.abs(seen - expected).mean() < (14 if pixel_format == "yuvj420p" else 3)


def test_a_grey_format_has_no_chroma() -> None:
    cells = Glancer().look(frame_of(picture(1, 160, 320), "gray"), 0.0).cells
    assert (cells[64:] == 128).all()


@pytest.mark.parametrize(
    ("pixels", "quality"),
    [
        pytest.param(plain(0, 0, 0), Quality.BLACK, id="black"),
        pytest.param(plain(255, 255, 255), Quality.BLANK, id="white"),
        pytest.param(plain(200, 0, 0), Quality.BLANK, id="red"),
        pytest.param(picture(2), Quality.PICTURE, id="picture"),
    ],
)
def test_black_and_blank_frames_are_told_from_pictures(
    pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], quality: Quality
) -> None:
    assert Glancer().look(frame_of(pixels, "yuv420p"), 0.0).quality is quality


@pytest.mark.parametrize("kernel", [pytest.param((9, 1), id="along"), pytest.param((1, 9), id="across")])
def test_a_blurred_frame_is_less_sharp(kernel: tuple[int, int]) -> None:
    sharp = picture(3, patch=13)
    blurred = np.asarray(cv2.blur(sharp, kernel), np.uint8)
    looks = [Glancer().look(frame_of(pixels.astype(np.uint8), "yuv420p"), 0.0) for pixels in (sharp, blurred)]
    assert looks[0].sharpness > 1.3 * looks[1].sharpness


def test_the_grid_stays_when_the_resolution_changes() -> None:
    glancer = Glancer()
    shapes = {glancer.look(frame_of(picture(1, *size), "yuv420p"), 0.0).cells.shape for size in ((160, 320), (64, 48))}
    assert len(shapes) == 1


def test_a_tiny_frame_is_looked_at() -> None:
    assert Glancer().look(frame_of(plain(9, 9, 9, 2, 2), "yuv420p"), 0.0).sharpness == 0.0
