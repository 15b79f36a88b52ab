"""Files that appear whole or not at all."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from infra.errors import ErrorCode, ReelwearError


class Folder:
    """The folder that plots go to, and what was written there, in order."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.written: list[Path] = []

    def write(self, name: str, data: bytes) -> Path:
        """Write a file; raises as `writing` does."""
        with self.writing(name) as part:
            part.write_bytes(data)
        return self.path / name

    def tidy(self, pattern: str) -> None:
        """Take away what earlier runs left under names of a pattern that this run has not written: further pages."""
        for path in self.path.glob(pattern):
            if path not in self.written:
                with suppress(OSError):
                    path.unlink()

    @contextmanager
    def writing(self, name: str) -> Iterator[Path]:
        """A path to write to, which is the file of that name once the block ends well.

        Raises DISK_FULL, or NOT_FOUND where the folder cannot be written to.
        """
        path = self.path / name
        part = path.with_name(f".{path.name}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            yield part
            part.replace(path)
        except OSError as fault:
            is_full = fault.errno in (errno.ENOSPC, errno.EDQUOT)
            way_out = "make room on its disk" if is_full else "give --out a folder that is yours"
            code = ErrorCode.DISK_FULL if is_full else ErrorCode.NOT_FOUND
            raise ReelwearError(code, f"{path} cannot be written ({fault.strerror or fault}); {way_out}") from fault
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        self.written.append(path)
