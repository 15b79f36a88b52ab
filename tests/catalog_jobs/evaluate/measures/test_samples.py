import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from catalog_jobs.evaluate.measures.samples import N_BINS, Binned, MeanRates, Rates, Samples

ONE = np.ones((1, 2))


def test_a_rate_is_the_sum_over_the_sum_and_not_the_mean_of_the_units() -> None:
    rates = Rates.gather("photo", ["a", "a", "a", "b"], [1, 1, 0, 0])
    assert rates.keys == ("a", "b")
    assert rates.values(ONE).tolist() == [0.5]
    assert rates.values(np.array([[1.0, 0], [0, 1], [3, 1]])).tolist() == pytest.approx([2 / 3, 0, 0.6])


def test_a_rate_of_nothing_is_no_number() -> None:
    assert np.isnan(Rates.gather("photo", [], []).values(np.ones((1, 0)))).all()
    assert np.isnan(Rates.gather("photo", ["a", "b"], [0, 0], [0, 0]).values(ONE)).all()


def test_a_group_that_counts_nowhere_is_left_out_of_the_mean() -> None:
    means = MeanRates(
        unit="photo",
        keys=("a", "b"),
        groups=("x", "y", "z"),
        sums=((1, 0, 0), (1, 1, 0)),
        counts=((2, 0, 0), (2, 4, 0)),
    )
    assert means.values(ONE).tolist() == [(0.5 + 0.25) / 2]
    assert means.values(np.array([[1.0, 0]])).tolist() == [0.5]
    assert means.group("y").values(ONE).tolist() == [0.25]


def test_chances_that_come_true_as_often_as_they_say_have_no_error() -> None:
    chances = np.array([0.5, 0.5, 1.0, 1.0])
    right = Binned.gather("photo", ["a", "b", "a", "b"], chances, np.array([True, False, True, True]))
    assert right.values(ONE).tolist() == [0.0]
    wrong = Binned.gather("photo", ["a", "b", "a", "b"], chances, np.array([False, False, False, False]))
    assert wrong.values(ONE).tolist() == [0.75]


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_the_calibration_error_is_a_share_and_every_chance_is_in_one_bin(pairs: list[tuple[float, bool]]) -> None:
    chances, came_true = np.array([chance for chance, _ in pairs]), np.array([true for _, true in pairs])
    binned = Binned.gather("photo", [str(i % 7) for i in range(len(pairs))], chances, came_true)
    assert 0 <= float(binned.values(np.ones((1, len(binned.keys))))[0]) <= 1 + 1e-6
    assert sum(map(sum, binned.counts)) == len(pairs)
    assert len(binned.counts[0]) == N_BINS


@pytest.mark.parametrize(
    "samples",
    [
        pytest.param(Rates.gather("query", ["a", "b"], [0.2, 1]), id="rates"),
        pytest.param(
            MeanRates(unit="photo", keys=("a", "b"), groups=("x",), sums=((1,), (2,)), counts=((2,), (2,))), id="means"
        ),
        pytest.param(Binned.gather("photo", ["a", "b"], np.array([0.1, 0.9]), np.array([False, True])), id="binned"),
    ],
)
def test_samples_come_back_from_json_and_can_be_picked_from(samples: Samples) -> None:
    adapter: TypeAdapter[Samples] = TypeAdapter(Samples)
    assert adapter.validate_json(adapter.dump_json(samples)) == samples
    turned = samples.only(["b", "a"])
    assert turned.keys == ("b", "a")
    assert turned.values(np.array([[1.0, 0]])) == samples.values(np.array([[0, 1.0]]))
    with pytest.raises(KeyError):
        samples.only(["c"])
