"""Why a picture is not here: a stable reason, words for people, and whether another attempt helps."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Final

from infra.errors import ErrorCode, ReelwearError

DISK_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


class Reason(StrEnum):
    """The reasons that a report counts by."""

    BAD_URL = "bad_url"
    REFUSED_ADDRESS = "refused_address"
    UNKNOWN_HOST = "unknown_host"
    UNREACHABLE = "unreachable"
    BAD_CERTIFICATE = "bad_certificate"
    TIMED_OUT = "timed_out"
    BROKEN_OFF = "broken_off"
    TOO_MANY_REDIRECTS = "too_many_redirects"
    NOT_FOUND = "not_found"
    GONE = "gone"
    FORBIDDEN = "forbidden"
    OVERLOADED = "overloaded"
    BAD_ANSWER = "bad_answer"
    TOO_LARGE = "too_large"
    TOO_MANY_PIXELS = "too_many_pixels"
    WRONG_TYPE = "wrong_type"
    DAMAGED = "damaged"
    NO_FILE = "no_file"
    OUTSIDE = "outside"
    NUMBER_TAKEN = "number_taken"
    FOLDER_TAKEN = "folder_taken"
    NOT_WRITABLE = "not_writable"


class PictureFault(Exception):
    """One picture cannot be had. retry_after_s: how long its server asked to be left alone. was_tried: False where
    nobody was asked for it. attempts: how often somebody was.
    """

    def __init__(
        self,
        reason: Reason,
        message: str,
        *,
        is_retryable: bool = False,
        retry_after_s: float | None = None,
        was_tried: bool = True,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.is_retryable = is_retryable
        self.retry_after_s = retry_after_s
        self.was_tried = was_tried
        self.attempts = 0


@contextmanager
def disk_faults_named(folder: Path) -> Iterator[None]:
    """Turn what the file system raises into DISK_FULL, which ends the run, or a fault of this picture alone."""
    try:
        yield
    except OSError as fault:
        if fault.errno in DISK_FULL:
            raise ReelwearError(
                ErrorCode.DISK_FULL,
                f"no room left on the disk of {folder} ({fault.strerror}); make room and run the fetch again: what is "
                "here is kept",
            ) from fault
        raise PictureFault(Reason.NOT_WRITABLE, f"{folder} cannot be written: {fault.strerror or fault}") from fault
