"""Pictures: their headers, their limits, their sizes."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serve_app.errors import ModelServerError
from serve_app.models.pictures import fit_size, letterbox, picture_size, read_picture


def encoded(suffix: str, width: int = 90, height: int = 60) -> bytes:
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:, :, 2] = 255
    return bytes(cv2.imencode(suffix, picture)[1])


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_the_size_is_read_from_the_header(suffix: str) -> None:
    assert picture_size(encoded(suffix)[:700]) == (90, 60)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_a_picture_is_read_as_rgb(suffix: str) -> None:
    picture = read_picture(encoded(suffix), 10_000)
    assert picture.shape == (60, 90, 3)
    assert picture[30, 45].tolist() == pytest.approx([255, 0, 0], abs=2)


def test_a_huge_picture_is_refused_by_its_header_alone() -> None:
    header = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (16_384).to_bytes(4, "big") * 2
    with pytest.raises(ModelServerError, match="16384×16384, over the limit of 1000000 pixels") as caught:
        read_picture(header, 1_000_000)
    assert caught.value.code == "too_many_pixels"


@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda tail: b"\xff\xd8\xff" + tail))
def test_bytes_that_are_no_picture_are_named_so(data: bytes) -> None:
    with pytest.raises(ModelServerError) as caught:
        read_picture(data, 1_000_000)
    assert caught.value.code in ("bad_image", "too_many_pixels")


def test_a_header_without_its_picture_is_a_bad_image() -> None:
    with pytest.raises(ModelServerError) as caught:
        read_picture(encoded(".png")[:40], 1_000_000)
    assert caught.value.code == "bad_image"


@given(st.integers(1, 9000), st.integers(1, 9000))
def test_a_fitted_size_is_a_positive_multiple_no_longer_than_asked(width: int, height: int) -> None:
    fitted = fit_size(width, height, 576, 32)
    assert all(side % 32 == 0 and 32 <= side <= 576 for side in fitted)


def test_a_reel_keeps_its_aspect() -> None:
    assert fit_size(720, 1280, 576, 32) == (320, 576)


def test_a_letterbox_keeps_the_aspect_on_grey() -> None:
    square = letterbox(np.full((100, 50, 3), 255, np.uint8), 160)
    assert square.shape == (160, 160, 3)
    assert (square[:, :39] == 127).all()
    assert (square[:, 41:119] == 255).all()
