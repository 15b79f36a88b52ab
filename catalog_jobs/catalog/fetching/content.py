"""What bytes are, by the bytes: a JPEG, PNG or WebP that is whole, or the name of what they are instead.

Nothing is decoded; sizes are read from the headers.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from catalog_jobs.catalog.fetching.faults import PictureFault, Reason

# So many bytes tell what it is: enough for an XML declaration, a comment and the tag that names the rest.
HEAD_BYTES: Final = 1024

JPEG: Final = b"\xff\xd8\xff"
PNG: Final = b"\x89PNG\r\n\x1a\n"
# Start-of-frame markers of JPEG (ITU-T T.81, table B.1); C4, C8 and CC are other things.
JPEG_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
JPEG_SCAN: Final = 0xDA
JPEG_END: Final = b"\xff\xd9"
CMYK_COMPONENTS: Final = 4
PNG_END: Final = b"IEND\xaeB`\x82"
WEBP_ANIMATION_BIT: Final = 0x02

OTHER_SIGNATURES: Final = (
    (b"GIF87a", "a GIF"),
    (b"GIF89a", "a GIF"),
    (b"%PDF", "a PDF"),
    (b"BM", "a BMP"),
    (b"II*\0", "a TIFF"),
    (b"MM\0*", "a TIFF"),
    (b"\0\0\1\0", "an icon"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000"),
    (b"\xff\x0a", "a JPEG XL"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL"),
    (b"8BPS", "a Photoshop file"),
    (b"\x1f\x8b", "a gzip file"),
    (b"PK\3\4", "a ZIP file"),
)
BRANDS: Final = {b"avif": "an AVIF", b"avis": "an AVIF", b"heic": "a HEIC", b"heix": "a HEIC", b"mif1": "a HEIF"}
MARKUP: Final = (
    (re.compile(rb"<svg[\s>]", re.IGNORECASE), "an SVG"),
    (re.compile(rb"<(!doctype\s+html|html|head|body|title|script|meta)\b", re.IGNORECASE), "an HTML page"),
    (re.compile(rb"^<\?xml|^<", re.IGNORECASE), "an XML document"),
    (re.compile(rb'^[{\[]\s*["{\[\]}]'), "a JSON document"),
)


class Format(StrEnum):
    """The formats that are kept; the value is the extension."""

    JPEG = "jpg"
    PNG = "png"
    WEBP = "webp"


@dataclass(frozen=True)
class Content:
    """What a picture's headers say, its size before any rotation."""

    format: Format
    width: int
    height: int
    is_cmyk: bool = False
    is_animated: bool = False

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be told of it, though it is kept."""
        told = (
            (self.is_cmyk, "a CMYK JPEG, made for print: its colours are converted when it is decoded"),
            (self.is_animated, "it is animated: only its first picture is looked at"),
        )
        return tuple(words for is_so, words in told if is_so)


def format_of(head: bytes) -> Format:
    """The format by the first bytes (HEAD_BYTES of them, or all); raises `wrong_type` with what it is instead."""
    if head.startswith(JPEG):
        return Format.JPEG
    if head.startswith(PNG):
        return Format.PNG
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return Format.WEBP
    raise PictureFault(Reason.WRONG_TYPE, f"it is {name_of(head)}; only JPEG, PNG and WebP are kept")


def name_of(head: bytes) -> str:
    """What bytes that are no picture of ours are, in words.

    >>> name_of(b"<?xml version='1.0'?><!-- a dress --><svg xmlns='http://www.w3.org/2000/svg'>")
    'an SVG'
    """
    for signature, name in OTHER_SIGNATURES:
        if head.startswith(signature):
            return name
    if head[4:8] == b"ftyp":
        return BRANDS.get(head[8:12], "a video or another ISO media file")
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        return "empty"
    for pattern, name in MARKUP:
        if text[:1] in b"<{[" and pattern.search(text):
            return name
    return f"of an unknown type (it begins with {head[:8].hex(' ')})"


def read_content(data: bytes, max_pixels: int) -> Content:
    """What the headers say of a whole file; raises `wrong_type`, `damaged` or `too_many_pixels`."""
    readers = {Format.JPEG: _jpeg, Format.PNG: _png, Format.WEBP: _webp}
    content = readers[format_of(data[:HEAD_BYTES])](data)
    if not content.width or not content.height:
        raise _damaged(content.format, f"it says that it is {content.width}×{content.height}")
    if content.width * content.height > max_pixels:
        raise PictureFault(
            Reason.TOO_MANY_PIXELS,
            f"the picture is {content.width}×{content.height}, over the limit of {max_pixels} pixels; --max-pixels "
            "raises it",
        )
    return content


def _jpeg(data: bytes) -> Content:
    at, found = 2, None
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker in JPEG_FRAMES and at + 10 <= len(data):
            height, width = int.from_bytes(data[at + 5 : at + 7]), int.from_bytes(data[at + 7 : at + 9])
            found = Content(Format.JPEG, width, height, is_cmyk=data[at + 9] == CMYK_COMPONENTS)
        if marker == JPEG_SCAN:
            break
        at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4]))
    # Thumbnails have an end of their own before the scan; in the scan itself 0xFF never stands before 0xD9 (B.1.1.5).
    if found is None or data.rfind(JPEG_END, at) < 0:
        raise _damaged(Format.JPEG, "it ends in the middle" if at >= len(data) or found else "its header is broken")
    return found


def _png(data: bytes) -> Content:
    if data[12:16] != b"IHDR":
        raise _damaged(Format.PNG, "its header is broken")
    if data.rfind(PNG_END) < 0:
        raise _damaged(Format.PNG, "it ends in the middle")
    is_animated = 0 < data.find(b"acTL", 33) < data.find(b"IDAT", 33)
    return Content(Format.PNG, int.from_bytes(data[16:20]), int.from_bytes(data[20:24]), is_animated=is_animated)


def _webp(data: bytes) -> Content:
    if len(data) < 30 or int.from_bytes(data[4:8], "little") + 8 > len(data):
        raise _damaged(Format.WEBP, "it ends in the middle")
    kind = data[12:16]
    if kind == b"VP8X":
        width, height = (1 + int.from_bytes(data[at : at + 3], "little") for at in (24, 27))
        return Content(Format.WEBP, width, height, is_animated=bool(data[20] & WEBP_ANIMATION_BIT))
    if kind == b"VP8L" and data[20] == 0x2F:
        bits = int.from_bytes(data[21:25], "little")
        return Content(Format.WEBP, 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = (int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (26, 28))
        return Content(Format.WEBP, width, height)
    raise _damaged(Format.WEBP, "its header is broken")


def _damaged(kind: Format, how: str) -> PictureFault:
    return PictureFault(Reason.DAMAGED, f"the {kind.name} is damaged: {how}")
