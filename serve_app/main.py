"""The model server of one machine: `python -m serve_app.main`, settings from the environment, until SIGTERM."""

import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from serve_app.config import ServeSettings
from serve_app.errors import ModelServerError
from serve_app.loopback import LOOPBACK, free_port, prepare_environment

APP_NAME = "reelwear"
DAEMONS = ("gcs_server", "raylet")
WATCH_EVERY_S = 0.5
SLOW_START_S = 120.0
# A socket's path ends at 107 bytes (sun_path); below the folder Ray adds "/session_<date>_<pid>/sockets/plasma_store".
MAX_RAY_DIR_BYTES = 40
PACKAGE_PARENT = Path(__file__).resolve().parent.parent


def say(line: str) -> None:
    """One line for the log of the stack."""
    sys.stderr.write(f"model server: {line}\n")
    sys.stderr.flush()


def clear_leftovers(ray_dir: Path) -> None:
    """End what a killed server left running on this folder's sessions, and remove them; touches nothing of any other.

    Ray's daemons follow a killed parent within seconds, its agents only after a minute.
    """
    left = [process for process in psutil.process_iter() if process.pid != os.getpid() and lives_in(process, ray_dir)]
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(left, timeout=5)
    for session in ray_dir.glob("session_*"):
        if session.is_symlink():
            session.unlink()
        else:
            shutil.rmtree(session, ignore_errors=True)


def lives_in(process: psutil.Process, ray_dir: Path) -> bool:
    """Whether a process holds a file of a Ray session below this folder; Ray's own titles hide their command lines."""
    sessions = f"{ray_dir}/session_"
    try:
        return any(file.path.startswith(sessions) for file in process.open_files())
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def check_ray_dir(ray_dir: Path) -> Path:
    """The folder made absolute and private; raises `bad_setting` if its path is too long for sockets."""
    ray_dir = ray_dir.absolute()
    if len(str(ray_dir).encode()) > MAX_RAY_DIR_BYTES:
        raise ModelServerError(
            "bad_setting",
            f"REELWEAR_RAY_DIR is {ray_dir}, {len(str(ray_dir).encode())} bytes long, over the limit of "
            f"{MAX_RAY_DIR_BYTES}; choose a shorter path",
        )
    ray_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return ray_dir


def start(settings: ServeSettings, ray_dir: Path) -> None:
    """Start a one-node Ray on loopback and deploy; returns when the models are warm and the port answers."""
    import ray
    from ray import serve

    from serve_app.app import build_app
    from serve_app.models.families import check_choice

    settings = settings.model_copy(update={"metrics_port": settings.metrics_port or free_port()})
    check_choice(settings)
    ray.init(
        address="local",
        num_cpus=settings.threads,
        num_gpus=None if settings.uses_gpu else 0,
        object_store_memory=settings.object_store_bytes,
        include_dashboard=True,
        dashboard_host=LOOPBACK,
        dashboard_port=settings.dashboard_port,
        log_to_driver=False,
        _metrics_export_port=settings.metrics_port,
        _node_ip_address=LOOPBACK,
        _temp_dir=str(ray_dir),
    )
    nodes = ray.nodes()  # type: ignore[no-untyped-call]
    settings = on_these_gpus(settings, sum(node["Resources"].get("GPU", 0) for node in nodes))
    for line in loading_lines(settings):
        say(line)
    serve.start(proxy_location="HeadOnly", http_options={"host": LOOPBACK, "port": settings.serve_port})
    serve.run(build_app(settings), name=APP_NAME, route_prefix="/")


def on_these_gpus(settings: ServeSettings, n_gpus: float) -> ServeSettings:
    """Settings that so many GPUs can fulfil: "auto" means the processor where there is none.

    Raises `bad_setting` for copies of the models that would wait forever for GPUs of their own.
    """
    if not settings.uses_gpu:
        return settings
    if settings.device == "auto" and not n_gpus:
        return settings.model_copy(update={"device": "cpu"})
    wanted = settings.model_replicas * settings.gpus_per_replica
    if wanted > n_gpus:
        raise ModelServerError(
            "bad_setting",
            f"REELWEAR_GPUS_PER_REPLICA is {settings.gpus_per_replica:g} and REELWEAR_MODEL_REPLICAS "
            f"{settings.model_replicas}, {wanted:g} GPUs together, of which this machine has {n_gpus:g}; lower them, "
            "or set REELWEAR_DEVICE to cpu",
        )
    return settings


def loading_lines(settings: ServeSettings) -> list[str]:
    """What is about to be loaded, a line for each large model; none for those of the package."""
    from serve_app.models.large.choice import chosen

    return [
        f"loading {choice.model.name} as {role} ({choice.model.parameters_m:.0f} M parameters)"
        for role, choice in chosen(settings).items()
    ]


@contextmanager
def telling_of_a_slow_start(ray_dir: Path, after_s: float = SLOW_START_S) -> Iterator[None]:
    """Say once, if the start inside is not done by then, where to look; it is not ended."""
    line = (
        f"still starting after {after_s:g} s; {ray_dir}/session_latest/logs/serve says what it does. Large models are "
        "read from the disk of REELWEAR_MODELS_DIR and need free memory, on a GPU (nvidia-smi) or on the processor"
    )
    timer = threading.Timer(after_s, say, (line,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def serve_until_told(stopping: threading.Event) -> bool:
    """Wait for the signal to stop: True; or, if Ray's own daemons die first, from which it does not recover: False."""
    daemons = [child for child in psutil.Process().children() if child.name() in DAEMONS]
    while not stopping.wait(WATCH_EVERY_S):
        if not all(daemon.is_running() and daemon.status() != psutil.STATUS_ZOMBIE for daemon in daemons):
            return False
    return True


def stop() -> None:
    """Take the server down, requests under way first."""
    import ray
    from ray import serve

    serve.shutdown()  # type: ignore[no-untyped-call]
    ray.shutdown()


def main() -> int:
    """Run until SIGTERM or SIGINT. The exit code is 0 after a signal, 1 when Ray died, 2 after a bad setting."""
    started = time.monotonic()
    stopping = threading.Event()
    settings = ServeSettings.load()
    try:
        ray_dir = check_ray_dir(settings.ray_dir)
        clear_leftovers(ray_dir)
        prepare_environment(os.environ)
        # The workers must find this package, installed or not.
        paths = [str(PACKAGE_PARENT), *filter(None, [os.environ.get("PYTHONPATH")])]
        os.environ["PYTHONPATH"] = os.pathsep.join(paths)
        with telling_of_a_slow_start(ray_dir):
            start(settings, ray_dir)
    except ModelServerError as error:
        say(str(error))
        return 2
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    seconds = time.monotonic() - started
    say(f"ready on http://{LOOPBACK}:{settings.serve_port} after {seconds:.1f} s")
    if serve_until_told(stopping):
        stop()
        clear_leftovers(ray_dir)
        return 0
    say("a daemon of Ray died; start the server again")
    clear_leftovers(ray_dir)
    # Not sys.exit: Ray's exit handlers would wait for the daemons that are gone.
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
