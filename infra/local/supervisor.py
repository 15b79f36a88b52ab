"""Starts parts in the order of their needs, keeps them alive, stops them in reverse: a loop, a state machine a part.

A part goes waiting → starting → ready ⇄ unhealthy. One that dies, or stays unhealthy as long as a start may take, is
restarting → starting. One that never was ready is given up in time: failed.
"""

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGTERM
from subprocess import Popen
from typing import Protocol

from infra.errors import ErrorCode, ReelwearError
from infra.local.logs import open_log
from infra.local.part import Part
from infra.local.processes import kill_family, mark_of, start_tethered
from infra.local.state import PartState, PartStatus, ProcessMark, StackState, StackStatus


@dataclass(frozen=True)
class Patience:
    """How often the supervisor looks, and how it deals with parts that die."""

    tick_s: float = 0.1
    check_starting_every_s: float = 0.25
    check_ready_every_s: float = 5.0
    backoff_base_s: float = 0.5
    backoff_max_s: float = 30.0
    stable_after_s: float = 60.0
    deaths_before_ready: int = 5

    def backoff_s(self, deaths: int, chance: random.Random) -> float:
        """Wait before the next launch: doubles with each death in a row (from 1), half of it is chance."""
        longest: float = min(self.backoff_max_s, self.backoff_base_s * 2 ** min(deaths - 1, 16))
        return longest * chance.uniform(0.5, 1.0)


class OnChange(Protocol):
    """Told of each new status, in the supervisor's thread; may raise OSError (a full disk) and is then told again."""

    def __call__(self, status: StackStatus) -> None: ...


@dataclass
class _Member:
    """A part and what is known of its current process. Times are the supervisor's clock."""

    part: Part
    state: PartState = PartState.WAITING
    process: "Popen[bytes] | None" = None
    mark: ProcessMark | None = None
    check: "Future[None] | None" = None
    launched_s: float = 0.0
    healthy_s: float = 0.0
    next_check_s: float = 0.0
    resume_s: float = 0.0
    stop_by_s: float = 0.0
    deaths: int = 0
    restarts: int = 0
    took_s: float | None = None
    error: str = ""
    last_end: str = ""

    def status(self) -> PartStatus:
        return PartStatus(
            name=self.part.name,
            state=self.state,
            process=self.mark if self.process else None,
            restarts=self.restarts,
            took_s=self.took_s,
            error=self.error,
            last_end=self.last_end,
        )


@dataclass
class Supervisor:
    """Runs the parts until it is asked to stop or one of them cannot be started.

    Parts are named once and need only parts of the same list, without a circle (BAD_SETTING otherwise).
    """

    parts: Sequence[Part]
    log_dir: Path
    process: ProcessMark
    on_change: OnChange
    patience: Patience = field(default_factory=Patience)
    clock: Callable[[], float] = time.monotonic
    chance: random.Random = field(default_factory=random.Random)

    def __post_init__(self) -> None:
        _check_needs(self.parts)
        self._members = {part.name: _Member(part) for part in self.parts}
        self._checks = ThreadPoolExecutor(max_workers=max(1, len(self.parts)), thread_name_prefix="check")
        self._stops_asked = 0
        self._began_s = self.clock()
        self._took_s: float | None = None
        self._failed: _Member | None = None
        self._told: StackStatus | None = None

    def stop(self) -> None:
        """Ask for an orderly stop; asked again, nothing is waited for. Safe in a signal handler."""
        self._stops_asked += 1

    def run(self) -> StackStatus:
        """Start, keep and finally stop the parts; returns the last status: `stopped`, or `failed` with the reason.

        Call it in the main thread: on Linux the parts die with the thread that started them.
        """
        self._began_s = self.clock()
        try:
            while not self._stops_asked and self._failed is None:
                for member in self._members.values():
                    self._advance(member)
                self._tell(self._state_of_run())
                time.sleep(self.patience.tick_s)
        finally:
            self._stop_all()
            self._checks.shutdown(wait=False, cancel_futures=True)
        return self._tell(StackState.FAILED if self._failed else StackState.STOPPED)

    def _advance(self, member: _Member) -> None:
        now = self.clock()
        if member.state in (PartState.WAITING, PartState.RESTARTING):
            if now >= member.resume_s and self._has_needs(member):
                self._launch(member, now)
        elif member.process is not None and member.state is not PartState.FAILED:
            exit_code = member.process.poll()
            if exit_code is not None:
                self._died(member, now, _words_for(exit_code))
            else:
                self._hear(member, now)
                self._ask(member, now)

    def _has_needs(self, member: _Member) -> bool:
        return all(self._members[need].state is PartState.READY for need in member.part.needs)

    def _launch(self, member: _Member, now: float) -> None:
        part = member.part
        try:
            with open_log(self.log_dir, part.name) as log:
                member.process = start_tethered(part.command, part.env, part.cwd, log)
        except OSError as problem:
            self._died(member, now, f"cannot be launched: {problem}")
            return
        member.mark = mark_of(member.process.pid, part.command)
        member.state = PartState.STARTING
        member.check = None
        member.launched_s = member.next_check_s = member.healthy_s = now

    def _ask(self, member: _Member, now: float) -> None:
        if member.check is None and now >= member.next_check_s and member.process is not None:
            is_starting = member.state is PartState.STARTING
            every_s = self.patience.check_starting_every_s if is_starting else self.patience.check_ready_every_s
            member.next_check_s = now + every_s
            member.check = self._checks.submit(member.part.check)

    def _hear(self, member: _Member, now: float) -> None:
        problem: BaseException | None = None
        if member.check is not None and member.check.done():
            problem = member.check.exception()
            member.check = None
            if problem is None:
                self._found_healthy(member, now)
            else:
                member.error = str(problem) or type(problem).__name__
                if member.state is PartState.READY:
                    member.state = PartState.UNHEALTHY
        limit_s = member.part.start_timeout_s
        if member.state is not PartState.STARTING:
            limit_s = max(limit_s, 3 * self.patience.check_ready_every_s)
        if now - member.healthy_s > limit_s:
            reason = f"not healthy within {limit_s:g} s: {member.error or 'its check did not answer'}"
            self._died(member, now, reason, is_fatal=True)

    def _found_healthy(self, member: _Member, now: float) -> None:
        if member.state is PartState.STARTING:
            member.took_s = round(now - member.launched_s, 2)
        if member.state is PartState.READY and now - member.launched_s > self.patience.stable_after_s:
            member.deaths = 0
        member.state, member.error, member.healthy_s = PartState.READY, "", now

    def _died(self, member: _Member, now: float, reason: str, is_fatal: bool = False) -> None:
        """Leave nothing of the dead part's session, then plan its next launch, or give up if it never was ready."""
        if member.process is not None:
            kill_family(member.process.pid)
            member.process.wait()
        member.process, member.check = None, None
        member.deaths += 1
        member.error = member.last_end = reason
        if member.took_s is None and (is_fatal or member.deaths > self.patience.deaths_before_ready):
            launches = f" at launch {member.deaths}" if member.deaths > 1 else ""
            member.error = reason + launches
            member.state = PartState.FAILED
            self._failed = member
            return
        member.restarts += 1
        member.resume_s = now + self.patience.backoff_s(member.deaths, self.chance)
        member.state = PartState.RESTARTING

    def _stop_all(self) -> None:
        """SIGTERM each part once nothing that needs it runs; SIGKILL what outlives its time."""
        while running := [member for member in self._members.values() if member.process is not None]:
            now = self.clock()
            needed = {need for member in running for need in member.part.needs}
            for member in running:
                self._end(member, now, is_needed=member.part.name in needed)
            self._tell(StackState.STOPPING)
            time.sleep(self.patience.tick_s / 2)
        for member in self._members.values():
            if member.state is not PartState.FAILED:
                member.state = PartState.STOPPED

    def _end(self, member: _Member, now: float, is_needed: bool) -> None:
        process = member.process
        if process is None:
            return
        is_hurried = self._stops_asked > 1
        if member.state is not PartState.STOPPING and (is_hurried or not is_needed):
            member.state = PartState.STOPPING
            member.stop_by_s = now + member.part.stop_timeout_s
            process.send_signal(SIGTERM)
        if member.state is PartState.STOPPING and (is_hurried or now > member.stop_by_s):
            kill_family(process.pid)
        if process.poll() is not None:
            kill_family(process.pid)
            member.process = None
            member.state = PartState.STOPPED

    def _state_of_run(self) -> StackState:
        if all(member.state is PartState.READY for member in self._members.values()):
            if self._took_s is None:
                self._took_s = round(self.clock() - self._began_s, 2)
            return StackState.READY
        return StackState.STARTING if self._took_s is None else StackState.DEGRADED

    def _tell(self, state: StackState) -> StackStatus:
        failed = self._failed
        status = StackStatus(
            state=state,
            process=self.process,
            took_s=self._took_s,
            error_code=ErrorCode.PART_FAILED.code if failed else "",
            error=f"{failed.part.name} failed: {failed.error}" if failed else "",
            parts=tuple(member.status() for member in self._members.values()),
        )
        if status != self._told:
            try:
                self.on_change(status)
                self._told = status
            except OSError:
                self._told = None
        return status


def _words_for(exit_code: int) -> str:
    return f"ended by signal {-exit_code}" if exit_code < 0 else f"ended with exit code {exit_code}"


def _check_needs(parts: Sequence[Part]) -> None:
    """Raises BAD_SETTING when a name is there twice, a need is not there, or needs go round in a circle."""
    names = [part.name for part in parts]
    if len(set(names)) < len(names):
        raise ReelwearError(ErrorCode.BAD_SETTING, f"parts {names} are not named once each")
    startable: set[str] = set()
    left = list(parts)
    while left:
        next_up = [part for part in left if startable.issuperset(part.needs)]
        if not next_up:
            needs = {part.name: part.needs for part in left}
            raise ReelwearError(ErrorCode.BAD_SETTING, f"parts {needs} need what is not there, or one another")
        startable.update(part.name for part in next_up)
        left = [part for part in left if part not in next_up]
