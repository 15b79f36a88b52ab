"""What is to be done for a picture: nothing, ask whether it changed, fetch it, or copy it."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from catalog_jobs.catalog.fetching.faults import PictureFault, Reason
from catalog_jobs.catalog.fetching.layout import KeptPicture
from catalog_jobs.catalog.pictures import Picture


class Step(StrEnum):
    """The four ways."""

    KEEP = "keep"
    ASK = "ask"
    FETCH = "fetch"
    COPY = "copy"


@dataclass(frozen=True)
class Task:
    """One picture and its way. source: of a copy, with `stamp`, which changes when it does."""

    picture: Picture
    step: Step
    known: KeptPicture | None = None
    source: Path | None = None
    stamp: str = ""


def plan(picture: Picture, known: KeptPicture | None, is_asking_again: bool) -> Task:
    """The way of a picture. known: what lies here whole under its number.

    What came from this very URL is kept, or asked after if that is wanted; a file beside the images file is copied when
    its size or time differ from those of the copy. Raises `bad_url`, `outside` or `no_file`.
    """
    url = picture.url.strip()
    if is_path(url):
        source = source_of(url, picture.folder)
        stamp = stamp_of(source)
        is_same = known is not None and known.url == url and known.etag == stamp
        return Task(picture, Step.KEEP if is_same else Step.COPY, known, source, stamp)
    if known is None or known.url != url:
        return Task(picture, Step.FETCH)
    return Task(picture, Step.ASK if is_asking_again else Step.KEEP, known)


def is_path(url: str) -> bool:
    """Whether it names a file rather than a server; raises `bad_url` where it names nothing."""
    if not url:
        raise PictureFault(Reason.BAD_URL, "there is no URL")
    try:
        parts = urlsplit(url)
    except ValueError as fault:
        raise PictureFault(Reason.BAD_URL, f"it is no URL: {fault}") from fault
    return not parts.scheme and not parts.netloc


def source_of(path: str, folder: str | None) -> Path:
    """The file that a relative path names, links followed; raises `outside` where it leads out of the folder."""
    if folder is None:
        raise PictureFault(Reason.BAD_URL, "it has no scheme, and there is no images file whose folder it could be in")
    home = Path(folder).resolve()
    try:
        source = (home / path).resolve()
    except (OSError, ValueError, RuntimeError) as fault:
        raise PictureFault(Reason.BAD_URL, f"it is no path: {fault}") from fault
    if not source.is_relative_to(home):
        raise PictureFault(
            Reason.OUTSIDE, f"it leads out of {home}; only files inside the images file's folder are copied"
        )
    return source


def stamp_of(source: Path) -> str:
    """Size and time of a file; raises `no_file` unless it is one."""
    try:
        found = source.stat()
    except OSError as fault:
        raise PictureFault(Reason.NO_FILE, f"{source} cannot be read: {fault.strerror}") from fault
    if not source.is_file():
        raise PictureFault(Reason.NO_FILE, f"{source} is no file")
    return f"{found.st_size}-{found.st_mtime_ns}"
