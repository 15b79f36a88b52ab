"""The real model server on free ports of this machine, and clients that ask it for keyframes as fast as it answers."""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Final

from serve_app.client import ModelClient
from serve_app.errors import ModelServerError
from serve_app.loopback import free_port
from tests.benchmarks.models.random_models import BOXES_A_FRAME, Folders
from tests.benchmarks.models.table import Load

# From `python -m serve_app.main` to warm models, on a processor and at full size.
START_TIMEOUT_S: Final = 900.0
STOP_TIMEOUT_S: Final = 60.0
ANSWER_TIMEOUT_S: Final = 600.0
POLL_S: Final = 0.2
# Of a server that could not start.
SHOWN_LOG_CHARACTERS: Final = 3000


@contextmanager
def running_server(folders: Folders, device: str, n_clients: int) -> Iterator[str]:
    """The URL of a server of its own with the models of these folders, which takes so many requests at once."""
    # Short, for the sake of Ray's sockets.
    ray_dir = Path(tempfile.mkdtemp(prefix="rwb-"))
    port, log = free_port(), ray_dir / "server.log"
    token = ray_dir / "ray.token"
    token.write_text(secrets.token_hex())
    environment = os.environ | {
        "REELWEAR_SERVE_PORT": str(port),
        "REELWEAR_DASHBOARD_PORT": str(free_port()),
        "REELWEAR_RAY_DIR": str(ray_dir),
        "REELWEAR_DETECTOR": str(folders.detector),
        "REELWEAR_SEGMENTER": str(folders.segmenter),
        "REELWEAR_EMBEDDER": str(folders.embedder),
        "REELWEAR_DEVICE": device,
        # Ray would leave one in the home folder.
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(token),
        # Clients shall wait here; how soon further ones are sent away is a matter of taste.
        "REELWEAR_MAX_QUEUED_REQUESTS": str(2 * n_clients),
    }
    with log.open("w") as written:
        process = subprocess.Popen([sys.executable, "-m", "serve_app.main"], env=environment, stderr=written)
    try:
        wait_until_ready(process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(STOP_TIMEOUT_S)
        shutil.rmtree(ray_dir, ignore_errors=True)


def wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> None:
    """Read the server's log until its line of readiness; raises RuntimeError with its end for one without."""
    end_s = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < end_s and process.poll() is None:
        if "model server: ready" in log.read_text():
            return
        time.sleep(POLL_S)
    raise RuntimeError(f"the model server did not start:\n{log.read_text()[-SHOWN_LOG_CHARACTERS:]}")


def put_under_load(url: str, jpegs: Sequence[bytes], frames_a_request: int, n_clients: int, seconds: float) -> Load:
    """Have clients ask for some seconds, each as soon as it has its answer; the last ones are waited for.

    Raises RuntimeError for a frame without its boxes, masks and vectors: what is fast then is not the models.
    """
    numbers, spent_s, failed = count(), list[float](), list[str]()
    lock = threading.Lock()
    with ModelClient(url, timeout_s=ANSWER_TIMEOUT_S) as client, ThreadPoolExecutor(n_clients) as pool:
        began_s = time.perf_counter()

        def ask() -> None:
            while time.perf_counter() - began_s < seconds:
                with lock:
                    first = next(numbers) * frames_a_request
                frames = [jpegs[(first + one) % len(jpegs)] for one in range(frames_a_request)]
                asked_s = time.perf_counter()
                try:
                    check_answer(client, frames)
                except ModelServerError as error:
                    failed.append(error.code)
                else:
                    spent_s.append(time.perf_counter() - asked_s)

        for done in [pool.submit(ask) for _ in range(n_clients)]:
            done.result()
        took_s = time.perf_counter() - began_s
    return Load(n_clients, len(spent_s) * frames_a_request, took_s, tuple(spent_s), len(failed))


def check_answer(client: ModelClient, frames: Sequence[bytes]) -> None:
    """One request, of whose answer every frame must have what real models would say of it."""
    for result in client.frames(frames).frames:
        whole = [found for found in result.detections if found.mask and found.vector]
        if result.error or not result.vector or len(whole) != BOXES_A_FRAME:
            raise RuntimeError(f"a frame has {len(whole)} whole finds, not {BOXES_A_FRAME} ({result.error})")
