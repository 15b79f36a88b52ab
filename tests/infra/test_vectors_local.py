"""What the vectors of this machine promise beyond the contract: they outlive kills, damage and a full disk."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from qdrant_client import QdrantClient
from qdrant_client.models import Distance, VectorParams
from structlog.testing import capture_logs

from infra.errors import ErrorCode, ReelwearError
from infra.settings import VectorsSettings
from infra.vectors import Hit, Point, Vectors, collection_name
from infra.vectors.folder import taken_bytes
from infra.vectors.local import LocalCollections

MODEL = "parser-pool@1"
X, Y, Z = np.eye(3, dtype=np.float32)
ITEMS, VIDEOS = collection_name("items", MODEL), collection_name("videos", MODEL)

KEEP_A_POINT_AND_DIE = """
import os, signal, sys
from pathlib import Path
import numpy as np
from infra.settings import VectorsSettings
from infra.vectors import Point, Vectors

vectors = Vectors(VectorsSettings(), Path(sys.argv[1]))
vectors.ensure("items", "m", 3)
vectors.ensure("items", "next", 3, is_live=False)
vectors.upsert("items", "m", [Point("video", "item-1", np.ones(3, np.float32), {"type": "top"})])
vectors.upsert("items", "m", [Point("gone", "item-1", np.ones(3, np.float32), {"type": "top"})])
vectors.delete_owner("items", "gone")
os.kill(os.getpid(), signal.SIGKILL)
"""

STORE_UNTIL_KILLED = """
import sys
from pathlib import Path
import numpy as np
from infra.settings import VectorsSettings
from infra.vectors import Point, Vectors

vectors = Vectors(VectorsSettings(), Path(sys.argv[1]))
vectors.ensure("items", "m", 64)
for batch in range(1_000_000):
    numbers = range(batch * 20, batch * 20 + 20)
    points = [Point(str(n // 3), str(n), np.random.default_rng(n).standard_normal(64, np.float32), {}) for n in numbers]
    vectors.upsert("items", "m", points)
    print(numbers[-1], flush=True)
"""

OPEN_AND_REPORT = """
import sys
from pathlib import Path
from infra.errors import ReelwearError
from infra.settings import VectorsSettings
from infra.vectors import Vectors

try:
    Vectors(VectorsSettings(), Path(sys.argv[1]))
except ReelwearError as error:
    print(error.code.code, error.message)
"""


@pytest.fixture
def vectors(tmp_path: Path) -> Iterator[Vectors]:
    store = opened(tmp_path)
    store.ensure("items", MODEL, 3)
    yield store
    store.close()


def opened(folder: Path) -> Vectors:
    return Vectors(VectorsSettings(), folder)


def point(owner: str, part: str, **payload: object) -> Point:
    return Point(owner, part, X, payload)


def filled(folder: Path) -> None:
    """Two collections that were closed in order."""
    store = opened(folder)
    for alias in ("items", "videos"):
        store.ensure(alias, MODEL, 3)
        store.upsert(alias, MODEL, [point(f"owner-{number}", "1", type="top") for number in range(50)])
    store.close()


def files_of(folder: Path, collection: str, name: str) -> list[Path]:
    return sorted((folder / "engine" / "collections" / collection).rglob(name))


def test_points_survive_a_kill(tmp_path: Path) -> None:
    died = subprocess.run([sys.executable, "-c", KEEP_A_POINT_AND_DIE, str(tmp_path)], timeout=60, check=False)
    assert died.returncode == -signal.SIGKILL
    vectors = opened(tmp_path)
    assert list(vectors.points("items")) == [Hit("video", "item-1", 0.0, {"type": "top"})]
    assert (vectors.count("items"), vectors.count("items", "next")) == (1, 0)
    vectors.close()


def test_all_that_was_stored_is_there_after_a_kill_at_any_moment(tmp_path: Path) -> None:
    stored = 0
    for batches in (3, 60):
        with subprocess.Popen(
            [sys.executable, "-c", STORE_UNTIL_KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True
        ) as child:
            assert child.stdout is not None
            for _ in range(batches):
                last = int(child.stdout.readline())
            child.kill()
            last = max([last, *(int(line) for line in child.stdout.read().split())])
        stored = max(stored, last + 1)
        vectors = opened(tmp_path)
        assert {str(number) for number in range(stored)} <= {hit.part for hit in vectors.points("items")}
        assert vectors.count("items") == len(list(vectors.points("items")))
        for number in (0, stored // 2, stored - 1):
            asked = np.random.default_rng(number).standard_normal(64, np.float32)
            assert vectors.search("items", asked, 1, part=str(number))[0].score == pytest.approx(1)
            assert vectors.search("items", asked, 1)[0].part == str(number)
        vectors.close()


def test_collections_and_aliases_are_there_again_after_a_reopening(tmp_path: Path) -> None:
    vectors = opened(tmp_path)
    vectors.ensure("products", MODEL, 3, names=("image", "text"))
    vectors.ensure("products", "next@2", 2, is_live=False)
    vectors.upsert("products", MODEL, [Point("shirt", "text", Y, {"types": ["top"]}, "text")])
    vectors.close()
    vectors = opened(tmp_path)
    assert vectors.live("products") == collection_name("products", MODEL)
    assert vectors.search("products", Y, 5, name="text", types="top")[0].owner == "shirt"
    assert vectors.count("products", "next@2") == 0
    vectors.ensure("products", MODEL, 3, names=("image", "text"))
    vectors.close()
    assert not (tmp_path / "engine" / "damaged").exists()


def test_removed_points_stay_away_and_give_their_room_back_at_the_next_opening(tmp_path: Path) -> None:
    segments = tmp_path / "engine" / "collections" / ITEMS / "segments"
    vectors = opened(tmp_path)
    vectors.ensure("items", MODEL, 256)
    rows = np.random.default_rng(0).standard_normal((3000, 256), np.float32)
    vectors.upsert("items", MODEL, [Point(f"owner-{n % 2}", str(n), row, {}) for n, row in enumerate(rows)])
    vectors.delete_owner("items", "owner-0")
    vectors.close()
    taken = taken_bytes(segments)
    for _ in range(2):
        vectors = opened(tmp_path)
        assert vectors.count("items") == 1500
        assert {hit.owner for hit in vectors.search("items", rows[0], 3000)} == {"owner-1"}
        vectors.close()
        assert taken_bytes(segments) < 0.7 * taken
    vectors = opened(tmp_path)
    vectors.upsert("items", MODEL, [Point("owner-1", str(n), rows[n], {"again": True}) for n in range(1, 3000, 2)])
    assert vectors.count("items") == 1500
    assert all(hit.payload == {"again": True} for hit in vectors.points("items"))
    vectors.close()


@pytest.mark.usefixtures("vectors")
def test_a_second_process_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    opened = subprocess.run(
        [sys.executable, "-c", OPEN_AND_REPORT, str(tmp_path)], timeout=60, check=True, stdout=subprocess.PIPE
    )
    assert opened.stdout.split(maxsplit=1)[0] == b"already_running"
    assert b"another process" in opened.stdout


def test_a_closed_store_lets_its_folder_go_and_says_that_it_is_closed(vectors: Vectors, tmp_path: Path) -> None:
    vectors.close()
    opened(tmp_path).close()
    with pytest.raises(ReelwearError, match="closed") as failure:
        vectors.count("items")
    assert failure.value.code is ErrorCode.STORE_DOWN


def test_threads_may_write_and_read_at_once(vectors: Vectors) -> None:
    start = threading.Barrier(4)

    def work(number: int) -> None:
        start.wait()
        for part in range(20):
            vectors.upsert("items", MODEL, [Point(f"owner-{number}", str(part), X + number * Y, {})])
            vectors.search("items", X, 3)
        vectors.delete_owner("items", "owner-0")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    vectors.delete_owner("items", "owner-0")
    assert vectors.count("items") == 60


def test_twenty_thousand_points_stored_a_few_at_a_time_are_searched_in_milliseconds(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    vectors = opened(tmp_path)
    vectors.ensure("products", MODEL, 64)
    kinds = ["top", "dress", "bag", "hat", "shoes"]
    for start in range(0, 20_000, 50):
        rows = rng.standard_normal((50, 64), np.float32)
        numbers = range(start, start + 50)
        points = [Point(str(n), "1", row, {"types": [kinds[n % 5]]}) for n, row in zip(numbers, rows, strict=True)]
        vectors.upsert("products", MODEL, points)
    waits_ms = []
    for asked in rng.standard_normal((15, 64), np.float32):
        began = time.perf_counter()
        assert len(vectors.search("products", asked, 30, types=["top", "bag"])) == 30
        waits_ms.append((time.perf_counter() - began) * 1000)
    vectors.close()
    assert float(np.median(waits_ms)) < 15


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_what_is_refused_leaves_nothing_behind(tmp_path: Path, number: float) -> None:
    vectors = opened(tmp_path)
    vectors.ensure("items", MODEL, 3)
    bad = [
        Point("bad", "1", np.array([1, number, 0], np.float32), {}),
        Point("bad", "2", X[:2], {}),
        Point("bad", "3", X, {}, "sound"),
        Point("bad", "4", X, {"what": object()}),
    ]
    for one in bad:
        with pytest.raises(ReelwearError) as failure:
            vectors.upsert("items", MODEL, [point("good", one.part), one])
        assert failure.value.code is ErrorCode.BAD_REQUEST
    vectors.close()
    vectors = opened(tmp_path)
    assert vectors.count("items") == 0
    vectors.close()


def test_a_large_local_store_names_the_server_once(tmp_path: Path) -> None:
    vectors = Vectors(VectorsSettings(), tmp_path, comfort_points=3)
    vectors.ensure("items", MODEL, 3)
    with capture_logs() as logs:
        vectors.upsert("items", MODEL, [point("crowd", str(number)) for number in range(3)])
        assert logs == []
        vectors.upsert("items", MODEL, [point("one", "more")])
        vectors.upsert("items", MODEL, [point("two", "more")])
    assert [entry["log_level"] for entry in logs] == ["warning"]
    assert "REELWEAR_QDRANT_URL" in logs[0]["event"]
    vectors.close()


def test_a_full_disk_is_named_before_anything_is_written_and_searches_go_on(tmp_path: Path) -> None:
    filled(tmp_path)
    vectors = Vectors.over(LocalCollections(tmp_path, comfort_points=100, least_free_bytes=10**18))
    writes: tuple[Callable[[], None], ...] = (
        lambda: vectors.upsert("items", MODEL, [point("more", "1")]),
        lambda: vectors.delete_owner("items", "owner-1"),
        lambda: vectors.delete_parts("items", MODEL, [("owner-1", "1")]),
        lambda: vectors.ensure("products", MODEL, 3),
    )
    for write in writes:
        with pytest.raises(ReelwearError, match="make room") as failure:
            write()
        assert failure.value.code is ErrorCode.DISK_FULL
        assert failure.value.is_retryable
    assert vectors.count("items") == 50
    assert len(vectors.search("items", X, 100)) == 50
    vectors.close()


@pytest.mark.parametrize(
    "name, text",
    [
        pytest.param("segment.json", b"{", id="half a file"),
        pytest.param("open-1", b"\0" * 64, id="an empty log"),
        pytest.param("status.dat", b"", id="where the engine panics"),
    ],
)
def test_a_damaged_collection_is_set_aside_and_the_others_open(tmp_path: Path, name: str, text: bytes) -> None:
    filled(tmp_path)
    for file in files_of(tmp_path, ITEMS, name):
        file.write_bytes(text)
    with capture_logs() as logs:
        vectors = opened(tmp_path)
    assert [(entry["log_level"], entry["collection"]) for entry in logs] == [("error", ITEMS)]
    assert "reelwear vectors rebuild" in logs[0]["event"]
    assert vectors.count("videos") == 50
    assert vectors.live("items") is None
    with pytest.raises(ReelwearError) as failure:
        vectors.count("items", MODEL)
    assert failure.value.code is ErrorCode.NOT_FOUND
    vectors.ensure("items", MODEL, 3)
    vectors.upsert("items", MODEL, [point("again", "1")])
    assert [hit.owner for hit in vectors.points("items")] == ["again"]
    vectors.close()
    assert (tmp_path / "engine" / "damaged" / ITEMS / "segments").is_dir()


def test_damage_found_by_a_search_is_named_once_and_then_made_good(tmp_path: Path) -> None:
    filled(tmp_path)
    for file in files_of(tmp_path, ITEMS, "payload_storage/page_0.dat"):
        file.write_bytes(b"")
    vectors = opened(tmp_path)
    with capture_logs() as logs, pytest.raises(ReelwearError, match="reelwear vectors rebuild") as failure:
        vectors.search("items", X, 5)
    assert failure.value.code is ErrorCode.STORE_DOWN
    assert [entry["collection"] for entry in logs] == [ITEMS]
    with pytest.raises(ReelwearError) as failure:
        vectors.search("items", X, 5)
    assert failure.value.code is ErrorCode.NOT_FOUND
    vectors.ensure("items", MODEL, 3)
    vectors.upsert("items", MODEL, [point("again", "1")])
    vectors.close()
    vectors = opened(tmp_path)
    assert (vectors.count("items"), vectors.count("videos")) == (1, 50)
    vectors.close()


def test_an_unreadable_list_of_collections_begins_anew(tmp_path: Path) -> None:
    filled(tmp_path)
    (tmp_path / "engine" / "contents.json").write_text('{"collections": {')
    with capture_logs() as logs:
        vectors = opened(tmp_path)
    assert ["reelwear vectors rebuild" in entry["event"] for entry in logs] == [True]
    vectors.ensure("items", MODEL, 3)
    assert vectors.count("items") == 0
    vectors.close()


def test_a_collection_that_was_not_made_to_the_end_is_no_collection(tmp_path: Path) -> None:
    filled(tmp_path)
    contents = tmp_path / "engine" / "contents.json"
    known = json.loads(contents.read_text())
    contents.write_text(json.dumps({"collections": {ITEMS: known["collections"][ITEMS]}, "aliases": {"items": ITEMS}}))
    vectors = opened(tmp_path)
    assert not files_of(tmp_path, VIDEOS, "*")
    vectors.ensure("videos", MODEL, 3)
    assert (vectors.count("items"), vectors.count("videos")) == (50, 0)
    vectors.close()


def test_the_store_of_an_earlier_version_is_left_alone_and_told_of_once(tmp_path: Path) -> None:
    earlier = QdrantClient(path=str(tmp_path))
    earlier.create_collection(ITEMS, VectorParams(size=3, distance=Distance.COSINE))
    earlier.close()
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with capture_logs() as logs:
        vectors = opened(tmp_path)
        vectors.ensure("items", MODEL, 3)
        vectors.close()
        opened(tmp_path).close()
    assert [entry["log_level"] for entry in logs] == ["warning"]
    assert "reelwear vectors rebuild" in logs[0]["event"]
    assert {path: path.read_bytes() for path in before} == before
