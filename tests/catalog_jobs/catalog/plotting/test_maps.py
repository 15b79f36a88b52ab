"""Maps: what is alike lies together, for any number of points."""

import importlib.util

import numpy as np
import pytest

from catalog_jobs.catalog.plotting.maps import Map, auto_perplexity, framed, make_map
from catalog_jobs.catalog.plotting.options import MapOptions, Method
from infra.errors import ErrorCode, ReelwearError
from tests.catalog_jobs.catalog.plotting.shop import clustered

NEEDS = {Method.TSNE: "sklearn", Method.UMAP: "umap"}
HOW = "pip install 'reelwear[jobs]'"
ALL = [pytest.param(method, id=method.value) for method in Method]


def mapped(method: Method, vectors: np.ndarray, **others: object) -> Map:
    if method in NEEDS and importlib.util.find_spec(NEEDS[method]) is None:
        pytest.skip(f"{method.spelled} is not installed: {HOW}")
    return make_map(np.asarray(vectors, np.float32), MapOptions(method, **others))  # type: ignore[arg-type]


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("method", ALL)
def test_points_of_a_cluster_lie_nearer_to_each_other_than_to_others(method: Method, dims: int) -> None:
    each = 10
    made = mapped(method, clustered(each=each), dims=dims)
    assert (made.method, made.places.shape, made.note) == (method, (30, dims), "")
    far = np.linalg.norm(made.places[:, None] - made.places[None], axis=2)
    cluster = np.arange(30) // each
    np.fill_diagonal(far, np.inf)
    assert (cluster[far.argmin(axis=1)] == cluster).mean() >= 0.95
    same = cluster[:, None] == cluster[None]
    assert far[same & np.isfinite(far)].mean() < 0.6 * far[~same].mean()


@pytest.mark.parametrize("method", ALL)
def test_the_same_seed_gives_the_same_map(method: Method) -> None:
    vectors = clustered(each=4)
    one, other = (mapped(method, vectors, seed=7) for _ in range(2))
    np.testing.assert_array_equal(one.places, other.places)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5])
@pytest.mark.parametrize("method", ALL)
@pytest.mark.parametrize("dims", [2, 3])
def test_few_points_are_laid_out_by_pca_and_it_is_said(method: Method, count: int, dims: int) -> None:
    made = make_map(clustered()[:count], MapOptions(method, dims))
    assert made.method is Method.PCA
    assert made.places.shape == (count, dims)
    assert np.isfinite(made.places).all()
    assert ("needs" in made.note) == (method is not Method.PCA)
    if count > 2:
        assert len({tuple(place) for place in made.places.tolist()}) == count


@pytest.mark.parametrize("count", [7, 8, 9])
@pytest.mark.parametrize("method", [Method.TSNE, Method.UMAP])
@pytest.mark.parametrize("dims", [2, 3])
def test_the_fewest_points_that_a_method_takes_it_can_map(method: Method, count: int, dims: int) -> None:
    made = mapped(method, clustered()[:count], dims=dims)
    assert np.isfinite(made.places).all()
    assert made.method is (Method.PCA if method is Method.UMAP and count == 7 else method)


@pytest.mark.parametrize("method", ALL)
def test_points_that_are_all_the_same_make_a_map(method: Method) -> None:
    made = make_map(np.repeat(clustered()[:1], 12, axis=0), MapOptions(method))
    assert not made.places.any()
    assert ("the same" in made.note) == (method is not Method.PCA)


def test_the_perplexity_is_a_fifth_of_the_points_between_5_and_30() -> None:
    assert [auto_perplexity(count) for count in (1, 25, 60, 149, 150, 5000)] == [5, 5, 12, 29, 30, 30]


def test_a_perplexity_that_is_too_large_is_refused_by_name() -> None:
    pytest.importorskip("sklearn", reason="t-SNE: pip install 'reelwear[jobs]'")
    with pytest.raises(ReelwearError, match="--perplexity is 24, which must be below 24") as caught:
        make_map(clustered(), MapOptions(Method.TSNE, perplexity=24))
    assert caught.value.code is ErrorCode.BAD_REQUEST


def test_umap_takes_fewer_neighbours_where_there_are_fewer_points() -> None:
    pytest.importorskip("umap", reason="UMAP: pip install 'reelwear[jobs]'")
    made = make_map(clustered(each=3), MapOptions(Method.UMAP, neighbours=15))
    assert "8 taken" in made.note
    assert "8 neighbours" in made.settings


def test_pca_keeps_what_varies_most_and_says_how_much() -> None:
    turns = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    flat = np.zeros((40, 6), np.float32)
    flat[:, 1], flat[:, 4] = 2 * np.cos(turns), np.sin(turns)
    made = make_map(flat, MapOptions(Method.PCA))
    assert made.settings == "100% of the variance"
    assert [axis.partition(" (")[2] for axis in made.axes] == ["80% of the variance)", "20% of the variance)"]
    np.testing.assert_allclose(np.abs(made.places[:, 0]).max(), 1, atol=1e-5)
    np.testing.assert_allclose(np.abs(made.places[:, 1]).max(), 0.5, atol=1e-5)


def test_places_keep_their_shape_when_they_are_framed() -> None:
    places = np.array([[10, 10], [14, 12], [12, 11]], np.float32)
    assert framed(places).tolist() == [[-1, -0.5], [1, 0.5], [0, 0]]


def test_one_far_point_does_not_shrink_a_deep_map() -> None:
    places = np.random.default_rng(0).normal(size=(200, 3)).astype(np.float32)
    places[0] = 1000
    reach = np.linalg.norm(framed(places), axis=1)
    assert 0.3 < np.median(reach) < 1
