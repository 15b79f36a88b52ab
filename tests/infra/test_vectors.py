"""What the vector store promises, kept by the engine of this process and by the client of a server alike."""

import subprocess
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from qdrant_client import QdrantClient

from infra.errors import ErrorCode, ReelwearError
from infra.settings import VectorsSettings
from infra.vectors import Point, Vectors, collection_name
from infra.vectors.remote import RemoteCollections

# The client's own stand-in for a server has no indexes, and says so.
pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning")

MODEL = "parser-pool@1"
X, Y, Z = np.eye(3, dtype=np.float32)

IMPORT_AND_REPORT = (
    "import sys, infra.vectors; print([n for n in ('qdrant_client', 'qdrant_edge') if n in sys.modules])"
)


@pytest.fixture(params=["engine", "client"])
def vectors(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Vectors]:
    """The two stores: the engine in a folder, and a server's client over the client's own implementation of one."""
    if request.param == "engine":
        store = Vectors(VectorsSettings(), tmp_path / "vectors")
    else:
        store = Vectors.over(RemoteCollections(QdrantClient(":memory:"), "memory"))
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


@pytest.mark.parametrize(
    "model, name",
    [("Marqo/FashionSigLIP@1.2", "items--marqo-fashionsiglip-1.2"), ("../../etc", "items--..-..-etc")],
)
def test_a_model_names_its_collection(model: str, name: str) -> None:
    assert collection_name("items", model) == name


def test_a_collection_of_several_vectors_holds_points_that_have_one_of_them(vectors: Vectors) -> None:
    vectors.ensure("products", MODEL, 3, names=("image", "text"))
    vectors.upsert(
        "products", MODEL, [Point("shirt", "photo-1", X, {}, "image"), Point("shirt", "text", Y, {}, "text")]
    )
    vectors.upsert("products", MODEL, [Point("coat", "text", X, {}, "text")])
    by_image = vectors.search("products", X, 5, name="image")
    assert [(hit.owner, hit.part) for hit in by_image] == [("shirt", "photo-1")]
    assert [hit.owner for hit in vectors.search("products", X, 5, name="text")] == ["coat", "shirt"]
    assert vectors.count("products") == 3
    vectors.ensure("products", MODEL, 3, names=("text", "image"))


def test_a_point_stored_again_under_another_name_has_lost_its_earlier_vector(vectors: Vectors) -> None:
    vectors.ensure("products", MODEL, 3, names=("image", "text"))
    for name in ("image", "text"):
        vectors.upsert("products", MODEL, [Point("shirt", "1", X, {}, name)])
    assert vectors.search("products", X, 5, name="image") == []
    assert vectors.count("products") == 1


def test_a_model_cannot_change_the_names_of_its_vectors(vectors: Vectors) -> None:
    with pytest.raises(ReelwearError, match=r"have 3 numbers, the model gives 3 numbers \(image\)") as failure:
        vectors.ensure("items", MODEL, 3, names=("image",))
    assert failure.value.code is ErrorCode.BAD_SETTING


def test_a_vector_of_an_unknown_name_is_refused(vectors: Vectors) -> None:
    vectors.ensure("products", MODEL, 3, names=("image", "text"))
    with pytest.raises(ReelwearError) as stored:
        vectors.upsert("products", MODEL, [Point("shirt", "1", X, {}, "sound")])
    with pytest.raises(ReelwearError) as asked:
        vectors.search("products", X, 5, name="sound")
    assert stored.value.code is asked.value.code is ErrorCode.BAD_REQUEST
    assert vectors.count("products") == 0


def test_a_word_also_finds_the_lists_it_stands_in_and_several_words_any_of_them(vectors: Vectors) -> None:
    stored = {"1": ["top", "dress"], "2": ["dress"], "3": ["shoes"], "4": []}
    vectors.upsert("items", MODEL, [point("a", part, X, types=types, color="red") for part, types in stored.items()])

    def found(types: str | Collection[str], **other: str) -> list[str]:
        return sorted(hit.part for hit in vectors.search("items", X, 9, MODEL, types=types, **other))

    assert found("dress") == ["1", "2"]
    assert found(["top", "shoes"]) == ["1", "3"]
    assert found({"dress", "shoes"}, color="red", part="3") == ["3"]
    assert found(["hat"]) == found([]) == found("dress", color="blue") == []


def test_parts_leave_by_name_from_their_model_alone(vectors: Vectors) -> None:
    vectors.ensure("items", "next@2", 3, is_live=False)
    for model in (MODEL, "next@2"):
        vectors.upsert("items", model, [point("a", "1", X), point("a", "2", X), point("b", "1", X)])
    vectors.delete_parts("items", MODEL, iter([("a", "1"), ("b", "1"), ("never", "was")]))
    vectors.delete_parts("items", MODEL, [])
    vectors.delete_parts("items", "unknown@1", [("a", "1")])
    assert [(hit.owner, hit.part) for hit in vectors.points("items")] == [("a", "2")]
    assert vectors.count("items", "next@2") == 3


def test_an_alias_says_what_it_stands_for_and_is_switched(vectors: Vectors) -> None:
    assert vectors.live("videos") is None
    vectors.ensure("items", "next@2", 2, is_live=False)
    assert vectors.live("items") == collection_name("items", MODEL)
    vectors.switch("items", "next@2")
    vectors.switch("items", "next@2")
    assert vectors.live("items") == collection_name("items", "next@2")
    with pytest.raises(ReelwearError, match="unknown@1") as failure:
        vectors.switch("items", "unknown@1")
    assert failure.value.code is ErrorCode.NOT_FOUND


def test_a_dropped_collection_is_gone_with_its_alias(vectors: Vectors) -> None:
    vectors.ensure("items", "next@2", 2, is_live=False)
    vectors.upsert("items", MODEL, [point("a", "1", X)])
    vectors.drop("items", "next@2")
    vectors.drop("items", "unknown@1")
    assert vectors.count("items") == 1
    vectors.drop("items", MODEL)
    assert vectors.live("items") is None
    with pytest.raises(ReelwearError) as failure:
        vectors.search("items", X, 5)
    assert failure.value.code is ErrorCode.NOT_FOUND
    vectors.ensure("items", MODEL, 3)
    assert vectors.count("items") == 0


def test_a_payload_comes_back_as_it_was_stored(vectors: Vectors) -> None:
    payload = {"types": ["top", "dress"], "color": "", "share": 0.5, "many": 3, "is_sold": True, "of": {"x": None}}
    vectors.upsert("items", MODEL, [point("a", "1", X, **payload)])
    assert [hit.payload for hit in vectors.points("items")] == [payload]
    assert vectors.search("items", X, 1)[0].payload == payload


def test_the_same_neighbours_come_as_from_numpy(vectors: Vectors) -> None:
    rng = np.random.default_rng(7)
    vectors.ensure("videos", MODEL, 16)
    rows = rng.standard_normal((400, 16)).astype(np.float32)
    kinds = ["top", "bag", "hat"]
    vectors.upsert("videos", MODEL, [point("v", str(n), row, type=kinds[n % 3]) for n, row in enumerate(rows)])
    units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    for asked in units[:5]:
        cosines = np.where(np.arange(400) % 3 == 1, -2, units @ asked)
        expected = np.argsort(-cosines)[:20]
        hits = vectors.search("videos", asked, 20, type=["top", "hat"])
        assert [int(hit.part) for hit in hits] == expected.tolist()
        assert [hit.score for hit in hits] == pytest.approx(cosines[expected].tolist(), abs=1e-5)


def test_neither_store_is_loaded_before_it_is_used() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORT_AND_REPORT], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
