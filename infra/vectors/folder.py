"""The folder that the local store lives in: whose it is, what lay there before, what it takes."""

from pathlib import Path

import structlog

from infra.errors import ErrorCode, ReelwearError
from infra.locks import lock_file

STORE_FOLDER, LOCK_FILE = "engine", "lock"

log = structlog.get_logger()


def hold(folder: Path, path: Path) -> int:
    """The lock of a store's folder, which ends with this process; raises ALREADY_RUNNING when another holds it."""
    handle = lock_file(folder / LOCK_FILE)
    if handle is None:
        message = f"another process holds the vectors in {path}; ask it over HTTP, or stop it with `reelwear down`"
        raise ReelwearError(ErrorCode.ALREADY_RUNNING, message)
    return handle


def tell_of_older_format(path: Path) -> None:
    """Say that what an earlier version stored here is not read, where the new store is about to be made beside it."""
    if (path / "meta.json").is_file() and (path / "collection").is_dir() and not (path / STORE_FOLDER).exists():
        log.warning(
            "the vectors of an earlier version lie here in another format and are left as they are; "
            "`reelwear vectors rebuild` fills the new store from the records",
            folder=str(path),
        )


def taken_bytes(folder: Path) -> int:
    """The room that the files of a folder take on the disk; the engine's have holes, which take none."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*"))
