import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog_jobs.evaluate.measures.retrieval import confusion_counts, instance_ranks, look_up, mean_vectors

AXES = np.eye(4, dtype=np.float32)


def test_precision_recall_and_rank_of_a_known_ranking() -> None:
    gallery = np.array([[0.9], [0.8], [0.7], [0.6], [0.5], [0.4]], np.float32)
    found = look_up(np.ones(1, np.float32), gallery, np.array([False, True, True, False, False, True]), (1, 5))
    assert found.precision_at == {1: 0.0, 5: 0.4}
    assert found.recall_at == {1: 0.0, 5: 2 / 3}
    assert found.rank == 2


def test_a_model_that_sees_nothing_finds_nothing() -> None:
    found = look_up(np.ones(1, np.float32), np.ones((6, 1), np.float32), np.arange(6) == 0, (1, 5))
    assert found.rank == 6
    assert found.precision_at[5] == 0


def test_a_query_that_nothing_fits_is_refused() -> None:
    with pytest.raises(ValueError, match="leave out"):
        look_up(AXES[0], AXES, np.zeros(4, np.bool_), (1,))


@given(st.lists(st.tuples(st.integers(-99, 99), st.booleans()), min_size=1, max_size=40), st.randoms())
def test_the_order_of_the_gallery_changes_nothing(rows: list[tuple[int, bool]], random: object) -> None:
    rows = [*rows, (0, True)]
    order = list(range(len(rows)))
    random.shuffle(order)  # type: ignore[attr-defined]
    cosines = np.array([[row[0] / 100] for row in rows], np.float32)
    fits = np.array([row[1] for row in rows])
    one = look_up(np.ones(1, np.float32), cosines, fits, (1, 5, 10))
    assert one == look_up(np.ones(1, np.float32), cosines[order], fits[order], (1, 5, 10))
    assert all(0 <= value <= 1 for value in (*one.precision_at.values(), *one.recall_at.values()))
    assert list(one.recall_at.values()) == sorted(one.recall_at.values())


def test_the_own_garment_is_no_distractor() -> None:
    pool = np.stack([AXES[0], AXES[1], AXES[2]])
    ranks = instance_ranks(AXES[:1], AXES[:1], ["a"], pool, ["a", "b", "c"], 2)
    assert ranks.tolist() == [1]


def test_a_distractor_as_near_as_the_target_comes_before_it() -> None:
    assert instance_ranks(AXES[:1], AXES[:1], ["a"], AXES[:2], ["b", "c"], 2).tolist() == [2]


def test_a_pool_that_is_too_small_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"1 pictures that are not a; 2 are needed"):
        instance_ranks(AXES[:1], AXES[:1], ["a"], AXES[:2], ["a", "c"], 2)


def test_the_mean_of_directions_is_a_direction() -> None:
    assert mean_vectors([AXES[:2], AXES[2:3]]) == pytest.approx(np.array([[0.5**0.5] * 2 + [0, 0], [0, 0, 1, 0]]))


def test_confusion_has_the_truth_in_its_rows() -> None:
    assert confusion_counts([0, 0, 1], [0, 1, 1], 2).tolist() == [[1, 1], [0, 1]]
