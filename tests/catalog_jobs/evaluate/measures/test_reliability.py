import numpy as np
import pytest

from catalog_jobs.evaluate.measures.reliability import bins_of, sigmoid, softmax
from catalog_jobs.evaluate.measures.samples import Binned


def test_bins_tell_chance_and_frequency_and_empty_ones_are_left_out() -> None:
    binned = Binned.gather("photo", ["a", "b", "c"], np.array([0.02, 0.04, 1.0]), np.array([False, True, True]))
    low, high = bins_of(binned)
    assert (low.count, low.chance, low.came_true) == (2, 0.03, 0.5)
    assert (high.low, high.high, high.count, high.came_true) == (0.9333, 1.0, 1, 1.0)


def test_chances_of_classes_add_up_to_one_even_for_large_scores() -> None:
    chances = softmax(np.array([[1000.0, 0.0], [0.0, np.log(3)]]))
    assert chances.sum(1).tolist() == pytest.approx([1, 1])
    assert chances[1].tolist() == pytest.approx([0.25, 0.75])


def test_the_chance_of_a_score_is_a_half_at_zero_and_never_overflows() -> None:
    assert sigmoid(np.array([-1e4, 0.0, np.log(4), 1e4])).tolist() == pytest.approx([0, 0.5, 0.8, 1])
