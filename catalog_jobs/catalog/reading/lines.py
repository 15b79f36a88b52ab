"""Lines of text from files of any usual encoding: UTF-8, UTF-16 and UTF-32 by their mark, else Windows-1252, told."""

import codecs
from collections.abc import Callable, Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO

from infra.errors import ErrorCode, ReelwearError

# Longest first: UTF-32's mark begins with UTF-16's.
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
FALLBACK = "cp1252"
MAX_LINE_BYTES = 64 * 1024**2
PROBE_BYTES = 64 * 1024

Tell = Callable[[str], None]


def open_file(path: Path) -> BinaryIO:
    """The file's bytes. Raises NOT_FOUND, or EMPTY_FILE for one without any but white space in its beginning."""
    try:
        file = path.open("rb")
        head = file.read(PROBE_BYTES)
        file.seek(0)
    except OSError as fault:
        message = f"{path} cannot be read ({fault.strerror}); give the path of a file"
        raise ReelwearError(ErrorCode.NOT_FOUND, message) from fault
    if not head.strip():
        file.close()
        raise ReelwearError(ErrorCode.EMPTY_FILE, f"{path.name} is empty; export it from the shop again")
    return file


def read_lines(path: Path, tell: Tell) -> Iterator[str]:
    """The lines with their ends, decoded; `tell` hears of another encoding than UTF-8.

    Without a mark each line that is no UTF-8 is read as Windows-1252, so that files put together from both stay whole.
    Raises NOT_FOUND, EMPTY_FILE, and TOO_LARGE for a line over 64 MiB.
    """
    with open_file(path) as file:
        head = file.read(PROBE_BYTES)
        file.seek(0)
        encoding = encoding_of(head)
        if encoding in ("utf-8", "utf-8-sig"):
            file.seek(len(codecs.BOM_UTF8) if encoding == "utf-8-sig" else 0)
            yield from _by_line(file, path.name, tell, is_old_mac=b"\r" in head and b"\n" not in head)
        else:
            tell(f"{path.name} is in {encoding.upper()}")
            yield from _whole(file, path.name, encoding, tell)


def read_text(path: Path, tell: Tell) -> str:
    """The whole text; encodings and errors as in `read_lines`."""
    return "".join(read_lines(path, tell))


def encoding_of(head: bytes) -> str:
    """What the beginning of a file says of its encoding; "utf-8" where it says nothing."""
    for mark, encoding in MARKS:
        if head.startswith(mark):
            return encoding
    even, odd = head[0:2000:2], head[1:2000:2]
    if len(head) >= 4 and odd.count(0) > len(odd) * 0.6:
        return "utf-16-le"
    return "utf-16-be" if len(head) >= 4 and even.count(0) > len(even) * 0.6 else "utf-8"


def _by_line(file: BinaryIO, name: str, tell: Tell, is_old_mac: bool) -> Iterator[str]:
    lines = odd_lines = 0
    for raw in _raw_lines(file, name, b"\r" if is_old_mac else b"\n"):
        lines += 1
        try:
            line = raw.decode("utf-8")
        except UnicodeDecodeError:
            line = raw.decode(FALLBACK, "replace")
            odd_lines += 1
        yield line
    if odd_lines:
        tell(f"{name} is no UTF-8 in {odd_lines} of {lines} lines; they were read as Windows-1252")


def _raw_lines(file: BinaryIO, name: str, end: bytes) -> Iterator[bytes]:
    rest = b""
    while chunk := file.readline(MAX_LINE_BYTES + 1):
        if len(chunk) > MAX_LINE_BYTES:
            raise _too_long(name)
        if end == b"\n":
            yield chunk
            continue
        *lines, rest = (rest + chunk).split(end)
        yield from (line + b"\n" for line in lines)
    if rest:
        yield rest


def _whole(file: BinaryIO, name: str, encoding: str, tell: Tell) -> Iterator[str]:
    has_broken = False
    # Ended by \n alone: the csv reader wants to see the rest itself.
    with TextIOWrapper(file, encoding, errors="replace", newline="\n") as text:
        while line := text.readline(MAX_LINE_BYTES + 1):
            if len(line) > MAX_LINE_BYTES:
                raise _too_long(name)
            has_broken = has_broken or "\ufffd" in line
            yield line
    if has_broken:
        tell(f"{name} is no {encoding.upper()} in places; they are marked with \ufffd")


def _too_long(name: str) -> ReelwearError:
    message = f"{name} has a line of over {MAX_LINE_BYTES // 1024**2} MiB, which is the limit; is it a table?"
    return ReelwearError(ErrorCode.TOO_LARGE, message)
