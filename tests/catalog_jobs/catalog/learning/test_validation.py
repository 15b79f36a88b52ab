"""Ranks, recall and the measure, counted by hand."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="validation needs torch: pip install 'reelwear[models]'")

from catalog_jobs.catalog.learning.facts import FactTable, Match  # noqa: E402
from catalog_jobs.catalog.learning.rows import PromptRow  # noqa: E402
from catalog_jobs.catalog.learning.validation import (  # noqa: E402
    Found,
    first_ranks,
    gather,
    images_to_images,
    search_of,
    texts_to_images,
)


def rows_of(*told: tuple[str, str, str]) -> list[PromptRow]:
    return [PromptRow(product, Path("x"), "dress", text, "val", group=group) for product, text, group in told]


def floats(*rows: Sequence[float]) -> np.ndarray:
    return np.array(rows, np.float32)


def test_the_rank_is_that_of_the_best_right_picture_among_those_that_count() -> None:
    cosines = floats([0.9, 0.8, 0.7, 0.6])
    belongs = np.array([[False, False, True, True]])
    every = np.ones((1, 4), np.bool_)
    assert first_ranks(cosines, Match(belongs, every)).tolist() == [3]
    assert first_ranks(cosines, Match(belongs, np.array([[False, True, True, True]]))).tolist() == [2]


def test_equal_vectors_find_nothing() -> None:
    belongs = np.eye(5, dtype=np.bool_)
    assert first_ranks(np.ones((5, 5), np.float32), Match(belongs, np.ones_like(belongs))).tolist() == [5] * 5


def test_each_text_is_asked_once_and_every_picture_it_is_true_of_is_right() -> None:
    rows = rows_of(("1", "red", ""), ("2", "Red", ""), ("3", "blue", ""))
    texts = floats([1, 0], [1, 0], [0, 1])
    images = floats([0, 1], [1, 0], [0.6, 0.8])
    found = texts_to_images(rows, FactTable.of(rows), texts, images)
    assert dict(zip([rows[row].text for row in found.rows], found.ranks.tolist(), strict=True)) == {"red": 1, "blue": 2}


def test_a_picture_looks_for_the_others_of_its_garment() -> None:
    rows = rows_of(("1", "a", ""), ("1", "b", ""), ("2", "c", ""))
    images = floats([1, 0], [0.6, 0.8], [0.8, 0.6])
    found = images_to_images(FactTable.of(rows), images)
    assert (found.rows.tolist(), found.ranks.tolist()) == ([0, 1], [2, 2])


def test_measures_of_ranks() -> None:
    found = Found(np.arange(4), np.array([1, 2, 5, 10]))
    search = search_of(found)
    assert search is not None
    assert (search.recall_at_1, search.recall_at_5, search.median_rank) == (0.25, 0.75, 3.5)
    assert search.mrr == pytest.approx((1 + 0.5 + 0.2 + 0.1) / 4)
    assert search_of(Found(np.zeros(0, np.intp), np.zeros(0, np.int64))) is None


def test_the_measure_is_the_mean_of_both_searches_and_variants_are_drawn_as_one() -> None:
    rows = rows_of(("1", "a", "G"), ("2", "b", "G"), ("3", "c", ""))
    samples = gather(rows, (Found(np.arange(3), np.array([1, 2, 4])), Found(np.array([0]), np.array([2]))))
    assert samples.keys == ("group G", "product 3")
    assert samples.values(np.ones((1, 2)))[0] == pytest.approx(((1 + 0.5 + 0.25) / 3 + 0.5) / 2)


def test_without_second_pictures_the_measure_is_that_of_the_captions() -> None:
    rows = rows_of(("1", "a", ""), ("2", "b", ""))
    nothing = Found(np.zeros(0, np.intp), np.zeros(0, np.int64))
    samples = gather(rows, (Found(np.arange(2), np.array([1, 2])), nothing))
    assert samples.values(np.ones((1, 2)))[0] == pytest.approx(0.75)
