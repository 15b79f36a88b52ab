"""The stack of this machine: its parts, and the process that keeps them, `python -m infra.local.stack DATA_DIR`."""

import fcntl
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from functools import partial
from pathlib import Path

import psutil
import structlog

from infra.errors import ErrorCode, ReelwearError
from infra.local.files import PRIVATE_FILE_MODE, private_folder
from infra.local.host_part import host_part
from infra.local.logs import LOGS_FOLDER, log_as_json
from infra.local.models import models_part
from infra.local.nats import nats_part
from infra.local.part import Part
from infra.local.plan import StackPlan
from infra.local.processes import end_orphans, mark_of
from infra.local.seaweedfs import WeedPorts, seaweedfs_part
from infra.local.state import StackState, StackStatus, read_state, write_state
from infra.local.supervisor import Supervisor

LOCK_FILE = "stack.lock"
WEED_PORTS = tuple(field.name for field in fields(WeedPorts))

log = structlog.get_logger()


def planned_parts(data_dir: Path) -> tuple[Part, ...]:
    """The parts of the folder's stack, its ports and credentials resolved and written down. Raises as the plan does."""
    return build_parts(StackPlan.resolve(data_dir, inner_ports=WEED_PORTS))


def build_parts(plan: StackPlan) -> tuple[Part, ...]:
    """The parts of the plan, each with what it needs; what the environment names elsewhere is not started here."""
    stores = []
    if not plan.has_foreign_store:
        stores.append(_store_part(plan))
    if not plan.has_foreign_bus:
        stores.append(nats_part(plan.data_dir, plan.ports["nats"], plan.credentials.nats_token))
    models = [] if plan.has_foreign_models else [models_part(plan)]
    return (*stores, *models, host_part(plan, needs=[part.name for part in stores]))


def _store_part(plan: StackPlan) -> Part:
    return seaweedfs_part(
        plan.data_dir,
        WeedPorts(**{name: plan.ports[name] for name in WEED_PORTS}),
        plan.credentials.s3_access_key,
        plan.credentials.s3_secret_key,
        hook_url=f"{plan.url('api')}/hooks/objects",
        hook_token=plan.credentials.hook_secret,
        bucket=plan.settings.bucket.s3_bucket,
        min_free_bytes=plan.settings.stack.min_free_bytes,
    )


@contextmanager
def only_supervisor(data_dir: Path) -> Iterator[None]:
    """Hold the folder's lock, which ends with this process; raises ALREADY_RUNNING when another holds it."""
    handle = os.open(data_dir / LOCK_FILE, os.O_RDWR | os.O_CREAT, PRIVATE_FILE_MODE)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as held:
            pid = os.pread(handle, 32, 0).decode(errors="replace").strip() or "unknown"
            raise ReelwearError(
                ErrorCode.ALREADY_RUNNING,
                f"the stack of {data_dir} is already running (pid {pid}); "
                "stop it with `reelwear down`, or use another --data",
            ) from held
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)


def supervise(data_dir: Path, parts_of: Callable[[Path], Sequence[Part]]) -> StackStatus:
    """Run the folder's stack until SIGTERM, SIGINT or SIGHUP, or until it cannot start; state.json says how it is.

    What an earlier supervisor left running because it was killed is ended first. Raises ALREADY_RUNNING.
    """
    with only_supervisor(private_folder(data_dir)):
        process = mark_of(os.getpid(), psutil.Process().cmdline())
        _end_leftovers(data_dir)
        write_state(data_dir, StackStatus(state=StackState.STARTING, process=process))
        try:
            supervisor = Supervisor(parts_of(data_dir), data_dir / LOGS_FOLDER, process, partial(_tell, data_dir))
        except ReelwearError as error:
            failure = StackStatus(
                state=StackState.FAILED, process=process, error_code=error.code.code, error=error.message
            )
            write_state(data_dir, failure)
            return failure
        for wanted in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(wanted, lambda _number, _frame: supervisor.stop())
        return supervisor.run()


def _tell(data_dir: Path, status: StackStatus) -> None:
    parts = {part.name: part.state.value for part in status.parts}
    log.info("stack", state=status.state.value, error=status.error, **parts)
    write_state(data_dir, status)


def _end_leftovers(data_dir: Path) -> None:
    earlier = read_state(data_dir)
    for part in earlier.parts if earlier else ():
        if part.process and (ended := end_orphans(part.process, data_dir)):
            log.warning("orphans ended", part=part.name, pids=ended)


def main() -> int:
    """Supervise the folder named on the command line."""
    log_as_json()
    try:
        return 1 if supervise(Path(sys.argv[1]), planned_parts).state is StackState.FAILED else 0
    except ReelwearError as error:
        log.error("not started", code=error.code.code, reason=error.message)
        return 1


if __name__ == "__main__":
    sys.exit(main())
