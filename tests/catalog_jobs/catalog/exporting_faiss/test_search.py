from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from catalog_jobs.catalog.exporting_faiss.folder import HnswParameters, load_faiss
from catalog_jobs.catalog.exporting_faiss.reading import FaissFolder
from catalog_jobs.catalog.exporting_faiss.writing import export_faiss, new_index
from serve_app.models.image_text import ImageTextModel
from tests.catalog_jobs.catalog.exporting_faiss.conftest import Indexed

pytest.importorskip("faiss", reason="FAISS is not installed: pip install 'reelwear[jobs]'")

WORDS = (
    ("red", "dark blue", "olive", "black", "cream", "pink", "grey", "striped", "floral", "checked"),
    ("cotton", "wool", "leather", "satin", "denim", "knitted", "linen", "velvet"),
    ("t-shirt", "coat", "evening dress", "midi skirt", "jeans", "shorts", "sneakers", "handbag", "beanie", "belt"),
)


def drawn(count: int, dimension: int, seed: int) -> NDArray[np.float32]:
    """Unit vectors in crowds, as garments lie: about a hundred directions, each with its neighbours."""
    chance = np.random.default_rng(seed)
    about = chance.normal(size=(100, dimension))[chance.integers(0, 100, count)]
    found = (about + 0.7 * chance.normal(size=(count, dimension))).astype(np.float32)
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)


def recall_at_10(stored: NDArray[np.float32], asked: NDArray[np.float32]) -> float:
    """Share of the ten nearest that the graph finds, with the parameters of an export."""
    faiss = load_faiss()
    parameters = HnswParameters()
    flat, graph = (new_index(faiss, stored.shape[1], one) for one in (None, parameters))
    flat.add(stored)
    graph.add(stored)
    _, exact = flat.search(asked, 10)
    _, found = graph.search(asked, 10, params=faiss.SearchParametersHNSW(efSearch=parameters.ef_search))
    return float(np.mean([len({*one} & {*other}) / 10 for one, other in zip(exact, found, strict=True)]))


def test_the_graph_finds_what_comparing_all_finds_among_drawn_vectors() -> None:
    stored = drawn(8000, 64, seed=1)
    assert recall_at_10(stored, drawn(200, 64, seed=2)) >= 0.95
    # The random part alone is the worst case for a graph.
    assert recall_at_10(stored, stored[:200] + 0.02) >= 0.95


def test_the_graph_finds_what_comparing_all_finds_among_texts_of_a_shop() -> None:
    texts = [f"{color} {cloth} {kind}" for color in WORDS[0] for cloth in WORDS[1] for kind in WORDS[2]]
    model = ImageTextModel(threads=2)
    stored = model.embed_texts(texts)
    assert recall_at_10(stored, model.embed_texts([f"a {one} for women" for one in texts[::37]])) >= 0.95


@pytest.fixture
def large(indexed: Indexed) -> Indexed:
    """A product of many parts."""
    indexed.begin()
    indexed.product("p")
    for number in range(300):
        indexed.vector("p", f"{number:04d}")
    return indexed


@pytest.mark.parametrize("hnsw", [None, HnswParameters()], ids=["flat", "graph"])
def test_a_search_gives_the_nearest_with_their_cosines(
    large: Indexed, tmp_path: Path, hnsw: HnswParameters | None
) -> None:
    export_faiss(large.records, tmp_path / "faiss", hnsw=hnsw)
    folder = FaissFolder.open(tmp_path / "faiss")
    asked = large.vectors["p", "0042"]
    found = folder.search(asked, 5)
    assert folder.entries[found[0][0]].part == "0042"
    assert found[0][1] == pytest.approx(1, abs=1e-5)
    assert [cosine for _, cosine in found] == sorted((cosine for _, cosine in found), reverse=True)
    assert len(folder.search(asked, 10_000)) == 300


@pytest.mark.parametrize("hnsw", [None, HnswParameters()], ids=["flat", "graph"])
def test_a_search_among_chosen_ones_finds_no_other(large: Indexed, tmp_path: Path, hnsw: HnswParameters | None) -> None:
    export_faiss(large.records, tmp_path / "faiss", hnsw=hnsw)
    folder = FaissFolder.open(tmp_path / "faiss")
    asked = large.vectors["p", "0042"]
    chosen = np.arange(100, 300, dtype=np.int64)
    compared = folder.search(asked, 5, chosen)
    filtered = folder.search(asked, 5, chosen, compared_all=0)
    assert [number for number, _ in filtered] == [number for number, _ in compared]
    assert min(number for number, _ in compared) >= 100
    assert folder.search(asked, 5, np.zeros(0, np.int64), compared_all=0) == []
