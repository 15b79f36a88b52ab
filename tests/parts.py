"""Real parts of the stack for tests: each on free ports, in a folder of its own, stopped at the end."""

import os
import random
import signal
import subprocess
import time
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Self

from pydantic import SecretStr

from infra.local.nats import nats_part
from infra.local.part import NotReady, Part
from infra.local.ports import choose_port
from infra.local.seaweedfs import WeedPorts, seaweedfs_part
from infra.settings import BucketSettings, BusSettings

CHECK_EVERY_S = 0.1


@dataclass
class RunningPart:
    """A part's process, without a supervisor: it stays dead when it is killed."""

    part: Part
    log: Path
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> Self:
        """Start it and wait until it is healthy."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.part.command, env=os.environ | self.part.env, cwd=self.part.cwd, stdout=log, stderr=log
            )
        self.wait_healthy()
        return self

    def wait_healthy(self) -> None:
        """Wait until its check passes; fail with the check's reason and the end of the log."""
        deadline = time.monotonic() + self.part.start_timeout_s
        while True:
            try:
                return self.part.check()
            except NotReady as reason:
                is_dead = self.process is None or self.process.poll() is not None
                if is_dead or time.monotonic() > deadline:
                    tail = self.log.read_text(errors="replace")[-2000:]
                    raise AssertionError(f"{self.part.name} is not ready: {reason}\n{tail}") from reason
            time.sleep(CHECK_EVERY_S)

    def kill(self) -> None:
        """End it with SIGKILL."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it as the supervisor does: SIGTERM, and SIGKILL after the part's time."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self.process is None:
            return
        self.process.send_signal(number)
        try:
            self.process.wait(self.part.stop_timeout_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None


@dataclass
class ObjectStore(RunningPart):
    """A real SeaweedFS and the settings under which a client finds it."""

    settings: BucketSettings = field(kw_only=True)


@dataclass
class BusServer(RunningPart):
    """A real nats-server and the settings under which a client finds it."""

    settings: BusSettings = field(kw_only=True)


def object_store(folder: Path, hook_url: str = "http://127.0.0.1:9/", min_free_bytes: int = 1024**2) -> ObjectStore:
    """An object store that is not started yet, its data in the folder."""
    taken: set[int] = set()
    for _ in fields(WeedPorts):
        taken.add(choose_port(taken, random.Random()))
    ports = WeedPorts(*taken)
    part = seaweedfs_part(
        folder, ports, "test-key", "test-secret", hook_url, hook_token="hook-token", min_free_bytes=min_free_bytes
    )
    settings = BucketSettings(
        s3_url=f"http://127.0.0.1:{ports.s3}",
        s3_access_key="test-key",
        s3_secret_key=SecretStr("test-secret"),
        s3_data_dir=folder,
        s3_min_free_bytes=min_free_bytes,
    )
    return ObjectStore(part, folder / "seaweedfs.log", settings=settings)


def bus_server(folder: Path, max_attempts: int = 6) -> BusServer:
    """A bus that is not started yet, its streams in the folder."""
    port = choose_port((), random.Random())
    settings = BusSettings(
        nats_url=f"nats://127.0.0.1:{port}", nats_token=SecretStr("test-token"), max_attempts=max_attempts
    )
    return BusServer(nats_part(folder, port, "test-token"), folder / "nats.log", settings=settings)
