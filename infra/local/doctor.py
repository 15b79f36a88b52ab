"""Is this machine fit for the stack, and the stack in order? Each check says what it found and what to do about it."""

import re
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from importlib import import_module
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from infra.errors import ReelwearError
from infra.local.credentials import CREDENTIALS_FILE
from infra.local.files import PRIVATE_FILE_MODE, PRIVATE_FOLDER_MODE
from infra.local.launch import running_stack
from infra.local.part import binary
from infra.local.plan import SETTING_PORTS, known_ports
from infra.local.ports import holder_of, is_free
from infra.local.processes import Listening, listening_addresses
from infra.local.state import STATE_FILE
from infra.local.words import bytes_text
from infra.settings import ENV_PREFIX, STACK_ENV_FILE, Settings, StackSettings

OLDEST_PYTHON = (3, 11)
OLDEST_FFMPEG = 8
# Ray's object store falls back to the disk below this, and says so at length.
LEAST_SHARED_MEMORY_BYTES = 1024**3
PACKAGES = (
    *("av", "cv2", "onnxruntime", "ray", "nats", "boto3", "sqlalchemy", "alembic"),
    *("qdrant_client", "qdrant_edge", "fastapi"),
)
BINARIES: dict[str, tuple[str, ...]] = {"weed": ("version",), "nats-server": ("--version",)}
BINARY_TIMEOUT_S = 20.0
CLOCK_TOLERANCE_S = 5.0


class Verdict(StrEnum):
    """How a check ended; an error keeps the stack from working."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


class Check(BaseModel):
    """What was looked at, what was found, and what to do about it (empty when all is well)."""

    model_config = ConfigDict(frozen=True)

    name: str
    verdict: Verdict
    found: str
    remedy: str = ""


def examine(data_dir: Path, packages: Sequence[str] = PACKAGES) -> tuple[Check, ...]:
    """All checks, on this machine and on the folder's stack, whether it runs or not. Raises BAD_SETTING."""
    settings = Settings.of_environment(data_dir).stack
    running = running_stack(data_dir)
    pids = [running.process.pid, *(part.process.pid for part in running.parts if part.process)] if running else []
    sockets = listening_addresses(pids)
    return (
        check_python(sys.version_info[:2]),
        *check_packages(packages),
        *check_binaries(BINARIES),
        check_ffmpeg(),
        check_disk(data_dir, settings.min_free_bytes),
        check_shared_memory(Path("/dev/shm")),  # noqa: S108  the mount itself is looked at, nothing is written there
        *check_ports(settings, sockets, known_ports(data_dir) if running else {}),
        *check_secrets(data_dir),
        check_clock(data_dir, time.time()),
        check_loopback(sockets, is_running=running is not None),
    )


def check_python(version: tuple[int, ...]) -> Check:
    """Whether this Python is new enough; `version` is (major, minor)."""
    found = ".".join(map(str, version))
    if version >= OLDEST_PYTHON:
        return Check(name="python", verdict=Verdict.OK, found=found)
    oldest = ".".join(map(str, OLDEST_PYTHON))
    return Check(name="python", verdict=Verdict.ERROR, found=found, remedy=f"use Python {oldest} or newer")


def check_packages(packages: Iterable[str]) -> Iterator[Check]:
    """Whether each package can really be imported: a wheel may be there and its system library not."""
    for name in packages:
        try:
            version = getattr(import_module(name), "__version__", "installed")
        except (ImportError, OSError) as problem:
            yield Check(
                name=name, verdict=Verdict.ERROR, found=str(problem), remedy="pip install --force-reinstall reelwear"
            )
        else:
            yield Check(name=name, verdict=Verdict.OK, found=str(version))


def check_binaries(binaries: dict[str, tuple[str, ...]]) -> Iterator[Check]:
    """Whether each program is found and runs; the values are the arguments that make it tell its version."""
    for name, arguments in binaries.items():
        try:
            path = binary(name)
            answer = subprocess.run(
                [path, *arguments], capture_output=True, text=True, timeout=BINARY_TIMEOUT_S, check=True
            )
        except ReelwearError as error:
            yield Check(
                name=name, verdict=Verdict.ERROR, found=error.message, remedy="pip install --force-reinstall reelwear"
            )
        except (OSError, subprocess.SubprocessError) as problem:
            yield Check(
                name=name, verdict=Verdict.ERROR, found=str(problem), remedy=f"pip install --force-reinstall {name}-bin"
            )
        else:
            version = re.search(r"\d+(\.\d+)+", answer.stdout + answer.stderr)
            yield Check(name=name, verdict=Verdict.OK, found=f"{version[0] if version else 'runs'} at {path}")


def check_ffmpeg() -> Check:
    """Whether the FFmpeg that PyAV carries is of the generation that still gets fixes."""
    try:
        found = str(import_module("av").ffmpeg_version_info)
    except (ImportError, OSError) as problem:
        return Check(
            name="ffmpeg", verdict=Verdict.ERROR, found=str(problem), remedy="pip install --force-reinstall av"
        )
    major = re.match(r"n?(\d+)", found)
    if major and int(major[1]) >= OLDEST_FFMPEG:
        return Check(name="ffmpeg", verdict=Verdict.OK, found=found)
    remedy = "pip install --upgrade av: uploads are decoded with it, and older ones have known holes"
    return Check(name="ffmpeg", verdict=Verdict.WARNING, found=found, remedy=remedy)


def check_disk(data_dir: Path, min_free_bytes: int) -> Check:
    """Whether the data folder's disk has room; the folder need not be there yet."""
    folder = next(path for path in (data_dir, *data_dir.parents) if path.exists())
    free_bytes = shutil.disk_usage(folder).free
    found = f"{bytes_text(free_bytes)} free at {folder}"
    if free_bytes >= min_free_bytes:
        return Check(name="disk", verdict=Verdict.OK, found=found)
    remedy = f"make room for {bytes_text(min_free_bytes)}, use another --data, or lower {ENV_PREFIX}MIN_FREE_BYTES"
    return Check(name="disk", verdict=Verdict.ERROR, found=found, remedy=remedy)


def check_shared_memory(mount: Path) -> Check:
    """Whether Ray's objects fit in shared memory; systems without the mount do without."""
    if not mount.exists():
        return Check(name="shared memory", verdict=Verdict.OK, found=f"no {mount} here")
    total_bytes = shutil.disk_usage(mount).total
    found = f"{bytes_text(total_bytes)} at {mount}"
    if total_bytes >= LEAST_SHARED_MEMORY_BYTES:
        return Check(name="shared memory", verdict=Verdict.OK, found=found)
    remedy = f"give {mount} {bytes_text(LEAST_SHARED_MEMORY_BYTES)}; in Docker, --shm-size=1g"
    return Check(name="shared memory", verdict=Verdict.WARNING, found=found, remedy=remedy)


def check_ports(stack: StackSettings, own: Sequence[Listening], resolved: dict[str, int]) -> Iterator[Check]:
    """Whether each port is free or held by our own sockets; `resolved` are the ports of a running stack."""
    ours = {socket.port for socket in own}
    for name in SETTING_PORTS:
        port = resolved.get(name) or getattr(stack, f"{name}_port")
        label = f"port {name}"
        if port == 0:
            yield Check(name=label, verdict=Verdict.OK, found="any free one")
        elif port in ours:
            yield Check(name=label, verdict=Verdict.OK, found=f"{port}, held by this stack")
        elif is_free(port):
            yield Check(name=label, verdict=Verdict.OK, found=f"{port}, free")
        else:
            found = f"{port}, taken by {holder_of(port) or 'a process of another user'}"
            remedy = f"set {ENV_PREFIX}{name.upper()}_PORT to another port, or to 0 for any free one"
            yield Check(name=label, verdict=Verdict.ERROR, found=found, remedy=remedy)


def check_secrets(data_dir: Path) -> Iterator[Check]:
    """Whether the folder and its files with secrets are closed to others; what is not there yet is passed over."""
    wanted = {
        data_dir: PRIVATE_FOLDER_MODE,
        **{data_dir / name: PRIVATE_FILE_MODE for name in (CREDENTIALS_FILE, STACK_ENV_FILE)},
    }
    for path, mode in wanted.items():
        if path.exists():
            actual = stat.S_IMODE(path.stat().st_mode)
            is_closed = not actual & ~mode
            remedy = "" if is_closed else f"chmod {mode:o} {path}"
            verdict = Verdict.OK if is_closed else Verdict.ERROR
            yield Check(name=f"mode of {path.name}", verdict=verdict, found=f"{actual:o}", remedy=remedy)


def check_clock(data_dir: Path, now_s: float) -> Check:
    """Whether the clock (epoch seconds) is behind what was already written: signed requests would be refused."""
    written = [path.stat().st_mtime for path in (Path(__file__), data_dir / STATE_FILE) if path.exists()]
    behind_s = max(written) - now_s
    if behind_s <= CLOCK_TOLERANCE_S:
        return Check(name="clock", verdict=Verdict.OK, found=time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now_s)))
    found = f"{behind_s:.0f} s behind files that were already written"
    return Check(name="clock", verdict=Verdict.WARNING, found=found, remedy="set the clock, and keep it with NTP")


def check_loopback(sockets: Sequence[Listening], is_running: bool) -> Check:
    """Whether the stack's processes listen on loopback alone."""
    open_ones = [socket for socket in sockets if not socket.is_loopback]
    if open_ones:
        found = ", ".join(
            f"{socket.process} (pid {socket.pid}) on {socket.address}:{socket.port}" for socket in open_ones
        )
        remedy = "stop the stack and report this: nothing of it may be reached from outside"
        return Check(name="loopback only", verdict=Verdict.ERROR, found=found, remedy=remedy)
    found = f"{len(sockets)} sockets, all on loopback" if is_running else "the stack does not run"
    return Check(name="loopback only", verdict=Verdict.OK, found=found)
