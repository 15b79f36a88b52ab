"""Files that one process at a time holds."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PRIVATE = 0o600


def lock_file(path: Path) -> int | None:
    """The handle of a file that is this process's until it closes it or ends; None while another's. Raises OSError."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    except OSError:
        os.close(handle)
        raise
    return handle


@contextmanager
def holding(path: Path) -> Iterator[bool]:
    """Whether the file is this process's, which it then is to the end of the block. Raises OSError."""
    handle = lock_file(path)
    try:
        yield handle is not None
    finally:
        if handle is not None:
            os.close(handle)
