"""Processes: start one tethered to this one, tell it apart from a namesake, end all of it, see where it listens."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import FileIO
from ipaddress import IPv6Address, ip_address
from pathlib import Path

import psutil

from infra.local import tether
from infra.local.state import ProcessMark

# The kernel counts a process's start in ticks after boot; a corrected wall clock moves what psutil makes of it.
CREATED_TOLERANCE_S = 2.0


@dataclass(frozen=True)
class Listening:
    """A socket that waits for others: who holds it, and on which address."""

    pid: int
    process: str
    address: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it; an IPv4 address in IPv6 (`::ffff:127.0.0.1`) counts as itself."""
        address = ip_address(self.address)
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        return (mapped or address).is_loopback


def start_tethered(
    command: Sequence[str], env: Mapping[str, str], cwd: Path, log: FileIO, death_signal: int = signal.SIGKILL
) -> "subprocess.Popen[bytes]":
    """Run the command in a session of its own; on Linux it gets `death_signal` when the calling thread's process dies.

    `env` is laid over this process's environment. Both outputs go to the log. The caller's thread must live as long as
    the process shall: the kernel watches the thread that started it.
    """
    return subprocess.Popen(
        [sys.executable, "-I", "-S", tether.__file__, str(int(death_signal)), str(os.getpid()), *command],
        env={**os.environ, **env},
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def mark_of(pid: int, command: Sequence[str]) -> ProcessMark:
    """The mark of a child that was just started (or of this process) and has not been reaped yet."""
    return ProcessMark(pid=pid, created=psutil.Process(pid).create_time(), command=tuple(command))


def is_alive(mark: ProcessMark) -> bool:
    """Whether this very process still runs: same id, same time of creation, same command, no zombie."""
    try:
        process = psutil.Process(mark.pid)
        is_same = abs(process.create_time() - mark.created) < CREATED_TOLERANCE_S
        tail = tuple(process.cmdline()[-len(mark.command) :]) if mark.command else ()
        return is_same and tail == mark.command and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def family(leader: int) -> list[psutil.Process]:
    """The processes of the session that `leader` opened, and whatever descends from it; the leader may be gone."""
    found: dict[int, psutil.Process] = {}
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == leader:
                found[process.pid] = process
        except (ProcessLookupError, PermissionError):
            continue
    with suppress(psutil.NoSuchProcess):
        found.update({child.pid: child for child in psutil.Process(leader).children(recursive=True)})
    return list(found.values())


def kill_family(leader: int) -> list[int]:
    """SIGKILL everything of the session; returns the ids that were hit (the dead and the unborn are passed over)."""
    hit = []
    for process in family(leader):
        try:
            process.kill()
            hit.append(process.pid)
        except psutil.NoSuchProcess:
            continue
    return hit


def end_orphans(mark: ProcessMark, data_dir: Path) -> list[int]:
    """SIGKILL what is left of a process whose supervisor died without stopping it; returns the ids that were hit.

    The leader is recognised by its mark. If it is gone, its children are: they are in its session, which keeps its id
    from being given away, are younger, and carry the data folder in their environment. A stranger is spared.
    """
    if is_alive(mark):
        return kill_family(mark.pid)
    if psutil.pid_exists(mark.pid) and psutil.Process(mark.pid).status() != psutil.STATUS_ZOMBIE:
        return []
    hit = []
    for process in family(mark.pid):
        try:
            is_younger = process.create_time() >= mark.created - CREATED_TOLERANCE_S
            if is_younger and process.environ().get("REELWEAR_DATA_DIR") == str(data_dir):
                process.kill()
                hit.append(process.pid)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return hit


def memory_bytes(leader: int) -> int:
    """Resident memory of a part: its process, its session, its descendants (shared pages count for each)."""
    total = 0
    for process in family(leader):
        try:
            total += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total


def listening_addresses(pids: Iterable[int]) -> list[Listening]:
    """Every TCP or UDP socket on which these processes or their families accept what others send, sorted by port.

    Processes that are gone, or whose sockets the system hides, are passed over.
    """
    found = set()
    everyone = {pid for leader in pids for pid in (leader, *(member.pid for member in family(leader)))}
    for pid in everyone:
        try:
            process = psutil.Process(pid)
            name = process.name()
            connections = process.net_connections(kind="inet")
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        for connection in connections:
            is_open_udp = connection.status == psutil.CONN_NONE and not connection.raddr and connection.laddr
            if connection.status == psutil.CONN_LISTEN or is_open_udp:
                found.add((connection.laddr.port, connection.laddr.ip, pid, name))
    return [Listening(pid, name, address, port) for port, address, pid, name in sorted(found)]
