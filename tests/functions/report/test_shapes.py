import base64

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from functions.report.shapes import PICTURE_LONG_SIDE_PX, middle, outline, picture_of


def filled(path: str, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """What a viewer fills of a path of relative lines, by the rule evenodd."""
    canvas = np.zeros(shape, np.uint8)
    for part in path.split("M")[1:]:
        start, steps = part.rstrip("z").split("l")
        numbers = np.array(steps.replace("-", " -").split(), int).reshape(-1, 2)
        corners = np.vstack([np.array(start.split(), int), numbers]).cumsum(axis=0)
        one = np.zeros(shape, np.uint8)
        cv2.fillPoly(one, [corners.astype(np.int32)], 1)
        canvas ^= one
    return canvas.astype(np.bool_)


def ring(outer_px: int, inner_px: int) -> NDArray[np.bool_]:
    y, x = np.ogrid[:300, :200]
    distance = np.hypot(x - 100, y - 150)
    return np.asarray((distance < outer_px) & (distance >= inner_px), np.bool_)


@pytest.mark.parametrize(("outer_px", "inner_px"), [(80, 0), (90, 40)])
def test_an_outline_filled_again_is_the_mask(outer_px: int, inner_px: int) -> None:
    mask = ring(outer_px, inner_px)
    again = filled(outline(mask), mask.shape)
    assert (mask & again).sum() / (mask | again).sum() > 0.97


def test_an_outline_is_short() -> None:
    assert len(outline(ring(90, 40))) < 700


@pytest.mark.parametrize("mask", [np.zeros((20, 30), np.bool_), np.eye(1, dtype=np.bool_)])
def test_nothing_and_a_speck_have_no_outline(mask: NDArray[np.bool_]) -> None:
    assert outline(mask) == ""


def test_the_middle_of_a_crescent_lies_inside_it() -> None:
    mask = ring(90, 40)
    mask[:, 100:] = False
    x, y = middle(mask)
    assert mask[int(y), int(x)]
    assert np.hypot(x - 100, y - 150) == pytest.approx(65, abs=4)


def test_a_mask_that_fills_the_frame_has_its_middle_in_the_middle() -> None:
    assert middle(np.ones((41, 61), np.bool_))[1] == 20


def test_a_large_picture_is_made_small_and_keeps_its_size_in_mind() -> None:
    data = cv2.imencode(".jpg", np.full((2000, 1000, 3), 90, np.uint8))[1].tobytes()
    picture = picture_of(data)
    assert picture
    assert (picture.width, picture.height) == (1000, 2000)
    small = cv2.imdecode(np.frombuffer(base64.b64decode(picture.uri.split(",")[1]), np.uint8), cv2.IMREAD_COLOR)
    assert small is not None
    assert small.shape[:2] == (PICTURE_LONG_SIDE_PX, PICTURE_LONG_SIDE_PX // 2)


def test_a_small_picture_is_left_as_it_is() -> None:
    data = cv2.imencode(".png", np.full((20, 10, 3), 90, np.uint8))[1].tobytes()
    picture = picture_of(data)
    assert picture
    assert picture.uri == f"data:image/png;base64,{base64.b64encode(data).decode()}"


@pytest.mark.parametrize("data", [b"", b"no picture"])
def test_what_is_no_picture_is_left_out(data: bytes) -> None:
    assert picture_of(data) is None
