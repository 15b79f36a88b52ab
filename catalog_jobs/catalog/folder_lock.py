"""A folder that one run of a job at a time works in."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from catalog_jobs.catalog.fetching.faults import DISK_FULL
from infra.errors import ErrorCode, ReelwearError
from infra.locks import lock_file


@contextmanager
def only_one(folder: Path, lock_name: str, held: str, way_out: str) -> Iterator[None]:
    """Hold a folder, which is made where it is missing, until the end of the block or of the process.

    held: what is said while another run has it. way_out: what to do where the folder cannot be written.
    Raises ALREADY_RUNNING; DISK_FULL or BAD_REQUEST where the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = lock_file(folder / lock_name)
    except OSError as fault:
        code = ErrorCode.DISK_FULL if fault.errno in DISK_FULL else ErrorCode.BAD_REQUEST
        raise ReelwearError(code, f"{folder} cannot be written ({fault.strerror}); {way_out}") from fault
    if handle is None:
        raise ReelwearError(ErrorCode.ALREADY_RUNNING, held)
    try:
        yield
    finally:
        os.close(handle)
