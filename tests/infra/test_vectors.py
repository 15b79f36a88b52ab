"""What the vector store promises, on the local implementation."""

import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from structlog.testing import capture_logs

from infra.errors import ErrorCode, ReelwearError
from infra.local.ports import choose_port
from infra.settings import VectorsSettings
from infra.vectors import Hit, Point, Vectors, collection_name

MODEL = "parser-pool@1"
X, Y, Z = np.eye(3, dtype=np.float32)

KEEP_A_POINT_AND_DIE = """
import os, signal, sys
from pathlib import Path
import numpy as np
from infra.settings import VectorsSettings
from infra.vectors import Point, Vectors

vectors = Vectors(VectorsSettings(), Path(sys.argv[1]))
vectors.ensure("items", "m", 3)
vectors.upsert("items", "m", [Point("video", "item-1", np.ones(3, np.float32), {"type": "top"})])
os.kill(os.getpid(), signal.SIGKILL)
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
    store = Vectors(VectorsSettings(), tmp_path / "vectors")
    store.ensure("items", MODEL, 3)
    yield store
    store.close()


def point(owner: str, part: str, vector: NDArray[np.float32], **payload: object) -> Point:
    return Point(owner, part, vector, payload)


def test_the_nearest_come_first_with_their_cosine(vectors: Vectors) -> None:
    vectors.upsert("items", MODEL, [point("a", "1", 5 * X, type="top"), point("b", "1", X + Y), point("c", "1", -X)])
    hits = vectors.search("items", X, limit=2)
    assert [(hit.owner, hit.part, hit.payload) for hit in hits] == [("a", "1", {"type": "top"}), ("b", "1", {})]
    assert [hit.score for hit in hits] == pytest.approx([1.0, 0.5**0.5])


def test_a_point_stored_twice_is_there_once_with_its_latest_payload(vectors: Vectors) -> None:
    for kind in ("top", "dress"):
        vectors.upsert("items", MODEL, [point("a", "1", X, type=kind)])
    assert vectors.count("items") == 1
    assert vectors.search("items", X, 5)[0].payload == {"type": "dress"}


def test_a_search_keeps_to_what_must_be_equal(vectors: Vectors) -> None:
    vectors.upsert("items", MODEL, [point("a", "1", X, type="top"), point("a", "2", Y, type="bag"), point("b", "1", Z)])
    assert [hit.part for hit in vectors.search("items", X, 5, type="bag")] == ["2"]
    assert [hit.part for hit in vectors.search("items", X, 5, owner="a", type="top")] == ["1"]
    assert vectors.search("items", X, 5, type="shoes") == []


def test_an_owner_leaves_with_all_its_points_of_every_model(vectors: Vectors) -> None:
    vectors.ensure("items", "next@2", 2, is_live=False)
    vectors.upsert("items", "next@2", [point("a", "1", X[:2])])
    vectors.upsert("items", MODEL, [point("a", "1", X), point("a", "2", Y), point("b", "1", Z)])
    vectors.delete_owner("items", "a")
    vectors.delete_owner("items", "never was")
    assert [hit.owner for hit in vectors.points("items")] == ["b"]
    vectors.ensure("items", "next@2", 2)
    assert vectors.count("items") == 0


def test_all_points_can_be_walked_past_one_page(vectors: Vectors) -> None:
    vectors.upsert("items", MODEL, [point(f"video-{number}", "1", X) for number in range(300)])
    assert {hit.owner for hit in vectors.points("items")} == {f"video-{number}" for number in range(300)}
    assert vectors.count("items") == 300


def test_aliases_do_not_see_each_other(vectors: Vectors) -> None:
    vectors.ensure("products", MODEL, 3)
    vectors.upsert("products", MODEL, [point("shop", "1", X)])
    assert vectors.count("items") == 0
    assert [hit.owner for hit in vectors.search("products", X, 5)] == ["shop"]


def test_a_new_model_is_filled_beside_the_old_one_and_then_switched_to(vectors: Vectors) -> None:
    vectors.upsert("items", MODEL, [point("a", "1", X)])
    vectors.ensure("items", "next@2", 2, is_live=False)
    vectors.upsert("items", "next@2", [point("a", "1", Y[:2], by="next")])
    assert vectors.search("items", X, 5)[0].payload == {}
    vectors.ensure("items", "next@2", 2)
    assert vectors.search("items", Y[:2], 5)[0].payload == {"by": "next"}


def test_a_search_by_a_model_keeps_to_its_vectors_whatever_the_alias_stands_for(vectors: Vectors) -> None:
    vectors.upsert("items", MODEL, [point("a", "1", X, type="top"), point("a", "2", X, type="bag")])
    vectors.ensure("items", "next@2", 2)
    vectors.upsert("items", "next@2", [point("b", "1", X[:2])])
    assert [hit.part for hit in vectors.search("items", X, 5, MODEL, type="bag")] == ["2"]
    assert [hit.owner for hit in vectors.search("items", X[:2], 5, "next@2")] == ["b"]
    assert [vectors.count("items", model) for model in (MODEL, "next@2", None)] == [2, 1, 1]
    with pytest.raises(ReelwearError) as failure:
        vectors.search("items", X, 5, "unknown@1")
    assert failure.value.code is ErrorCode.NOT_FOUND


def test_points_leave_by_what_they_carry_whatever_their_model(vectors: Vectors) -> None:
    vectors.ensure("items", "next@2", 3, is_live=False)
    for model in (MODEL, "next@2"):
        vectors.upsert("items", model, [point("a", "1", X, run_id="old"), point("a", "2", X, run_id="new")])
    vectors.delete("items", "run_id", "old")
    assert [[hit.part for hit in vectors.points("items", model)] for model in (MODEL, "next@2")] == [["2"], ["2"]]


def test_models_that_are_not_kept_leave_whole_and_other_aliases_stay(vectors: Vectors) -> None:
    vectors.ensure("items", "next@2", 2)
    vectors.ensure("videos", MODEL, 3)
    vectors.keep_models("items", ["next@2"])
    assert (vectors.count("items"), vectors.count("videos")) == (0, 0)
    with pytest.raises(ReelwearError) as failure:
        vectors.count("items", MODEL)
    assert failure.value.code is ErrorCode.NOT_FOUND
    vectors.keep_models("items", [])
    vectors.ensure("items", MODEL, 3)
    assert vectors.count("items") == 0


def test_a_model_cannot_change_its_dimension(vectors: Vectors) -> None:
    with pytest.raises(ReelwearError, match="3 numbers, the model gives 4") as failure:
        vectors.ensure("items", MODEL, 4)
    assert failure.value.code is ErrorCode.BAD_SETTING


def test_a_vector_of_another_dimension_is_refused(vectors: Vectors) -> None:
    with pytest.raises(ReelwearError) as failure:
        vectors.upsert("items", MODEL, [point("a", "1", X[:2])])
    assert failure.value.code is ErrorCode.BAD_REQUEST


def test_an_alias_nobody_made_is_named(vectors: Vectors) -> None:
    with pytest.raises(ReelwearError, match="videos") as failure:
        vectors.search("videos", X, 5)
    assert failure.value.code is ErrorCode.NOT_FOUND
    vectors.delete_owner("videos", "a")


def test_points_survive_a_kill(tmp_path: Path) -> None:
    died = subprocess.run([sys.executable, "-c", KEEP_A_POINT_AND_DIE, str(tmp_path)], timeout=60, check=False)
    assert died.returncode < 0
    vectors = Vectors(VectorsSettings(), tmp_path)
    assert list(vectors.points("items")) == [Hit("video", "item-1", 0.0, {"type": "top"})]
    vectors.close()


@pytest.mark.usefixtures("vectors")
def test_a_second_process_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    opened = subprocess.run(
        [sys.executable, "-c", OPEN_AND_REPORT, str(tmp_path / "vectors")],
        timeout=60,
        check=True,
        stdout=subprocess.PIPE,
    )
    assert opened.stdout.split(maxsplit=1)[0] == b"already_running"
    assert b"another process" in opened.stdout


def test_threads_may_write_and_read_at_once(vectors: Vectors) -> None:
    start = threading.Barrier(4)

    def work(number: int) -> None:
        start.wait()
        for part in range(20):
            vectors.upsert("items", MODEL, [point(f"owner-{number}", str(part), X + number * Y)])
            vectors.search("items", X, 3)
        vectors.delete_owner("items", "owner-0")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    vectors.delete_owner("items", "owner-0")
    assert vectors.count("items") == 60


def test_a_large_local_store_names_the_server_once(tmp_path: Path) -> None:
    vectors = Vectors(VectorsSettings(), tmp_path, comfort_points=3)
    vectors.ensure("items", MODEL, 3)
    with capture_logs() as logs:
        vectors.upsert("items", MODEL, [point("crowd", str(number), X) for number in range(3)])
        assert logs == []
        vectors.upsert("items", MODEL, [point("one", "more", X)])
        vectors.upsert("items", MODEL, [point("two", "more", X)])
    assert [entry["log_level"] for entry in logs] == ["warning"]
    assert "REELWEAR_QDRANT_URL" in logs[0]["event"]
    vectors.close()


def test_a_server_that_is_down_is_named_and_worth_a_retry(tmp_path: Path) -> None:
    port = choose_port((), random.Random())
    vectors = Vectors(VectorsSettings(qdrant_url=f"http://127.0.0.1:{port}"), tmp_path)
    with pytest.raises(ReelwearError, match=str(port)) as failure:
        vectors.ensure("items", MODEL, 3)
    assert failure.value.code is ErrorCode.STORE_DOWN
    assert failure.value.is_retryable
    vectors.close()


@pytest.mark.parametrize(
    "model, name",
    [("Marqo/FashionSigLIP@1.2", "items--marqo-fashionsiglip-1.2"), ("../../etc", "items--..-..-etc")],
)
def test_a_model_names_its_collection(model: str, name: str) -> None:
    assert collection_name("items", model) == name
