"""`up` and `down` as one watches them: the parts as they come and go, and Ctrl-C on the way."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen
from types import FrameType

from rich.live import Live
from rich.text import Text

from infra.errors import ErrorCode, ReelwearError
from infra.local.launch import failure_of, launch, stop_stack, watch
from infra.local.report import stack_report
from infra.local.state import StackState, StackStatus
from infra.local.tables import stack_console, stack_view

REFRESHES_A_SECOND = 2


def run_stack(data_dir: Path, is_detached: bool) -> None:
    """Start the folder's stack and watch it: until it is ready when detached, else until it ends.

    Ctrl-C, SIGTERM and SIGHUP stop it in order; a second one without waiting. Raises the error of a stack that cannot
    start, with the end of the failing part's log, and ALREADY_RUNNING.
    """
    console = stack_console()
    supervisor = launch(data_dir, is_detached)
    last: StackStatus | None = None
    with _stops_passed_on(supervisor), _live_view(data_dir):
        for last in watch(data_dir, supervisor):
            if is_detached and last.state is StackState.READY:
                return
            if not console.is_terminal and last.state is StackState.READY and last.took_s is not None:
                console.print(f"ready after {last.took_s:.1f} s")
    if last is None or last.state is StackState.FAILED:
        raise (
            failure_of(data_dir, last) if last else ReelwearError(ErrorCode.PART_FAILED, "the supervisor said nothing")
        )
    if is_detached:
        raise ReelwearError(ErrorCode.PART_FAILED, "the stack was stopped before it was ready")
    console.print(Text(f"stopped {_names(last)}"))


def end_stack(data_dir: Path) -> None:
    """Stop the folder's stack, wait for its end, and say what was stopped."""
    console = stack_console()
    began_s = time.monotonic()
    with _live_view(data_dir):
        states = list(stop_stack(data_dir))
    if not states:
        console.print(Text(f"nothing runs in {data_dir}"))
        return
    stopped = ", ".join(part.name for part in reversed(states[0].parts) if part.process) or "the supervisor"
    console.print(Text(f"stopped {stopped} in {time.monotonic() - began_s:.1f} s"))


@contextmanager
def _live_view(data_dir: Path) -> Iterator[None]:
    """The parts, redrawn while the block runs; nothing where nobody watches."""
    console = stack_console()
    if not console.is_terminal:
        yield
        return
    with Live(
        get_renderable=lambda: stack_view(stack_report(data_dir)),
        console=console,
        refresh_per_second=REFRESHES_A_SECOND,
    ):
        yield


@contextmanager
def _stops_passed_on(supervisor: "Popen[bytes]") -> Iterator[None]:
    """Let what would end this process ask the supervisor for an orderly stop instead."""

    def pass_on(_number: int, _frame: FrameType | None) -> None:
        supervisor.terminate()

    earlier = {number: signal.signal(number, pass_on) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)


def _names(status: StackStatus) -> str:
    return ", ".join(part.name for part in reversed(status.parts)) or "nothing"
