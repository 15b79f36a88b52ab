"""One process of the stack: how it is started, what it waits for, and how one knows that it works."""

import shutil
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from infra.errors import ErrorCode, ReelwearError


class NotReady(Exception):
    """A part does not do its work yet, or no longer; the text says why."""


@dataclass(frozen=True)
class Part:
    """A process under the supervisor. `needs` names the parts that must be healthy before this one is started."""

    name: str
    command: tuple[str, ...]
    env: dict[str, str]
    """Added to the supervisor's environment."""
    needs: tuple[str, ...]
    check: Callable[[], None]
    """Returns when the part does its work, raises `NotReady` otherwise; takes a few seconds at most."""
    start_timeout_s: float
    """From the start of the process to the first check that passes."""
    stop_timeout_s: float
    """From SIGTERM to SIGKILL; the part's promises hold after either."""
    cwd: Path


def binary(name: str) -> str:
    """Path of an executable that a wheel of this environment brought along, else of one on the PATH."""
    beside = Path(sysconfig.get_path("scripts")) / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise ReelwearError(
            ErrorCode.PART_FAILED, f"the program {name} is not installed; pip install reelwear brings it along"
        )
    return found
