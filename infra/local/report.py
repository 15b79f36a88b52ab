"""How the stack stands, for people and as the one document of `reelwear status --json`."""

import shutil
import time
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from infra.local.launch import running_stack
from infra.local.plan import known_ports
from infra.local.processes import is_alive, memory_bytes
from infra.local.state import PartState, PartStatus, StackState, StackStatus, read_state
from infra.settings import STACK_ENV_FILE, Settings

# Of each part the port that its clients use, as the plan names it.
PART_PORTS = {"seaweedfs": "s3", "nats": "nats", "models": "serve", "host": "api"}


class PartReport(BaseModel):
    """One part: `took_s` from launch to ready, `uptime_s` of its process, resident memory of all its processes."""

    model_config = ConfigDict(frozen=True)

    name: str
    state: PartState
    pid: int | None
    port: int | None
    restarts: int
    took_s: float | None
    uptime_s: float | None
    memory_bytes: int | None
    error: str
    last_end: str


class StackReport(BaseModel):
    """The stack: `took_s` until all parts were ready; `urls` of what answers; room on the data folder's disk."""

    model_config = ConfigDict(frozen=True)

    state: StackState
    is_running: bool
    data_dir: Path
    pid: int | None
    uptime_s: float | None
    took_s: float | None
    error: str
    disk_free_bytes: int | None
    disk_total_bytes: int | None
    urls: dict[str, str]
    parts: tuple[PartReport, ...]


def stack_report(data_dir: Path, now_s: float | None = None) -> StackReport:
    """How the folder's stack stands; works when nothing runs, and when nothing ever ran there."""
    now_s = time.time() if now_s is None else now_s
    running = running_stack(data_dir)
    status = running or read_state(data_dir)
    disk = shutil.disk_usage(data_dir) if data_dir.exists() else None
    ports = known_ports(data_dir)
    return StackReport(
        state=status.state if running and status else _ended(status),
        is_running=running is not None,
        data_dir=data_dir,
        pid=running.process.pid if running else None,
        uptime_s=round(now_s - running.process.created, 1) if running else None,
        took_s=status.took_s if status else None,
        error=_error(status, is_running=running is not None),
        disk_free_bytes=disk.free if disk else None,
        disk_total_bytes=disk.total if disk else None,
        urls=stack_urls(data_dir) if running else {},
        parts=tuple(_part_report(part, ports, now_s) for part in status.parts) if status else (),
    )


def stack_urls(data_dir: Path) -> dict[str, str]:
    """Where the folder's stack answers, by what one finds there; empty before its first start."""
    if not (data_dir / STACK_ENV_FILE).exists():
        return {}
    settings = Settings.load(data_dir)
    return {
        "page and API": settings.api_url,
        "S3": f"{settings.bucket.s3_url} (bucket {settings.bucket.s3_bucket})",
        "bus": settings.bus.nats_url,
        "model server": settings.models.model_server_url,
        "Ray dashboard": f"http://127.0.0.1:{settings.stack.dashboard_port}",
    }


def _ended(status: StackStatus | None) -> StackState:
    return StackState.FAILED if status and status.state is StackState.FAILED else StackState.STOPPED


def _error(status: StackStatus | None, is_running: bool) -> str:
    if status is None:
        return "never started; `reelwear up` starts it"
    if not is_running and status.state not in (StackState.STOPPED, StackState.FAILED):
        return f"the supervisor (pid {status.process.pid}) is gone without a stop; `reelwear up` starts it again"
    return status.error


def _part_report(part: PartStatus, ports: dict[str, int], now_s: float) -> PartReport:
    process = part.process if part.process and is_alive(part.process) else None
    return PartReport(
        name=part.name,
        state=part.state if process or part.process is None else PartState.STOPPED,
        pid=process.pid if process else None,
        port=ports.get(PART_PORTS.get(part.name, "")),
        restarts=part.restarts,
        took_s=part.took_s,
        uptime_s=round(now_s - process.created, 1) if process else None,
        memory_bytes=memory_bytes(process.pid) if process else None,
        error=part.error,
        last_end=part.last_end,
    )
