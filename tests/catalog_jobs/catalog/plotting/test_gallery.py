"""Pictures from disk and bucket, and what cannot be had."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from catalog_jobs.catalog.plotting.contacts import NO_TILE, contact_sheets
from catalog_jobs.catalog.plotting.gallery import Gallery, small_picture
from catalog_jobs.catalog.plotting.options import Kind
from catalog_jobs.catalog.plotting.points import PictureAt, Point
from infra.bucket import Bucket
from tests.catalog_jobs.catalog.plotting.drawing import NOBODY_THERE
from tests.catalog_jobs.catalog.plotting.shop import draw_crop


def point(place: str, name: str) -> Point:
    return Point(Kind.PRODUCT, "1", "a", "A", picture=PictureAt(place, name))  # type: ignore[arg-type]


def gallery(folder: Path) -> Gallery:
    return Gallery(folder, lambda: Bucket(NOBODY_THERE, timeout_s=2))


def jpeg(bgr: tuple[int, int, int], size: tuple[int, int] = (40, 30)) -> bytes:
    return cv2.imencode(".jpg", np.full((*size, 3), bgr, np.uint8))[1].tobytes()


def test_pictures_come_in_the_order_of_their_points_and_small(tmp_path: Path) -> None:
    for number in range(70):
        draw_crop(tmp_path / f"{number}.png", (number, 0, 200))
    shown = list(gallery(tmp_path).pictures([point("file", f"{number}.png") for number in range(70)], 45))
    assert [int(one[22, 15, 2]) for one in shown if one is not None] == list(range(70)), "RGB"
    assert {one.shape for one in shown if one is not None} == {(45, 30, 3)}


def test_transparent_parts_are_white(tmp_path: Path) -> None:
    cut = np.zeros((20, 20, 4), np.uint8)
    cut[5:15, 5:15] = (10, 20, 200, 255)
    cut[:5] = (0, 0, 0, 128)
    (tmp_path / "cut.png").write_bytes(cv2.imencode(".png", cut)[1].tobytes())
    picture = gallery(tmp_path).picture(PictureAt("file", "cut.png"), 100)
    assert picture is not None
    assert picture[18, 18].tolist() == [255, 255, 255]
    assert picture[10, 10].tolist() == [200, 20, 10]
    assert picture[2, 10].tolist() == [127, 127, 127]
    small = gallery(tmp_path).picture(PictureAt("file", "cut.png"), 5)
    assert small is not None
    assert small[4, 4].tolist() == [255, 255, 255]


@pytest.mark.parametrize(
    "data",
    [b"", b"no picture", jpeg((1, 2, 3))[:40], b"<svg/>"],
    ids=["empty", "text", "broken off", "svg"],
)
def test_what_is_no_picture_is_none(data: bytes) -> None:
    assert small_picture(data, 64) is None


def test_grey_and_deep_pictures_are_read() -> None:
    grey = cv2.imencode(".png", np.full((9, 9), 90, np.uint8))[1].tobytes()
    deep = cv2.imencode(".png", np.linspace(0, 60000, 81).reshape(9, 9).astype(np.uint16))[1].tobytes()
    for data in (grey, deep):
        picture = small_picture(data, 64)
        assert picture is not None
        assert picture.shape == (9, 9, 3)
        assert picture.max() > 80


def test_files_outside_of_the_folder_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.jpg").write_bytes(jpeg((1, 2, 3)))
    inside = tmp_path / "pictures"
    inside.mkdir()
    (inside / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    for name in ("../secret.jpg", str(tmp_path / "secret.jpg"), "link.jpg", "gone.jpg", "."):
        assert gallery(inside).picture(PictureAt("file", name), 64) is None


def test_a_bucket_that_does_not_answer_is_asked_once(tmp_path: Path) -> None:
    asked = gallery(tmp_path)
    assert not asked.is_bucket_down
    assert list(asked.pictures([point("bucket", f"crops/{number}.jpg") for number in range(200)], 64)) == [None] * 200
    assert asked.is_bucket_down


def test_pictures_of_the_bucket_come_and_missing_ones_are_none(tmp_path: Path, bucket: Bucket) -> None:
    bucket.ensure()
    bucket.put("plotting/a.jpg", jpeg((0, 0, 255)), "image/jpeg")
    asked = Gallery(tmp_path, lambda: bucket)
    there, gone = asked.pictures([point("bucket", "plotting/a.jpg"), point("bucket", "plotting/b.jpg")], 64)
    assert there is not None
    assert there[10, 10, 0] > 240
    assert gone is None
    assert not asked.is_bucket_down


def test_tiles_of_many_pictures_lie_on_sheets_of_a_size_that_phones_take() -> None:
    shades = [None if number == 3 else np.full((50, 30, 3), number % 250, np.uint8) for number in range(1100)]
    made = contact_sheets(shades, 64)
    assert (made.columns, len(made.sheets), made.count) == (32, 2, 1099)
    assert made.tiles[2:6] == (2, NO_TILE, 3, 4)
    for at in (0, 700, 1099):
        tile = made.tiles[at]
        sheet = small_picture(made.sheets[tile // 1024], 4096)
        assert sheet is not None
        row, column = divmod(tile % 1024, 32)
        assert abs(int(sheet[row * 64 + 32, column * 64 + 32, 0]) - at % 250) <= 3
        assert max(sheet.shape) <= 2048
