"""One picture's bytes, from a server or a file, into its part; nothing that the server says of them is believed."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Final

from catalog_jobs.catalog.fetching.client import Answer, PictureClient
from catalog_jobs.catalog.fetching.content import HEAD_BYTES, Content, format_of, read_content
from catalog_jobs.catalog.fetching.faults import PictureFault, Reason
from catalog_jobs.catalog.fetching.layout import KeptPicture, Part
from catalog_jobs.catalog.fetching.options import FetchOptions

PARTIAL: Final = HTTPStatus.PARTIAL_CONTENT
NOT_MODIFIED: Final = HTTPStatus.NOT_MODIFIED
NO_SUCH_RANGE: Final = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
COPIED_BYTES: Final = 1024**2


async def receive(
    client: PictureClient, url: str, known: KeptPicture | None, part: Part, options: FetchOptions
) -> tuple[Content, Mapping[str, str]] | None:
    """One attempt: what came whole into `part`, with the headers; None where the server says that `known` still holds.

    A part is gone on with where the server agrees that it is of the same content (Range with If-Range, RFC 9110,
    13.1.5). Raises PictureFault; what came before a passing one stays in the part.
    """
    if part.url != url:
        part.begin(url, "")
    if known is None and part.size_bytes and part.validator:
        asked = {"Range": f"bytes={part.size_bytes}-", "If-Range": part.validator}
    else:
        part.begin(url, "")
        asked = conditions(known)
    async with client.get(url, asked) as answer:
        if answer.status == NOT_MODIFIED:
            if known is None:
                raise PictureFault(Reason.BAD_ANSWER, "the server answers 304 to a question without condition")
            return None
        if answer.status == NO_SUCH_RANGE:
            part.begin(url, "")
            raise PictureFault(Reason.BAD_ANSWER, "the server has no such range", is_retryable="Range" in asked)
        await take_in(answer, url, part, options)
    try:
        return finish(part, options), answer.headers
    except PictureFault as fault:
        # The two halves may be of two contents, whatever the server said: once more from the beginning.
        fault.is_retryable = fault.is_retryable or answer.status == PARTIAL
        part.begin(url, "")
        raise


def conditions(known: KeptPicture | None) -> dict[str, str]:
    """The headers that ask for a picture only if it changed."""
    if known is None:
        return {}
    asked = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    return {name: value for name, value in asked.items() if value}


async def take_in(answer: Answer, url: str, part: Part, options: FetchOptions) -> None:
    """The body, counted as it comes, and given up at its first bytes where it is no picture."""
    if answer.headers.get("content-encoding", "identity").lower() not in ("identity", ""):
        raise PictureFault(
            Reason.BAD_ANSWER, f"it comes encoded as {answer.headers['content-encoding']}, which was not asked for"
        )
    start = range_start(answer) if answer.status == PARTIAL else 0
    if answer.status != PARTIAL:
        part.begin(url, validator_of(answer.headers))
    elif start != part.size_bytes:
        part.begin(url, "")
        raise PictureFault(Reason.BAD_ANSWER, "another range came than was asked for", is_retryable=True)
    check_size(start + (answer.length_bytes or 0), options)
    is_judged = start >= HEAD_BYTES
    async for chunk in answer.chunks:
        part.add(chunk)
        check_size(part.size_bytes, options)
        if not is_judged and part.size_bytes >= HEAD_BYTES:
            format_of(part.head(HEAD_BYTES))
            is_judged = True
    if answer.length_bytes is None and not answer.headers.get("transfer-encoding"):
        raise_if_short(part, options)


def finish(part: Part, options: FetchOptions) -> Content:
    """What a whole part is."""
    return read_content(part.content(), options.max_pixels)


def raise_if_short(part: Part, options: FetchOptions) -> None:
    """Where only the end of the connection ends a body, one that ends in the middle may come whole another time."""
    try:
        finish(part, options)
    except PictureFault as fault:
        if fault.reason is Reason.DAMAGED:
            raise PictureFault(fault.reason, fault.message, is_retryable=True) from fault
        raise


def copy(source: Path, part: Part, options: FetchOptions) -> Content:
    """A file beside the images file, under the same limits; raises `no_file` where it cannot be read."""
    part.begin(str(source), "")
    for chunk in chunks_of(source):
        part.add(chunk)
        check_size(part.size_bytes, options)
    return finish(part, options)


def chunks_of(source: Path) -> Iterator[bytes]:
    """The bytes of a file; raises `no_file`."""
    try:
        with source.open("rb") as file:
            while chunk := file.read(COPIED_BYTES):
                yield chunk
    except OSError as fault:
        raise PictureFault(Reason.NO_FILE, f"{source} cannot be read: {fault.strerror}") from fault


def check_size(size_bytes: int, options: FetchOptions) -> None:
    """Raises `too_large`."""
    if size_bytes > options.max_bytes:
        raise PictureFault(
            Reason.TOO_LARGE,
            f"it has more than {options.max_bytes} bytes, the limit of a picture; --max-bytes raises it",
        )


def validator_of(headers: Mapping[str, str]) -> str:
    """What says that a later answer is of the same content: a strong ETag, else Last-Modified."""
    etag = headers.get("etag", "")
    return etag if etag.startswith('"') else headers.get("last-modified", "")


def range_start(answer: Answer) -> int:
    """Where the part of a 206 begins; -1 where it does not say."""
    unit, _, rest = answer.headers.get("content-range", "").partition(" ")
    start = rest.partition("-")[0]
    return int(start) if unit == "bytes" and start.isdecimal() else -1
