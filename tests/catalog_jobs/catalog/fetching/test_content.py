"""What bytes are, by the bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog_jobs.catalog.fetching.content import HEAD_BYTES, Content, Format, format_of, name_of, read_content
from catalog_jobs.catalog.fetching.faults import PictureFault, Reason
from tests.catalog_jobs.catalog.fetching.drawn import CMYK_JPEG, drawn, large

LIMIT = 10_000_000


def refusal(data: bytes, max_pixels: int = LIMIT) -> PictureFault:
    with pytest.raises(PictureFault) as caught:
        read_content(data, max_pixels)
    return caught.value


@pytest.mark.parametrize("extension, kind", [(".jpg", Format.JPEG), (".png", Format.PNG), (".webp", Format.WEBP)])
@pytest.mark.parametrize("width, height", [(1, 1), (48, 32), (333, 17)])
def test_sizes_are_read_from_the_header(extension: str, kind: Format, width: int, height: int) -> None:
    assert read_content(drawn(extension, width, height), LIMIT) == Content(kind, width, height)


def test_a_cmyk_jpeg_is_told() -> None:
    content = read_content(CMYK_JPEG, LIMIT)
    assert content == Content(Format.JPEG, 24, 16, is_cmyk=True)
    assert "CMYK" in content.notes[0]
    assert read_content(drawn(), LIMIT).notes == ()


def webp(kind: bytes, payload: bytes) -> bytes:
    chunk = kind + len(payload).to_bytes(4, "little") + payload
    return b"RIFF" + (4 + len(chunk)).to_bytes(4, "little") + b"WEBP" + chunk


def test_the_three_kinds_of_webp_have_their_sizes() -> None:
    extended = b"\x02\0\0\0" + (639).to_bytes(3, "little") + (479).to_bytes(3, "little")
    assert read_content(webp(b"VP8X", extended), LIMIT) == Content(Format.WEBP, 640, 480, is_animated=True)
    lossless = b"\x2f" + ((639) | (479 << 14)).to_bytes(4, "little") + b"\0" * 6
    assert read_content(webp(b"VP8L", lossless), LIMIT) == Content(Format.WEBP, 640, 480)
    lossy = b"\0\0\0\x9d\x01\x2a" + (640).to_bytes(2, "little") + (480).to_bytes(2, "little")
    assert read_content(webp(b"VP8 ", lossy), LIMIT) == Content(Format.WEBP, 640, 480)
    assert refusal(webp(b"ALPH", b"\0" * 20)).reason is Reason.DAMAGED


@pytest.mark.parametrize(
    "head, name",
    [
        (b"GIF89a\1\0", "a GIF"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", "an SVG"),
        (b"\xef\xbb\xbf  <?xml version='1.0'?>\n<!-- made by hand -->\n<SVG>", "an SVG"),
        (b"<!doctype html><html>", "an HTML page"),
        (b"\n\n<html lang='en'>", "an HTML page"),
        (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code>", "an XML document"),
        (b'{"error": "no such picture"}', "a JSON document"),
        (b"\0\0\0\x20ftypavif", "an AVIF"),
        (b"\0\0\0\x18ftypheic", "a HEIC"),
        (b"\0\0\0\x18ftypisom", "a video or another ISO media file"),
        (b"%PDF-1.7", "a PDF"),
        (b"BM6\0", "a BMP"),
        (b"II*\0", "a TIFF"),
        (b"\x1f\x8b\x08", "a gzip file"),
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"version https://git-lfs.github.com", "of an unknown type (it begins with 76 65 72 73 69 6f 6e 20)"),
        (b"a < b", "of an unknown type (it begins with 61 20 3c 20 62)"),
    ],
)
def test_what_is_no_picture_of_ours_is_refused_by_name(head: bytes, name: str) -> None:
    assert name_of(head) == name
    fault = refusal(head)
    assert (fault.reason, fault.message) == (Reason.WRONG_TYPE, f"it is {name}; only JPEG, PNG and WebP are kept")


@pytest.mark.parametrize("extension", [".jpg", ".png", ".webp"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_half_a_picture_is_damaged(extension: str, share: float) -> None:
    data = drawn(extension, 200, 160)
    assert refusal(data[: int(len(data) * share)]).reason is Reason.DAMAGED


def test_a_thumbnail_inside_does_not_make_half_a_jpeg_whole() -> None:
    thumbnail, picture = drawn(".jpg", 16, 16), large(30_000)
    segment = b"Exif\0\0" + thumbnail
    whole = picture[:2] + b"\xff\xe1" + (len(segment) + 2).to_bytes(2) + segment + picture[2:]
    assert read_content(whole, LIMIT).width == read_content(picture, LIMIT).width
    assert refusal(whole[: len(whole) // 2]).reason is Reason.DAMAGED


@pytest.mark.parametrize("extension", [".jpg", ".png", ".webp"])
def test_what_follows_a_whole_picture_does_no_harm(extension: str) -> None:
    assert read_content(drawn(extension) + b"\0" * 300, LIMIT) == read_content(drawn(extension), LIMIT)


def test_too_many_pixels_are_refused_with_both_sizes() -> None:
    fault = refusal(drawn(".png", 200, 100), max_pixels=19_999)
    assert fault.reason is Reason.TOO_MANY_PIXELS
    assert "200×100" in fault.message and "19999" in fault.message
    assert read_content(drawn(".png", 200, 100), 20_000).width == 200


@given(st.binary(max_size=300), st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBPVP8X"]))
def test_any_bytes_are_read_or_refused_by_name(data: bytes, start: bytes) -> None:
    try:
        content = read_content(start + data, LIMIT)
    except PictureFault as fault:
        assert not fault.is_retryable
    else:
        assert content.width * content.height > 0


@given(st.integers(0, 2000), st.sampled_from([".jpg", ".png", ".webp"]))
def test_the_head_alone_says_the_format(cut: int, extension: str) -> None:
    data = drawn(extension, 64, 64)[: max(cut, 16)]
    assert format_of(data[:HEAD_BYTES]) is format_of(data)
