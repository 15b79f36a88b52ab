"""Neighbours, near-duplicates and outliers, against what every pair says."""

import numpy as np
import pytest

from catalog_jobs.catalog.plotting.nearness import NOBODY, loneliness, nearest, pairs_above
from tests.catalog_jobs.catalog.plotting.shop import clustered

in_blocks = pytest.mark.parametrize("cells", [16_000_000, 70], ids=["one block", "blocks of two rows"])


@in_blocks
def test_the_nearest_are_those_that_every_pair_says(cells: int) -> None:
    vectors = clustered(each=11)
    found = nearest(vectors, vectors, 4, np.arange(33), cells_a_block=cells)
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -2)
    expected = np.argsort(-cosines, axis=1, kind="stable")[:, :4]
    np.testing.assert_array_equal(found.positions, expected)
    np.testing.assert_allclose(found.cosines, np.take_along_axis(cosines, expected, axis=1), atol=1e-6)


@in_blocks
def test_those_of_the_same_owner_are_no_neighbours(cells: int) -> None:
    vectors = clustered(each=11)
    owners = np.arange(33) // 11
    found = nearest(vectors, vectors, 5, groups=(owners, owners), cells_a_block=cells)
    assert (owners[found.positions] != owners[:, None]).all()


def test_where_there_are_too_few_the_places_stay_empty() -> None:
    vectors = clustered(each=1)[:2]
    found = nearest(vectors, vectors, 6, np.arange(2))
    assert found.positions.tolist() == [[1, *[NOBODY] * 5], [0, *[NOBODY] * 5]]
    assert nearest(vectors[:1], vectors[:1], 6, np.arange(1)).positions.tolist() == [[NOBODY] * 6]


@in_blocks
def test_pairs_are_all_those_above_the_cosine_the_most_alike_first(cells: int) -> None:
    vectors = clustered(each=11, noise=0.35)
    cosines = vectors @ vectors.T
    expected = [(i, j) for i in range(33) for j in range(i + 1, 33) if cosines[i, j] >= 0.9]
    found = pairs_above(vectors, 0.9, 1000, cells_a_block=cells)
    assert found.total == len(expected) > 20
    assert sorted(map(tuple, found.positions.tolist())) == expected
    assert (np.diff(found.cosines) <= 0).all()
    few = pairs_above(vectors, 0.9, 3, cells_a_block=cells)
    assert (few.total, few.positions.tolist()) == (found.total, found.positions[:3].tolist())
    kinds = np.arange(33) % 2
    one_kind = pairs_above(vectors, 0.9, 1000, kinds, cells)
    assert sorted(map(tuple, one_kind.positions.tolist())) == [(i, j) for i, j in expected if kinds[i] == kinds[j]]


def test_a_point_far_from_all_others_is_the_loneliest() -> None:
    vectors = clustered(each=10)
    vectors[17] = -vectors[:10].mean(axis=0) / np.linalg.norm(vectors[:10].mean(axis=0))
    lonely = loneliness(vectors)
    assert int(lonely.argmax()) == 17
    assert lonely[17] > 3 * np.delete(lonely, 17).max()
    assert loneliness(vectors[:1]).tolist() == [0]
