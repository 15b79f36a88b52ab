"""A cut-out is read as the model server would show it."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from catalog_jobs.catalog.learning.crops import BadCrop, read_crop
from serve_app.models.pictures import crop_masked
from tests.catalog_jobs.catalog.learning.drawn import write_picture


def test_a_cut_out_lies_on_grey_as_items_of_videos_do(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frame = rng.integers(0, 256, (90, 120, 3), np.uint8)
    mask = np.zeros((90, 120), np.bool_)
    mask[20:70, 30:80] = True
    mask[20:30, 30:40] = False
    rgba = np.dstack([frame, mask.astype(np.uint8) * 255])[10:85, 20:100]
    read = read_crop(write_picture(tmp_path / "a.png", rgba))
    assert (read == crop_masked(frame, mask)).all()


def test_half_covered_edges_are_mixed_with_grey(tmp_path: Path) -> None:
    rgba = np.full((20, 20, 4), (255, 255, 255, 128), np.uint8)
    read = read_crop(write_picture(tmp_path / "a.png", rgba))
    assert abs(int(read[10, 10, 0]) - 191) <= 1
    assert read[0, 0].tolist() == [127, 127, 127]


def test_a_box_of_a_picture_is_taken_as_it_is(tmp_path: Path) -> None:
    pixels = np.full((30, 40, 3), (200, 20, 30), np.uint8)
    cv2.imwrite(str(tmp_path / "a.jpg"), pixels[..., ::-1])
    read = read_crop(tmp_path / "a.jpg")
    assert read.shape == (30, 40, 3)
    assert np.abs(read.astype(int) - (200, 20, 30)).max() < 6


def test_a_grey_picture_has_three_channels(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.full((20, 20), 90, np.uint8))
    assert read_crop(tmp_path / "a.png")[5, 5].tolist() == [90, 90, 90]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(None, "no_file", id="none"),
        pytest.param(b"", "damaged", id="empty"),
        pytest.param(b"\x89PNG\r\n\x1a\n nothing", "damaged", id="damaged"),
        pytest.param(np.zeros((4, 30, 3), np.uint8), "too_small", id="small"),
        pytest.param(np.zeros((30, 30, 4), np.uint8), "empty", id="transparent"),
        pytest.param(np.zeros((30, 30, 3), np.uint16), "damaged", id="deep"),
    ],
)
def test_what_nothing_can_be_learnt_from_has_a_reason(
    content: bytes | np.ndarray | None, reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.png"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        cv2.imwrite(str(path), content)
    with pytest.raises(BadCrop) as caught:
        read_crop(path)
    assert caught.value.reason == reason
