"""What a file says of itself in its first bytes and its outer structure, read by us before any decoder sees it."""

from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import BinaryIO

from infra.errors import ErrorCode, ReelwearError

MOV_BOXES = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}
MATROSKA_START = b"\x1a\x45\xdf\xa3"
MATROSKA_SEGMENT = b"\x18\x53\x80\x67"
PNG_START = b"\x89PNG\r\n\x1a\n"
JPEG_START = b"\xff\xd8\xff"

# A file may lack this share of what it promises; beyond it, it counts as cut off.
MISSING_SHARE = 0.02


class Form(Enum):
    """The forms of file that are read; the values of the videos are FFmpeg's names of their demuxers."""

    MOV = "mov"
    MATROSKA = "matroska"
    AVI = "avi"
    JPEG = "jpeg"
    PNG = "png"

    @property
    def is_image(self) -> bool:
        """Whether it is a still picture."""
        return self in (Form.JPEG, Form.PNG)


def form_of(path: Path) -> Form:
    """The form of a file by its first bytes; names and suffixes are not asked.
    Raises empty_file, and not_media for all that is not on the list (text, playlists, archives, audio formats).
    """
    with path.open("rb") as file:
        head = file.read(12)
    if not head:
        raise ReelwearError(ErrorCode.EMPTY_FILE, "the file is empty (0 bytes); upload it again")
    if head[4:8] in MOV_BOXES:
        return Form.MOV
    if head.startswith(MATROSKA_START):
        return Form.MATROSKA
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return Form.AVI
    if head.startswith(JPEG_START):
        return Form.JPEG
    if head.startswith(PNG_START):
        return Form.PNG
    raise ReelwearError(
        ErrorCode.NOT_MEDIA,
        f"the file begins with {head[:8]!r}, which is no mp4, mov, mkv, webm, avi, jpg or png; its name does not count",
    )


def check_whole(path: Path, form: Form) -> None:
    """Hold the sizes that a video's container promises against the bytes that are there.
    Raises truncated where more than MISSING_SHARE is missing, or where a mov has no index (`moov`).
    """
    size_bytes = path.stat().st_size
    with path.open("rb") as file:
        if form is Form.MOV:
            boxes = list(_boxes(file, 0, size_bytes))
            if not any(kind == b"moov" for kind, _, _ in boxes):
                told = f"the file ends after {size_bytes} bytes, before its index (moov); upload it again"
                raise ReelwearError(ErrorCode.TRUNCATED, told)
            promised_bytes = max(end for _, _, end in boxes)
        else:
            promised_bytes = _matroska_end(file) if form is Form.MATROSKA else _avi_end(file)
    if promised_bytes * (1 - MISSING_SHARE) > size_bytes:
        raise ReelwearError(
            ErrorCode.TRUNCATED, f"the file has {size_bytes} bytes and promises {promised_bytes}; upload it again"
        )


def track_sizes(path: Path) -> list[tuple[int, int]]:
    """Width and height of each track as a mov's headers give them; decoders may say otherwise later."""
    sizes: list[tuple[int, int]] = []
    with path.open("rb") as file:
        for kind, start, end in _boxes(file, 0, path.stat().st_size):
            for track, track_start, track_end in _boxes(file, start, end) if kind == b"moov" else ():
                for header, _, header_end in _boxes(file, track_start, track_end) if track == b"trak" else ():
                    if header == b"tkhd":
                        file.seek(header_end - 8)
                        fixed = file.read(8)
                        sizes.append((int.from_bytes(fixed[:2], "big"), int.from_bytes(fixed[4:6], "big")))
    return sizes


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start of body and end of each box in a stretch of an ISO base media file; stops at nonsense."""
    while start + 8 <= end:
        file.seek(start)
        header = file.read(16)
        size, kind, body = int.from_bytes(header[:4], "big"), header[4:8], start + 8
        if size == 1:
            size, body = int.from_bytes(header[8:16], "big"), start + 16
        elif size == 0:
            size = end - start
        if size < body - start:
            return
        yield kind, body, start + size
        start += size


def _matroska_end(file: BinaryIO) -> int:
    """Where the segment ends by its own word; 0 where it does not say (live recordings)."""
    file.seek(len(MATROSKA_START))
    header_bytes = _matroska_size(file) or 0
    file.seek(header_bytes, 1)
    if file.read(4) != MATROSKA_SEGMENT:
        return 0
    segment_bytes = _matroska_size(file)
    return file.tell() + segment_bytes if segment_bytes is not None else 0


def _matroska_size(file: BinaryIO) -> int | None:
    """The variable-length size at the file's place; None for "unknown" (all ones)."""
    first = int.from_bytes(file.read(1), "big")
    length = 9 - first.bit_length()
    if not 1 <= length <= 8:
        return None
    value = int.from_bytes(bytes([first & (0xFF >> length)]) + file.read(length - 1), "big")
    return None if value == (1 << 7 * length) - 1 else value


def _avi_end(file: BinaryIO) -> int:
    file.seek(4)
    return int.from_bytes(file.read(4), "little") + 8
