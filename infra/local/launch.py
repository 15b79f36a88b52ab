"""Start the supervisor's process, find the one that runs, stop it."""

import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from subprocess import Popen

import psutil

import infra
from infra.errors import ErrorCode, ReelwearError
from infra.local.files import private_folder
from infra.local.logs import LOGS_FOLDER, last_lines, open_log
from infra.local.plan import check_room
from infra.local.processes import end_orphans, is_alive, kill_family, start_tethered
from infra.local.state import StackState, StackStatus, read_state
from infra.settings import Settings

SUPERVISOR_LOG = "supervisor"
SUPERVISE = (sys.executable, "-m", "infra.local.stack")
LOOK_EVERY_S = 0.1
# A host, then the stores, each with its own time to stop; beyond it the supervisor itself hangs.
STOP_TIMEOUT_S = 120.0


def running_stack(data_dir: Path) -> StackStatus | None:
    """The state of the folder's stack while its supervisor lives, else None."""
    status = read_state(data_dir)
    return status if status and is_alive(status.process) else None


def launch(data_dir: Path, is_detached: bool, command: Sequence[str] = SUPERVISE) -> "Popen[bytes]":
    """Start the supervisor of the folder: the command, with the folder after it.

    Unless detached, it stops the stack when the caller's process dies.

    Raises ALREADY_RUNNING, and DISK_FULL when the folder's disk has less room than `min_free_bytes`.
    """
    if running := running_stack(data_dir):
        raise ReelwearError(
            ErrorCode.ALREADY_RUNNING,
            f"the stack of {data_dir} is already running (pid {running.process.pid}); "
            "stop it with `reelwear down`, or use another --data",
        )
    check_room(private_folder(data_dir), Settings.of_environment(data_dir).stack.min_free_bytes)
    packages = str(Path(infra.__file__).resolve().parents[1])
    paths = [packages, *filter(None, [os.environ.get("PYTHONPATH")])]
    env = {"REELWEAR_DATA_DIR": str(data_dir), "PYTHONPATH": os.pathsep.join(paths)}
    with open_log(data_dir / LOGS_FOLDER, SUPERVISOR_LOG) as log:
        whole = (*command, str(data_dir))
        return start_tethered(whole, env, data_dir, log, death_signal=0 if is_detached else signal.SIGTERM)


def watch(data_dir: Path, supervisor: "Popen[bytes]") -> Iterator[StackStatus]:
    """The states of a launched stack as they change, until its supervisor ends; the last one says how it ended.

    Raises PART_FAILED with the supervisor's last words when it ended without saying so in its state.
    """
    told: StackStatus | None = None
    has_ended = False
    while not has_ended:
        has_ended = supervisor.poll() is not None
        status = read_state(data_dir)
        if status and status.process.pid == supervisor.pid and status != told:
            told = status
            yield status
        elif not has_ended:
            time.sleep(LOOK_EVERY_S)
    if told is None or told.state not in (StackState.STOPPED, StackState.FAILED):
        lines = "\n".join(last_lines(data_dir / LOGS_FOLDER, SUPERVISOR_LOG, 10))
        raise ReelwearError(
            ErrorCode.PART_FAILED, f"the supervisor ended with exit code {supervisor.returncode}:\n{lines}"
        )


def failure_of(data_dir: Path, status: StackStatus, log_lines: int = 15) -> ReelwearError:
    """The error of a stack that could not start: which part, why, and the end of its log."""
    code = next((code for code in ErrorCode if code.code == status.error_code), ErrorCode.PART_FAILED)
    failed = [part.name for part in status.parts if part.state == "failed"]
    lines = [line for name in failed for line in last_lines(data_dir / LOGS_FOLDER, name, log_lines)]
    tail = "\n".join(["", f"the end of {data_dir / LOGS_FOLDER / failed[0]}.log:", *lines]) if lines else ""
    return ReelwearError(code, status.error + tail)


def stop_stack(data_dir: Path, timeout_s: float = STOP_TIMEOUT_S) -> Iterator[StackStatus]:
    """Stop the folder's stack in order; the states on the way. Nothing when it does not run.

    A supervisor that outlives the timeout is killed, and so is what it, or an earlier one that was killed, left behind.
    """
    status = running_stack(data_dir)
    if status:
        yield status
        psutil.Process(status.process.pid).terminate()
        stop_by_s = time.monotonic() + timeout_s
        while is_alive(status.process) and time.monotonic() < stop_by_s:
            time.sleep(LOOK_EVERY_S)
            if (now := read_state(data_dir)) and now != status:
                status = now
                yield status
        if is_alive(status.process):
            kill_family(status.process.pid)
    yield from _end_leftovers(data_dir)


def _end_leftovers(data_dir: Path) -> Iterator[StackStatus]:
    status = read_state(data_dir)
    if status is None or is_alive(status.process):
        return
    orphaned = tuple(part for part in status.parts if part.process and end_orphans(part.process, data_dir))
    if orphaned:
        yield status.model_copy(update={"parts": orphaned})
