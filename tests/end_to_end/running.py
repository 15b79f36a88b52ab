"""A real stack, started by the command line on free ports in a scratch folder, and how to use and trouble it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from infra.bucket import Bucket
from infra.settings import Settings

FREE_PORTS = {f"REELWEAR_{name}_PORT": "0" for name in ("API", "S3", "NATS", "SERVE", "DASHBOARD")}
SETTLED = ("ready", "partial", "failed", "removed")
PATIENCE_S = 120.0


@dataclass
class Stack:
    """A running stack, as a user and as a troublemaker see it."""

    data_dir: Path
    settings: Settings
    bucket: Bucket
    api: httpx.Client

    def reelwear(self, *words: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        """Run the command line against this stack."""
        command = [sys.executable, "-m", "infra.local.cli", *words]
        env = os.environ | FREE_PORTS | {"REELWEAR_DATA_DIR": str(self.data_dir)}
        return subprocess.run(command, env=env, check=check, capture_output=True, text=True, timeout=240)

    def put(self, name: str, data: bytes, **metadata: str) -> tuple[str, str]:
        """Upload bytes as any S3 client would; returns key and etag."""
        key = f"videos/{name}"
        return key, self.bucket.put(key, data, "application/octet-stream", metadata)

    def status(self, key: str, etag: str = "") -> dict[str, Any]:
        """How far an upload is; state `unseen` where it was not noticed yet."""
        answer = self.api.get("/v1/uploads", params={"key": key, "etag": etag})
        return answer.json() if answer.status_code == 200 else {"state": "unseen", "video_id": None}

    def settle(self, key: str, etag: str = "", patience_s: float = PATIENCE_S) -> dict[str, Any]:
        """Wait for an upload's terminal state, and return its document (or its status, once it is removed)."""
        end = time.monotonic() + patience_s
        status: dict[str, Any] = {}
        while time.monotonic() < end:
            try:
                status = self.status(key, etag)
            except httpx.TransportError:
                status = {"state": "no answer"}
            if status["state"] in SETTLED:
                return self.document(status["video_id"]) if status["state"] != "removed" else status
            time.sleep(0.1)
        raise AssertionError(f"{key} is not settled after {patience_s} s: {json.dumps(status)}")

    def document(self, video_id: str) -> dict[str, Any]:
        """A video's document over HTTP."""
        answer = self.api.get(f"/v1/videos/{video_id}")
        answer.raise_for_status()
        document: dict[str, Any] = answer.json()
        return document

    def is_known(self, video_id: str) -> bool:
        """Whether the API still knows a video."""
        return self.api.get(f"/v1/videos/{video_id}").status_code == 200

    def part_pid(self, name: str) -> int:
        """Process id of a part, as `reelwear status` tells it."""
        state = json.loads((self.data_dir / "state.json").read_text())
        return int(next(part["process"]["pid"] for part in state["parts"] if part["name"] == name))

    def kill(self, name: str) -> None:
        """End a part the hard way."""
        os.kill(self.part_pid(name), signal.SIGKILL)

    def wait_ready(self, patience_s: float = PATIENCE_S) -> None:
        """Wait until every part is ready again."""
        end = time.monotonic() + patience_s
        while time.monotonic() < end:
            state = json.loads((self.data_dir / "state.json").read_text())
            if state["state"] == "ready" and all(psutil.pid_exists(part["process"]["pid"]) for part in state["parts"]):
                return
            time.sleep(0.2)
        raise AssertionError(f"the stack is not ready after {patience_s} s: {state}")


def connect(data_dir: Path) -> Stack:
    """Open the clients of a started stack."""
    settings = Settings.load(data_dir)
    token = settings.api.api_token.get_secret_value()
    api = httpx.Client(base_url=settings.api_url, headers={"Authorization": f"Bearer {token}"}, timeout=10)
    return Stack(data_dir, settings, Bucket(settings.bucket), api)


def start(data_dir: Path) -> Stack:
    """`reelwear up --detach` in a folder."""
    env = os.environ | FREE_PORTS | {"REELWEAR_DATA_DIR": str(data_dir)}
    command = [sys.executable, "-m", "infra.local.cli", "up", "--detach"]
    done = subprocess.run(command, check=False, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return connect(data_dir)


def wait_for(condition: Callable[[], bool], patience_s: float = 30.0) -> bool:
    """Whether a condition comes true in time."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return condition()
