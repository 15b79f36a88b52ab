"""The object store of this machine as the supervisor starts it."""

import json
import os
import random
import stat
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, SimpleQueue

import psutil
import pytest

from infra.bucket import Bucket
from infra.errors import ErrorCode, ReelwearError
from infra.local.part import NotReady
from tests.parts import ObjectStore, object_store

EIB = 1024**6


class Hooks:
    """A receiver of the store's events."""

    def __init__(self) -> None:
        self.received: SimpleQueue[tuple[str, str, dict[str, object]]] = SimpleQueue()
        received = self.received

        class Receiver(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                received.put((self.path, self.headers["Authorization"], event))
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it so)
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks/objects"

    def until(self, kind: str, key_end: str) -> tuple[str, str]:
        """Path and bearer of the first event of this kind for this key."""
        seen = []
        try:
            while True:
                path, bearer, event = self.received.get(timeout=10)
                seen.append((event["event_type"], event["key"]))
                if event["event_type"] == kind and str(event["key"]).endswith(key_end):
                    return path, bearer
        except Empty:
            raise AssertionError(f"no {kind} of {key_end} among {seen}") from None


@pytest.fixture(scope="module")
def hooks() -> Iterator[Hooks]:
    receiver = Hooks()
    thread = threading.Thread(target=receiver.server.serve_forever)
    thread.start()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, hooks: Hooks) -> Iterator[ObjectStore]:
    started = object_store(tmp_path_factory.mktemp("store"), hooks.url)
    try:
        yield started.start()
    finally:
        started.kill()


@pytest.fixture
def bucket(store: ObjectStore) -> Bucket:
    return Bucket(store.settings)


def test_it_listens_on_loopback_alone_and_on_no_port_it_was_not_given(store: ObjectStore) -> None:
    assert store.process is not None
    connections = psutil.Process(store.process.pid).net_connections()
    listening = [connection.laddr for connection in connections if connection.status == psutil.CONN_LISTEN]
    assert {address.ip for address in listening} == {"127.0.0.1"}
    assert len(listening) == 8


def test_nobody_else_can_read_its_keys_or_its_data(store: ObjectStore) -> None:
    folder = store.part.cwd
    for name in ("identities.json", "notification.toml", "security.toml"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert "test-secret" not in " ".join(store.part.command)


def test_uploads_and_removals_are_told_to_the_hook_with_its_token(bucket: Bucket, hooks: Hooks) -> None:
    bucket.put("elsewhere/quiet.mp4", b"x", "video/mp4")
    bucket.put("videos/été 1.mp4", b"x", "video/mp4")
    assert hooks.until("create", "/videos/été 1.mp4") == ("/hooks/objects", "Bearer hook-token")
    bucket.delete(["videos/été 1.mp4"])
    hooks.until("delete", "/videos/été 1.mp4")


def test_small_objects_take_little_room(bucket: Bucket, store: ObjectStore) -> None:
    bucket.put("videos/small.mp4", b"x" * 1000, "video/mp4")
    used = sum(path.stat().st_blocks * 512 for path in store.part.cwd.rglob("*") if path.is_file())
    assert used < 20 * 1024**2, "volumes are not made at their full size"


def test_the_check_says_when_nothing_answers(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="object store at http"):
        object_store(tmp_path).part.check()


def test_what_was_acknowledged_survives_kills_stops_and_other_ports(tmp_path: Path) -> None:
    kept: dict[str, bytes] = {}
    chance = random.Random(7)
    store = object_store(tmp_path)
    bucket = Bucket(store.settings)
    for end in (store.kill, store.stop):
        store.start()
        for _ in range(5):
            key = f"videos/{len(kept)}.mp4"
            kept[key] = chance.randbytes(200_000)
            bucket.put(key, kept[key], "video/mp4")
        end()
    elsewhere = object_store(tmp_path).start()
    try:
        bucket = Bucket(elsewhere.settings)
        assert {row.key for row in bucket.list("videos/")} == set(kept)
        for key, data in kept.items():
            bucket.download(key, tmp_path / "back")
            assert (tmp_path / "back").read_bytes() == data
    finally:
        elsewhere.kill()
        store.kill()


def test_a_full_disk_refuses_uploads_by_name_and_harms_nothing(tmp_path: Path) -> None:
    store = object_store(tmp_path).start()
    bucket = Bucket(store.settings)
    bucket.put("videos/old.mp4", b"old", "video/mp4")
    store.kill()
    full = object_store(tmp_path, min_free_bytes=EIB).start()
    try:
        bucket = Bucket(full.settings)
        large = tmp_path / "large.mp4"
        large.write_bytes(os.urandom(9 * 1024**2))
        with pytest.raises(ReelwearError, match="REELWEAR_MIN_FREE_BYTES") as failure:
            bucket.put("videos/new.mp4", b"new" * 1000, "video/mp4")
        assert failure.value.code is ErrorCode.DISK_FULL
        with pytest.raises(ReelwearError) as failure:
            bucket.upload("videos/new.mp4", large, "video/mp4")
        assert failure.value.code is ErrorCode.DISK_FULL
        assert bucket.get("videos/old.mp4", 10) == b"old"
        assert [row.key for row in bucket.list("videos/")] == ["videos/old.mp4"]
        bucket.delete(["videos/old.mp4"])
        assert list(bucket.list("videos/")) == []
    finally:
        full.kill()
        store.kill()
