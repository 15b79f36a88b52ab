"""One real model server for the session, and pictures made by code."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from serve_app.client import ModelClient
from serve_app.loopback import free_port

TOKEN = "the-token-of-this-test"
START_TIMEOUT_S = 150.0


@dataclass(frozen=True)
class Server:
    """A model server under test."""

    process: subprocess.Popen[str]
    url: str
    ray_dir: Path


@pytest.fixture(scope="session")
def short_dir() -> Iterator[Path]:
    """A folder whose path is short enough for sockets, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="rw-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running(ray_dir: Path, **settings: str) -> Iterator[Server]:
    """A real Ray with the app deployed, on free ports. settings: by their names in the environment, without prefix."""
    ray_dir.mkdir()
    port = free_port()
    token_file = ray_dir / "ray.token"
    token_file.write_text("0123456789abcdef" * 4)
    environment = os.environ | {
        "REELWEAR_SERVE_PORT": str(port),
        "REELWEAR_DASHBOARD_PORT": str(free_port()),
        "REELWEAR_RAY_DIR": str(ray_dir),
        "REELWEAR_MODEL_SERVER_TOKEN": TOKEN,
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(token_file),
    }
    environment |= {f"REELWEAR_{name}": value for name, value in settings.items()}
    process = subprocess.Popen(
        [sys.executable, "-m", "serve_app.main"], env=environment, text=True, stderr=subprocess.PIPE
    )
    try:
        wait_until_ready(process)
        yield Server(process, f"http://127.0.0.1:{port}", ray_dir)
    finally:
        process.terminate()
        process.communicate(timeout=60)


@pytest.fixture(scope="session")
def server(short_dir: Path) -> Iterator[Server]:
    """The models of the package, told small limits."""
    limits = {
        "MAX_REQUEST_PARTS": "12",
        "MAX_REQUEST_BYTES": "4000000",
        "MAX_PICTURE_PIXELS": "3000000",
        "MAX_QUEUED_REQUESTS": "2",
    }
    with running(short_dir / "server", **limits) as started:
        yield started


def wait_until_ready(process: subprocess.Popen[str]) -> None:
    """Read the server's log up to its line of readiness."""
    assert process.stderr is not None
    log = []
    for line in process.stderr:
        log.append(line)
        if line.startswith("model server: ready"):
            return
    raise AssertionError("the model server ended before it was ready:\n" + "".join(log))


@pytest.fixture(scope="session")
def client(server: Server) -> Iterator[ModelClient]:
    """A client of the server that knows the token."""
    with ModelClient(server.url, TOKEN) as connected:
        yield connected


@pytest.fixture(scope="session")
def jpeg() -> bytes:
    """A frame of a reel's size with a figure drawn on it."""
    frame = np.full((1280, 720, 3), 200, np.uint8)
    cv2.ellipse(frame, (360, 250), (60, 80), 0, 0, 360, (120, 150, 220), -1)
    cv2.rectangle(frame, (260, 340), (460, 700), (40, 40, 180), -1)
    cv2.rectangle(frame, (280, 700), (440, 1150), (120, 60, 30), -1)
    return bytes(cv2.imencode(".jpg", frame)[1])
