import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog_jobs.evaluate.measures.pairs import (
    average_precision,
    balanced_weights,
    lowest_cutoff,
    precision_recall,
    thinned,
)

COSINES = np.array([0.9, 0.8, 0.8, 0.6, 0.5])
BELONGS = np.array([True, True, False, True, False])


def test_equal_cosines_are_taken_together() -> None:
    curve = precision_recall(COSINES, BELONGS)
    assert curve.cutoffs.tolist() == [0.9, 0.8, 0.6, 0.5]
    assert curve.precision.tolist() == pytest.approx([1, 2 / 3, 3 / 4, 3 / 5])
    assert curve.recall.tolist() == pytest.approx([1 / 3, 2 / 3, 1, 1])


def test_the_lowest_cutoff_keeps_the_precision_even_where_it_dips_before() -> None:
    curve = precision_recall(COSINES, BELONGS)
    assert lowest_cutoff(curve, 0.75) == pytest.approx((0.6, 1.0))
    assert lowest_cutoff(curve, 1.01) is None


def test_balanced_weights_make_both_kinds_weigh_the_same() -> None:
    belongs = np.array([True, False, False, False])
    weights = balanced_weights(belongs)
    assert weights[belongs].sum() == pytest.approx(weights[~belongs].sum())
    assert precision_recall(np.ones(4), belongs, weights).precision.tolist() == pytest.approx([0.5])


def test_no_pairs_have_an_empty_curve() -> None:
    curve = precision_recall(np.zeros(0), np.zeros(0, np.bool_))
    assert len(curve.cutoffs) == 0
    assert average_precision(curve) == 0
    assert lowest_cutoff(curve, 0.5) is None


@given(st.lists(st.tuples(st.floats(-1, 1), st.booleans()), min_size=1, max_size=80))
def test_recall_never_falls_and_the_area_is_a_share(pairs: list[tuple[float, bool]]) -> None:
    curve = precision_recall(np.array([c for c, _ in pairs]), np.array([b for _, b in pairs]))
    assert (np.diff(curve.recall) >= 0).all()
    assert 0 <= average_precision(curve) <= 1 + 1e-9
    few = thinned(curve, 10)
    assert len(few.recall) <= 10
    assert few.recall[-1] == curve.recall[-1]
