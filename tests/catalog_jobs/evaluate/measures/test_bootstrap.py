import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_jobs.evaluate.measures.bootstrap import difference, draws, interval
from catalog_jobs.evaluate.measures.samples import Rates


def rates(values: list[float], unit: str = "photo") -> Rates:
    return Rates.gather(unit, [str(index) for index in range(len(values))], values)


def test_the_interval_of_a_mean_is_that_of_the_normal_law_for_many_units() -> None:
    values = np.random.default_rng(0).normal(0.6, 0.1, 900).tolist()
    found = interval(rates(values))
    assert found.low is not None
    assert found.high is not None
    half = 1.96 * 0.1 / 30
    assert found.low == pytest.approx(np.mean(values) - half, abs=0.2 * half)
    assert found.high == pytest.approx(np.mean(values) + half, abs=0.2 * half)


def test_crops_that_share_a_photo_are_drawn_together() -> None:
    values = [float(index // 50 % 2) for index in range(500)]
    alone = interval(rates(values))
    together = interval(Rates.gather("photo", [str(index // 50) for index in range(500)], values))
    assert alone.value == together.value == 0.5
    assert (together.n, alone.n) == (10, 500)
    assert (together.high or 0) - (together.low or 0) > 4 * ((alone.high or 0) - (alone.low or 0))


@settings(max_examples=30)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_an_interval_lies_within_the_values_and_is_the_same_again(values: list[float]) -> None:
    found = interval(rates(values))
    assert found == interval(rates(values))
    assert found.low is not None
    assert found.high is not None
    assert min(values) - 1e-6 <= found.low <= found.high <= max(values) + 1e-6


def test_nothing_has_no_interval() -> None:
    found = interval(rates([]))
    assert (found.value, found.low, found.high, found.n) == (None, None, None, 0)


def test_a_run_does_not_differ_from_itself() -> None:
    one = rates([0.1, 0.5, 0.9])
    found = difference(one, one)
    assert found is not None
    assert (found.by, found.low, found.high, found.is_beyond_noise) == (0, 0, 0, False)


def test_a_small_gain_on_every_photo_is_beyond_noise_though_the_intervals_overlap() -> None:
    values = np.random.default_rng(1).random(60).tolist()
    one, other = rates(values), rates([value + 0.02 for value in values])
    found = difference(one, other)
    assert found is not None
    assert found.is_beyond_noise
    assert found.by == pytest.approx(0.02, abs=1e-5)
    assert (interval(one).high or 0) > (interval(other).low or 1)


def test_only_shared_units_are_compared() -> None:
    one, other = rates([1, 0, 1]), Rates.gather("photo", ["2", "9"], [0, 1])
    found = difference(one, other)
    assert found is not None
    assert (found.first, found.second, found.n) == (1, 0, 1)
    assert difference(one, Rates.gather("photo", ["9"], [1])) is None


def test_each_resample_draws_as_many_units_as_there_are() -> None:
    assert (draws(12).sum(1) == 12).all()
    assert draws(0).shape[1] == 0
