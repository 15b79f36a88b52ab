"""The parts' logs: a file each in `logs/` of the data folder, put aside by size when the part starts."""

import codecs
import os
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from io import FileIO
from pathlib import Path

import structlog

from infra.local.files import PRIVATE_FILE_MODE, private_folder

LOGS_FOLDER = "logs"
MAX_LOG_BYTES = 10 * 1024**2
KEPT_LOGS = 3


def log_as_json() -> None:
    """Let this process write its log events to stderr, a JSON object a line."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def log_path(log_dir: Path, name: str) -> Path:
    """Where the part's log is; put-aside ones carry `.1` (the newest) to `.3`."""
    return log_dir / f"{name}.log"


def open_log(log_dir: Path, name: str, max_bytes: int = MAX_LOG_BYTES) -> FileIO:
    """The part's log, open for appending; one that has reached `max_bytes` is put aside first."""
    private_folder(log_dir)
    path = log_path(log_dir, name)
    if path.exists() and path.stat().st_size >= max_bytes:
        for number in range(KEPT_LOGS, 0, -1):
            older = path.with_name(f"{path.name}.{number}")
            newer = path.with_name(f"{path.name}.{number - 1}") if number > 1 else path
            if newer.exists():
                newer.replace(older)
    return FileIO(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE_FILE_MODE), "ab")


def last_lines(log_dir: Path, name: str, count: int) -> list[str]:
    """The last `count` lines of the part's log, oldest first; none when it has no log yet."""
    try:
        with log_path(log_dir, name).open(encoding="utf-8", errors="replace") as log:
            return [line.rstrip("\n") for line in deque(log, maxlen=count)]
    except FileNotFoundError:
        return []


def log_names(log_dir: Path) -> list[str]:
    """The parts that have a log, by name."""
    return sorted(path.stem for path in log_dir.glob("*.log"))


def follow_logs(log_dir: Path, names: Iterable[str], look_every_s: float = 0.25) -> Iterator[tuple[str, str]]:
    """What is written from now on, as (part, line), without end."""
    followed = {name: new_lines(log_dir, name) for name in names}
    while True:
        is_quiet = True
        for name, lines in followed.items():
            while (line := next(lines)) is not None:
                is_quiet = False
                yield name, line
        if is_quiet:
            time.sleep(look_every_s)


def new_lines(log_dir: Path, name: str) -> Iterator[str | None]:
    """Lines written from now on, without end; None where there is nothing new yet. Follows a log that is put aside."""
    path = log_path(log_dir, name)
    position = path.stat().st_size if path.exists() else 0
    rest, decoder = "", codecs.getincrementaldecoder("utf-8")("replace")
    while True:
        size = path.stat().st_size if path.exists() else 0
        if size < position:
            position, rest = 0, ""
            decoder.reset()
        if size == position:
            yield None
            continue
        with path.open("rb") as log:
            log.seek(position)
            chunk = log.read(64 * 1024)
            position += len(chunk)
        *whole, rest = (rest + decoder.decode(chunk)).split("\n")
        yield from whole
