"""A whole stack of tiny parts in its own supervisor process: started, watched, killed, stopped."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from infra.errors import ErrorCode, ReelwearError
from infra.local.launch import failure_of, launch, running_stack, stop_stack, watch
from infra.local.logs import last_lines, new_lines, open_log
from infra.local.processes import end_orphans, listening_addresses, mark_of
from infra.local.report import stack_report
from infra.local.stack import only_supervisor
from infra.local.state import ProcessMark, StackState, StackStatus

pytestmark = pytest.mark.timeout(30)

TINY_STACK = """
import sys
from pathlib import Path
from infra.local.part import NotReady, Part
from infra.local.stack import supervise
from infra.local.state import StackState

def parts_of(folder):
    def check():
        if (folder / 'broken').exists():
            raise NotReady('it is broken')
    sleep = (sys.executable, '-S', '-c', "print('good morning', flush=True); import time; time.sleep(600)")
    store = Part('store', sleep, {}, (), lambda: None, 5.0, 2.0, folder)
    return [store, Part('host', sleep, {}, ('store',), check, 0.5, 2.0, folder)]

raise SystemExit(supervise(Path(sys.argv[1]), parts_of).state is StackState.FAILED)
"""
TINY = (sys.executable, "-c", TINY_STACK)


Launch = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def launch_tiny(folder: Path) -> Iterator[Launch]:
    launched: list[subprocess.Popen[bytes]] = []

    def launch_it(command: Sequence[str] = TINY) -> "subprocess.Popen[bytes]":
        launched.append(launch(folder, is_detached=True, command=command))
        return launched[-1]

    yield launch_it
    list(stop_stack(folder, timeout_s=5.0))
    for supervisor in launched:
        supervisor.wait()


def until_ready(folder: Path, supervisor: "subprocess.Popen[bytes]") -> StackStatus:
    return next(status for status in watch(folder, supervisor) if status.state is StackState.READY)


def part_pids(status: StackStatus) -> list[int]:
    return [part.process.pid for part in status.parts if part.process]


def assert_gone(pids: list[int]) -> None:
    processes = []
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            processes.append(psutil.Process(pid))
    _, alive = psutil.wait_procs([one for one in processes if one.status() != psutil.STATUS_ZOMBIE], timeout=5)
    assert not alive


def test_a_stack_is_started_reported_and_stopped(folder: Path, launch_tiny: Launch) -> None:
    supervisor = launch_tiny()
    ready = until_ready(folder, supervisor)
    report = stack_report(folder)
    assert (report.state, report.is_running, report.pid) == (StackState.READY, True, supervisor.pid)
    assert [part.name for part in report.parts] == ["store", "host"]
    assert all(part.took_s and part.uptime_s is not None and part.memory_bytes for part in report.parts)
    states = list(stop_stack(folder))
    assert states[0] == ready
    assert states[-1].state is StackState.STOPPED
    assert supervisor.wait() == 0
    assert_gone(part_pids(ready))
    after = stack_report(folder)
    assert (after.state, after.is_running, after.pid) == (StackState.STOPPED, False, None)
    assert list(stop_stack(folder)) == []


def test_a_second_start_of_the_same_folder_names_the_first(folder: Path, launch_tiny: Launch) -> None:
    supervisor = launch_tiny()
    until_ready(folder, supervisor)
    with pytest.raises(ReelwearError, match=f"already running \\(pid {supervisor.pid}\\)") as refusal:
        launch(folder, is_detached=True, command=TINY)
    assert refusal.value.code is ErrorCode.ALREADY_RUNNING
    with pytest.raises(ReelwearError, match=f"already running \\(pid {supervisor.pid}\\)"), only_supervisor(folder):
        pass


def test_a_stack_that_cannot_start_says_which_part_and_shows_its_log(folder: Path, launch_tiny: Launch) -> None:
    folder.mkdir()
    (folder / "broken").touch()
    supervisor = launch_tiny()
    *_, last = watch(folder, supervisor)
    error = failure_of(folder, last)
    assert last.state is StackState.FAILED
    assert error.code is ErrorCode.PART_FAILED
    assert error.message.startswith("host failed: not healthy within 0.5 s: it is broken\nthe end of ")
    assert error.message.endswith("host.log:\ngood morning")
    assert supervisor.returncode == 1


def test_a_supervisor_that_ends_without_a_word_is_reported_with_its_log(folder: Path, launch_tiny: Launch) -> None:
    supervisor = launch_tiny((sys.executable, "-c", "raise SystemExit('no luck today')"))
    with pytest.raises(ReelwearError, match="the supervisor ended with exit code 1:\nno luck today"):
        list(watch(folder, supervisor))


def test_a_killed_supervisor_is_noticed_and_the_stack_starts_again(folder: Path, launch_tiny: Launch) -> None:
    supervisor = launch_tiny()
    ready = until_ready(folder, supervisor)
    supervisor.kill()
    supervisor.wait()
    assert running_stack(folder) is None
    assert "is gone without a stop" in stack_report(folder).error
    assert_gone(part_pids(ready))
    again = until_ready(folder, launch_tiny())
    assert not set(part_pids(again)) & set(part_pids(ready))


def test_a_foreground_stack_stops_when_its_starter_is_killed(folder: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from infra.local.launch import launch;"
        f"launch(Path({str(folder)!r}), is_detached=False, command=(sys.executable, '-c', {TINY_STACK!r}));"
        "time.sleep(600)"
    )
    starter = subprocess.Popen([sys.executable, "-c", script])
    give_up = 300
    while not ((status := running_stack(folder)) and status.state is StackState.READY):
        give_up -= 1
        assert give_up, "the stack did not start"
        with suppress(subprocess.TimeoutExpired):
            starter.wait(0.05)
    starter.kill()
    starter.wait()
    assert_gone([status.process.pid, *part_pids(status)])
    assert stack_report(folder).state is StackState.STOPPED


def test_orphans_are_told_from_strangers_with_the_same_id(tmp_path: Path) -> None:
    command = (sys.executable, "-S", "-c", "import time; print('up', flush=True); time.sleep(600)")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout is not None
    with process.stdout:
        process.stdout.readline()
    mark = mark_of(process.pid, command)
    older = ProcessMark(pid=mark.pid, created=mark.created - 60, command=command)
    other = ProcessMark(pid=mark.pid, created=mark.created, command=("weed", "server"))
    try:
        assert end_orphans(older, tmp_path) == []
        assert end_orphans(other, tmp_path) == []
        assert process.poll() is None
        assert end_orphans(mark, tmp_path) == [process.pid]
        assert process.wait() == -signal.SIGKILL
        assert end_orphans(mark, tmp_path) == []
    finally:
        process.kill()
        process.wait()


def test_children_of_a_dead_leader_are_ended_by_their_data_folder(tmp_path: Path) -> None:
    child_script = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
    script = "import subprocess, sys; subprocess.Popen([sys.executable, '-S', '-c', sys.argv[1]])"
    leader = subprocess.Popen(
        [sys.executable, "-S", "-c", script, child_script],
        env={**os.environ, "REELWEAR_DATA_DIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    mark = mark_of(leader.pid, ())
    assert leader.stdout is not None
    with leader.stdout:
        child = int(leader.stdout.readline())
    leader.wait()
    assert end_orphans(mark, tmp_path / "another") == []
    assert end_orphans(mark, tmp_path) == [child]
    assert_gone([child])


def test_listening_sockets_are_seen_with_their_holder() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        mine = [found for found in listening_addresses([os.getpid()]) if found.port == server.getsockname()[1]]
    assert [(found.pid, found.address) for found in mine] == [(os.getpid(), "127.0.0.1")]
    assert server.fileno() == -1
    assert not [found for found in listening_addresses([os.getpid()]) if found in mine]


def test_a_log_is_put_aside_when_it_has_grown(tmp_path: Path) -> None:
    for word in ("one", "two", "three", "four", "five"):
        with open_log(tmp_path, "host", max_bytes=4) as log:
            log.write(f"{word}\n".encode())
    kept = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert kept["host.log"] == "five\n"
    assert sorted(kept) == ["host.log", "host.log.1", "host.log.2", "host.log.3"]
    assert kept["host.log.1"] == "four\n"


def test_last_lines_and_new_lines_of_a_log(tmp_path: Path) -> None:
    with open_log(tmp_path, "host") as log:
        log.write(b"one\ntwo\nthree\n")
        assert last_lines(tmp_path, "host", 2) == ["two", "three"]
        assert last_lines(tmp_path, "nobody", 2) == []
        followed = new_lines(tmp_path, "host")
        assert next(followed) is None
        letter = "é".encode()
        log.write(b"caf" + letter[:1])
        assert next(followed) is None
        log.write(letter[1:] + b"\nfive\nsi")
        assert [next(followed), next(followed), next(followed)] == ["café", "five", None]
