"""Pictures as shops have them, brought to what the models see."""

import base64

import cv2
import numpy as np
import pytest

from catalog_jobs.catalog.cropping.decoding import LONG_SIDE_PX, read_picture
from catalog_jobs.catalog.cropping.exif import TURNS, read_orientation, turned
from catalog_jobs.catalog.cropping.faults import CutFault, Reason
from catalog_jobs.catalog.fetching.content import Format
from serve_app.models.pictures import Image
from tests.catalog_jobs.catalog.cropping.stock import as_file, plain

# 48×40 of red ink, written by Pillow 13.0 as CMYK at quality 30, which OpenCV does not write.
CMYK_JPEG = base64.b64decode(
    """
/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwAbEhQXFBEbFxYXHhwbIChCKyglJShROj0wQmBVZWRfVV1b
aniZgWpxkHNbXYW1hpCeo6utq2eAvMm6pseZqKuk/8AAFAgAKAAwBEMRAE0RAFkRAEsRAP/EAB8A
AAEFAQEBAQEBAAAAAAAAAAABAgMEBQYHCAkKC//EALUQAAIBAwMCBAMFBQQEAAABfQECAwAEEQUS
ITFBBhNRYQcicRQygZGhCCNCscEVUtHwJDNicoIJChYXGBkaJSYnKCkqNDU2Nzg5OkNERUZHSElK
U1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4
ubrCw8TFxsfIycrS09TV1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5+v/aAA4EQwBNAFkASwAAPwDp
q5muZrpqKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKK
KKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKK/9k=
    """
)
PNG = as_file(plain(100, 100))


def arrow() -> Image:
    """A picture that differs in all eight orientations."""
    picture = np.full((40, 64, 3), 255, np.uint8)
    picture[:10, :20] = (255, 0, 0)
    picture[:10, 20:30] = (0, 0, 255)
    return picture


def exif(orientation: int, order: str = "II") -> bytes:
    """An EXIF block that says nothing else."""
    way = "little" if order == "II" else "big"
    fields = [(0x0112, 2), (3, 2), (1, 4), (orientation, 2), (0, 2), (0, 4)]
    head = order.encode() + (42).to_bytes(2, way) + (8).to_bytes(4, way) + (1).to_bytes(2, way)  # type: ignore[arg-type]
    return head + b"".join(value.to_bytes(size, way) for value, size in fields)  # type: ignore[arg-type]


def told(pixels: Image, suffix: str, orientation: int) -> bytes:
    """A file (of BGR or BGRA pixels) that says how it is to be turned."""
    block = [np.frombuffer(exif(orientation), np.uint8)]
    return cv2.imencodeWithMetadata(suffix, pixels, [cv2.IMAGE_METADATA_EXIF], block)[1].tobytes()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
def test_a_picture_is_turned_as_its_exif_says(suffix: str, orientation: int) -> None:
    data = told(np.ascontiguousarray(arrow()[..., ::-1]), suffix, orientation)
    picture = read_picture(data)
    expected = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert expected is not None
    assert picture.size_wh == ((40, 64) if orientation > 4 else (64, 40))
    assert picture.pixels.shape == expected.shape
    assert np.abs(picture.pixels.astype(int) - expected).mean() < 2


@pytest.mark.parametrize("orientation", sorted(TURNS))
def test_a_transparent_picture_is_turned_too(orientation: int) -> None:
    opaque = np.dstack([arrow()[..., ::-1], np.full((40, 64), 255, np.uint8)])
    opaque[30:, 50:, 3] = 0
    picture = read_picture(told(np.ascontiguousarray(opaque), ".png", orientation))
    assert picture.opaque is not None
    flat = read_picture(told(np.ascontiguousarray(opaque[..., :3]), ".png", orientation))
    assert np.array_equal(picture.pixels, flat.pixels)
    assert np.array_equal(picture.opaque, turned(opaque[..., 3], orientation) > 0)


@pytest.mark.parametrize("order", ["II", "MM"])
def test_the_orientation_is_read_in_both_byte_orders(order: str) -> None:
    assert read_orientation(exif(6, order)) == 6
    assert read_orientation(b"Exif\0\0" + exif(8, order)) == 8


@pytest.mark.parametrize("block", [b"", b"II*\0", b"II*\0\xff\xff\xff\xff", exif(0), exif(9), exif(6)[:15]])
def test_an_orientation_that_cannot_be_read_is_upright(block: bytes) -> None:
    assert read_orientation(block) == 1


def test_transparency_is_seen_on_white() -> None:
    pixels = np.zeros((40, 40, 4), np.uint8)
    pixels[10:30, 10:30] = (0, 0, 200, 255)
    picture = read_picture(cv2.imencode(".png", pixels)[1].tobytes())
    assert picture.pixels[0, 0].tolist() == [255, 255, 255]
    assert picture.pixels[20, 20].tolist() == [200, 0, 0]
    assert picture.opaque is not None and picture.opaque.sum() == 400


def test_an_opaque_alpha_says_nothing() -> None:
    pixels = np.full((40, 40, 4), 255, np.uint8)
    assert read_picture(cv2.imencode(".png", pixels)[1].tobytes()).opaque is None


def test_a_picture_made_for_print_has_its_colours() -> None:
    assert np.abs(read_picture(CMYK_JPEG).pixels.astype(int) - (255, 0, 0)).max() < 12


def test_sixteen_bits_and_grey_are_read() -> None:
    deep = np.full((40, 40, 3), 0x80FF, np.uint16)
    assert read_picture(cv2.imencode(".png", deep)[1].tobytes()).pixels.max() == 0x80
    grey = np.full((40, 40), 77, np.uint8)
    assert read_picture(cv2.imencode(".jpg", grey)[1].tobytes()).pixels.shape == (40, 40, 3)


@pytest.mark.parametrize("suffix", [f".{one}" for one in Format])
def test_a_large_picture_is_seen_smaller_and_keeps_its_size(suffix: str) -> None:
    picture = read_picture(as_file(plain(2400, 1600), suffix))
    assert max(picture.pixels.shape) == LONG_SIDE_PX
    assert picture.size_wh == (2400, 1600)


@pytest.mark.parametrize(
    "data, reason, words",
    [
        pytest.param(as_file(plain(31, 200)), Reason.TOO_SMALL, "31×200", id="tiny"),
        pytest.param(as_file(plain(400, 300)), Reason.TOO_MANY_PIXELS, "--max-pixels", id="large"),
        pytest.param(b"GIF89a" + bytes(40), Reason.WRONG_TYPE, "a GIF", id="gif"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", Reason.WRONG_TYPE, "an SVG", id="svg"),
        pytest.param(PNG[:-500], Reason.DAMAGED, "ends in the middle", id="torn"),
        pytest.param(PNG[:60] + bytes(900) + PNG[-12:], Reason.DAMAGED, "PNG", id="holed"),
        pytest.param(b"", Reason.WRONG_TYPE, "empty", id="empty"),
    ],
)
def test_what_cannot_be_used_has_its_reason(data: bytes, reason: Reason, words: str) -> None:
    with pytest.raises(CutFault, match=words) as raised:
        read_picture(data, max_pixels=100_000)
    assert raised.value.reason is reason
