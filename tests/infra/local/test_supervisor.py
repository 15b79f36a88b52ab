"""The supervisor over tiny real processes: order, restarts, giving up, stopping, and what a kill -9 leaves behind."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.errors import ErrorCode, ReelwearError
from infra.local.part import NotReady, Part
from infra.local.processes import kill_family, mark_of
from infra.local.state import PartState, PartStatus, StackState, StackStatus
from infra.local.supervisor import Patience, Supervisor

pytestmark = pytest.mark.timeout(30)

QUICK = Patience(
    tick_s=0.01,
    check_starting_every_s=0.02,
    check_ready_every_s=0.05,
    backoff_base_s=0.02,
    backoff_max_s=0.1,
    deaths_before_ready=4,
)
SLEEP = "import time; time.sleep(600)"
SAY_WHEN_STOPPED = """
import pathlib, signal, sys, time
def stop(*_):
    time.sleep(0.1)
    with open('stopped', 'a') as file:
        file.write('{name} ')
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
pathlib.Path('{name}.up').touch()
time.sleep(600)
"""
DIE_AT_FIRST = """
import pathlib, sys, time
launches = pathlib.Path('launches')
launches.write_text((launches.read_text() if launches.exists() else '') + 'x')
if len(launches.read_text()) <= {times}:
    sys.exit('launch fails')
pathlib.Path('up').touch()
time.sleep(600)
"""
LEAVE_A_CHILD = """
import pathlib, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(600)'])
pathlib.Path('new').write_text(str(child.pid))
pathlib.Path('new').rename('child')
time.sleep(600)
"""


def file_check(path: Path) -> Callable[[], None]:
    def check() -> None:
        if not path.exists():
            raise NotReady(f"{path.name} is not there")

    return check


def make_part(
    folder: Path,
    name: str,
    script: str = SLEEP,
    needs: Sequence[str] = (),
    check: Callable[[], None] = lambda: None,
    start_timeout_s: float = 10.0,
    stop_timeout_s: float = 5.0,
) -> Part:
    command = (sys.executable, "-S", "-c", script)
    return Part(name, command, {}, tuple(needs), check, start_timeout_s, stop_timeout_s, folder)


@dataclass
class Run:
    """A supervisor that stops itself once a status pleases; `seen` is all it told."""

    parts: Sequence[Part]
    folder: Path
    until: Callable[[StackStatus], bool] = lambda status: status.state is StackState.READY
    patience: Patience = QUICK
    seen: list[StackStatus] = field(default_factory=list)

    def __post_init__(self) -> None:
        me = mark_of(os.getpid(), ())
        self.supervisor = Supervisor(self.parts, self.folder / "logs", me, self._tell, self.patience)
        self.last = self.supervisor.run()

    def _tell(self, status: StackStatus) -> None:
        self.seen.append(status)
        if status.state is not StackState.STOPPING and self.until(status):
            self.supervisor.stop()

    def states(self, name: str) -> list[PartState]:
        return [status.part(name).state for status in self.seen]

    def first(self, name: str, state: PartState) -> StackStatus:
        return next(status for status in self.seen if status.part(name).state is state)

    def ready(self, name: str) -> list[PartStatus]:
        return [part for status in self.seen if (part := status.part(name)).state is PartState.READY]


def is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def wait_until(is_so: Callable[[], bool], timeout_s: float = 10.0) -> None:
    give_up_s = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < give_up_s, "it never came about"
        time.sleep(0.01)


def pid_of(part: PartStatus) -> int:
    assert part.process is not None
    return part.process.pid


def test_a_part_starts_when_what_it_needs_is_ready_and_waits_for_nothing_else(tmp_path: Path) -> None:
    host_up = tmp_path / "host.up"
    parts = [
        make_part(
            tmp_path, "host", SAY_WHEN_STOPPED.format(name="host"), needs=("store", "bus"), check=file_check(host_up)
        ),
        make_part(tmp_path, "models", check=file_check(host_up)),
        make_part(tmp_path, "bus", SAY_WHEN_STOPPED.format(name="bus"), check=file_check(tmp_path / "bus.up")),
        make_part(tmp_path, "store", SAY_WHEN_STOPPED.format(name="store"), check=file_check(tmp_path / "store.up")),
    ]
    run = Run(parts, tmp_path)
    at_host_start = run.first("host", PartState.STARTING)
    assert at_host_start.part("store").state is at_host_start.part("bus").state is PartState.READY
    assert at_host_start.part("models").state is PartState.STARTING
    at_first = next(status for status in run.seen if status.part("bus").state is PartState.STARTING)
    assert at_first.part("store").state is at_first.part("models").state is PartState.STARTING
    assert at_first.part("host").state is PartState.WAITING
    assert run.last.took_s is not None
    assert run.last.took_s >= max(part.took_s or 0.0 for part in run.last.parts) > 0


def test_parts_stop_before_what_they_need(tmp_path: Path) -> None:
    names = {"store": (), "bus": ("store",), "host": ("bus", "store")}
    parts = [
        make_part(tmp_path, name, SAY_WHEN_STOPPED.format(name=name), needs, file_check(tmp_path / f"{name}.up"))
        for name, needs in names.items()
    ]
    run = Run(parts, tmp_path)
    assert (tmp_path / "stopped").read_text().split() == ["host", "bus", "store"]
    assert {part.state for part in run.last.parts} == {PartState.STOPPED}
    assert run.last.state is StackState.STOPPED


def test_a_child_that_dies_three_times_comes_back_each_time(tmp_path: Path) -> None:
    part = make_part(tmp_path, "shaky", DIE_AT_FIRST.format(times=3), check=file_check(tmp_path / "up"))
    run = Run([part], tmp_path)
    ready = run.ready("shaky")[0]
    assert (ready.restarts, ready.error, ready.last_end) == (3, "", "ended with exit code 1")
    assert (tmp_path / "launches").read_text() == "xxxx"
    assert PartState.RESTARTING in run.states("shaky")
    assert (tmp_path / "logs" / "shaky.log").read_text().count("launch fails") == 3


def test_a_child_that_only_dies_is_given_up_by_name_and_the_others_are_stopped(tmp_path: Path) -> None:
    parts = [
        make_part(tmp_path, "fine"),
        make_part(tmp_path, "broken", "raise SystemExit(7)", check=file_check(tmp_path / "up")),
    ]
    run = Run(parts, tmp_path)
    assert run.last.state is StackState.FAILED
    assert run.last.error == "broken failed: ended with exit code 7 at launch 5"
    assert run.last.error_code == ErrorCode.PART_FAILED.code
    assert run.last.part("fine").state is PartState.STOPPED
    assert is_gone(pid_of(run.ready("fine")[0]))


def test_a_program_that_is_not_there_is_named_in_the_log(tmp_path: Path) -> None:
    part = Part("absent", ("/nowhere/weed",), {}, (), file_check(tmp_path / "up"), 5.0, 1.0, tmp_path)
    run = Run([part], tmp_path)
    assert run.last.state is StackState.FAILED
    assert "/nowhere/weed cannot be run" in (tmp_path / "logs" / "absent.log").read_text()


def test_a_child_that_never_gets_healthy_fails_with_the_reason_of_its_check(tmp_path: Path) -> None:
    part = make_part(tmp_path, "deaf", check=file_check(tmp_path / "up"), start_timeout_s=0.3)
    run = Run([part], tmp_path)
    assert run.last.error == "deaf failed: not healthy within 0.3 s: up is not there"
    assert is_gone(pid_of(run.first("deaf", PartState.STARTING).part("deaf")))


def test_a_check_that_hangs_counts_as_not_healthy(tmp_path: Path) -> None:
    part = make_part(tmp_path, "mute", check=lambda: time.sleep(0.6), start_timeout_s=0.2)
    assert Run([part], tmp_path).last.error == "mute failed: not healthy within 0.2 s: its check did not answer"


def test_a_killed_part_comes_back_and_the_others_are_left_alone(tmp_path: Path) -> None:
    parts = [make_part(tmp_path, "store"), make_part(tmp_path, "host", needs=("store",))]
    killed: list[int] = []

    def kill_once(status: StackStatus) -> bool:
        if status.state is StackState.READY and not killed:
            killed.append(pid_of(status.part("store")))
            os.kill(killed[0], signal.SIGKILL)
        return status.state is StackState.READY and status.part("store").restarts == 1

    run = Run(parts, tmp_path, kill_once)
    assert run.first("store", PartState.RESTARTING).part("store").error == "ended by signal 9"
    assert StackState.DEGRADED in {status.state for status in run.seen}
    assert len({pid_of(part) for part in run.ready("store")}) == 2
    assert len({pid_of(part) for part in run.ready("host")}) == 1


def test_a_part_that_was_ready_once_is_never_given_up(tmp_path: Path) -> None:
    up = tmp_path / "up"
    script = f"import pathlib, time; up = pathlib.Path({str(up)!r}); up.unlink() if up.exists() else time.sleep(600)"

    def end_it_again_and_again(status: StackStatus) -> bool:
        part = status.part("shaky")
        if part.state is PartState.READY and part.restarts == 0:
            up.touch()
            os.kill(pid_of(part), signal.SIGKILL)
        elif part.state is PartState.RESTARTING:
            up.touch()
        return part.restarts > QUICK.deaths_before_ready + 1

    run = Run([make_part(tmp_path, "shaky", script)], tmp_path, end_it_again_and_again)
    assert run.last.state is StackState.STOPPED


def test_an_unhealthy_part_recovers_without_a_restart(tmp_path: Path) -> None:
    sick = tmp_path / "sick"

    def check() -> None:
        if sick.exists():
            raise NotReady("it is sick")

    def make_sick_then_well(status: StackStatus) -> bool:
        part = status.part("host")
        if part.state is PartState.READY and PartState.UNHEALTHY not in seen:
            sick.touch()
        if part.state is PartState.UNHEALTHY:
            seen.append(part.state)
            assert part.error == "it is sick"
            sick.unlink(missing_ok=True)
        return part.state is PartState.READY and PartState.UNHEALTHY in seen

    seen: list[PartState] = []
    run = Run([make_part(tmp_path, "host", check=check)], tmp_path, make_sick_then_well)
    assert len({pid_of(part) for part in run.ready("host")}) == 1


def test_a_part_that_stays_unhealthy_is_started_anew(tmp_path: Path) -> None:
    sick = tmp_path / "sick"

    def check() -> None:
        if sick.exists():
            raise NotReady("it is sick")

    def make_sick(status: StackStatus) -> bool:
        part = status.part("host")
        if part.state is PartState.READY and part.restarts == 0:
            sick.touch()
        if part.state is PartState.RESTARTING:
            sick.unlink(missing_ok=True)
        return part.state is PartState.READY and part.restarts == 1

    run = Run([make_part(tmp_path, "host", check=check, start_timeout_s=0.3)], tmp_path, make_sick)
    assert run.first("host", PartState.RESTARTING).part("host").error == "not healthy within 0.3 s: it is sick"
    assert len({pid_of(part) for part in run.ready("host")}) == 2


def test_a_part_that_ignores_the_end_is_killed_with_its_children(tmp_path: Path) -> None:
    part = make_part(tmp_path, "stubborn", LEAVE_A_CHILD, check=file_check(tmp_path / "child"), stop_timeout_s=0.3)
    began_s = time.monotonic()
    run = Run([part], tmp_path)
    assert time.monotonic() - began_s > 0.3
    wait_until(lambda: is_gone(pid_of(run.ready("stubborn")[0])) and is_gone(int((tmp_path / "child").read_text())))


def test_a_second_request_to_stop_waits_for_nothing(tmp_path: Path) -> None:
    part = make_part(tmp_path, "stubborn", LEAVE_A_CHILD, check=file_check(tmp_path / "child"), stop_timeout_s=600.0)

    def stop_twice(status: StackStatus) -> None:
        if status.state is StackState.READY:
            supervisor.stop()
            supervisor.stop()

    supervisor = Supervisor([part], tmp_path / "logs", mark_of(os.getpid(), ()), stop_twice, QUICK)
    assert supervisor.run().state is StackState.STOPPED


def test_what_a_dead_part_left_behind_is_ended_before_the_next_launch(tmp_path: Path) -> None:
    part = make_part(tmp_path, "parent", LEAVE_A_CHILD, check=file_check(tmp_path / "child"), stop_timeout_s=0.1)
    left: list[int] = []

    def kill_parent(status: StackStatus) -> bool:
        if status.state is StackState.READY and not left:
            left.append(int((tmp_path / "child").read_text()))
            os.kill(pid_of(status.part("parent")), signal.SIGKILL)
        return status.part("parent").restarts == 1

    Run([part], tmp_path, kill_parent)
    wait_until(lambda: is_gone(left[0]))


def test_parts_die_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    script = f"""
import os, pathlib, sys
from infra.local.part import Part
from infra.local.processes import mark_of
from infra.local.supervisor import Supervisor
folder = pathlib.Path({str(tmp_path)!r})
part = Part('child', (sys.executable, '-S', '-c', {SLEEP!r}), {{}}, (), lambda: None, 5.0, 5.0, folder)
def tell(status):
    if status.state == 'ready':
        (folder / 'new').write_text(str(status.parts[0].process.pid))
        (folder / 'new').rename(folder / 'pid')
Supervisor([part], folder / 'logs', mark_of(os.getpid(), ()), tell).run()
"""
    supervisor = subprocess.Popen([sys.executable, "-c", script])
    wait_until((tmp_path / "pid").exists)
    child = int((tmp_path / "pid").read_text())
    assert not is_gone(child)
    supervisor.kill()
    supervisor.wait()
    wait_until(lambda: is_gone(child))


def test_a_status_that_could_not_be_written_is_told_again(tmp_path: Path) -> None:
    refused: list[StackStatus] = []

    class FullDisk:
        def __call__(self, status: StackStatus) -> None:
            if len(refused) < 3:
                refused.append(status)
                raise OSError("no space left on device")
            if status.state is StackState.READY:
                supervisor.stop()

    supervisor = Supervisor(
        [make_part(tmp_path, "store")], tmp_path / "logs", mark_of(os.getpid(), ()), FullDisk(), QUICK
    )
    assert supervisor.run().state is StackState.STOPPED
    assert len(refused) == 3


@pytest.mark.parametrize(
    "needs",
    [
        pytest.param({"a": ("b",), "b": ("a",)}, id="a circle"),
        pytest.param({"a": ("nobody",)}, id="a stranger"),
    ],
)
def test_needs_that_cannot_be_met_are_refused(tmp_path: Path, needs: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(ReelwearError) as refusal:
        Run([make_part(tmp_path, name, needs=of) for name, of in needs.items()], tmp_path)
    assert refusal.value.code is ErrorCode.BAD_SETTING


@given(st.integers(min_value=1, max_value=10_000), st.randoms())
def test_backoff_stays_between_half_its_step_and_the_most(deaths: int, chance: random.Random) -> None:
    patience = Patience(backoff_base_s=0.5, backoff_max_s=30.0)
    step_s = min(30.0, 0.5 * 2 ** min(deaths - 1, 20))
    assert step_s / 2 <= patience.backoff_s(deaths, chance) <= step_s


def test_a_family_is_killed_whole_and_nobody_else(tmp_path: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-S", "-c", SLEEP], start_new_session=True)
    leader = subprocess.Popen([sys.executable, "-S", "-c", LEAVE_A_CHILD], cwd=tmp_path, start_new_session=True)
    wait_until((tmp_path / "child").exists)
    try:
        assert set(kill_family(leader.pid)) == {leader.pid, int((tmp_path / "child").read_text())}
        assert stranger.poll() is None
    finally:
        leader.wait()
        stranger.kill()
        stranger.wait()
