"""What the supervisor says about itself and its parts, in `state.json` of the data folder."""

from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from infra.local.files import write_private

STATE_FILE = "state.json"


class PartState(StrEnum):
    """Where a part is on its way: waiting → starting → ready, with the ways back."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    UNHEALTHY = "unhealthy"
    RESTARTING = "restarting"
    FAILED = "failed"
    STOPPING = "stopping"
    STOPPED = "stopped"


class StackState(StrEnum):
    """Where the whole stack is; `degraded` was ready once and has a part that is not."""

    STARTING = "starting"
    READY = "ready"
    DEGRADED = "degraded"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"


class ProcessMark(BaseModel):
    """A process, told from a later one with the same id by when it was created (epoch seconds) and what it runs."""

    model_config = ConfigDict(frozen=True)

    pid: int
    created: float
    command: tuple[str, ...] = ()


class PartStatus(BaseModel):
    """One part as it stands; `took_s` is from its latest launch to its first healthy answer.

    `error` is what is wrong now, `last_end` why its process before this one ended.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    state: PartState
    process: ProcessMark | None = None
    restarts: int = 0
    took_s: float | None = None
    error: str = ""
    last_end: str = ""


class StackStatus(BaseModel):
    """The whole stack as it stands; `took_s` is from the supervisor's start until every part was ready."""

    model_config = ConfigDict(frozen=True)

    state: StackState
    process: ProcessMark
    took_s: float | None = None
    error_code: str = ""
    error: str = ""
    parts: tuple[PartStatus, ...] = ()

    def part(self, name: str) -> PartStatus:
        """The named part. Raises KeyError."""
        for part in self.parts:
            if part.name == name:
                return part
        raise KeyError(name)


def write_state(data_dir: Path, status: StackStatus) -> None:
    """Replace the folder's state.json in one step. Raises OSError when the disk is full."""
    write_private(data_dir / STATE_FILE, status.model_dump_json(indent=2) + "\n")


def read_state(data_dir: Path) -> StackStatus | None:
    """What the latest supervisor of this folder left behind; None when there was none or it cannot be read."""
    try:
        return StackStatus.model_validate_json((data_dir / STATE_FILE).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
