"""Votes into wearers, on grids whose wearers are known."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from serve_app.models.wearers import NOBODY, Bools, Floats, find_wearers

HEIGHT, WIDTH = 112, 96


def scene(*people_xywh: tuple[int, int, int, int], scatter: float = 3.0) -> tuple[Floats, Bools, list[Bools]]:
    """Votes, worn cells and the cells of each person; later people stand before earlier ones."""
    rng = np.random.default_rng(5)
    votes = np.zeros((2, HEIGHT, WIDTH), np.float32)
    owner = np.full((HEIGHT, WIDTH), NOBODY)
    for number, (x, y, w, h) in enumerate(people_xywh):
        owner[y : y + h, x : x + w] = number
    for number in range(len(people_xywh)):
        ys, xs = np.nonzero(owner == number)
        votes[0, ys, xs] = xs.mean() - xs + rng.normal(0, scatter, len(xs))
        votes[1, ys, xs] = ys.mean() - ys + rng.normal(0, scatter * 1.5, len(ys))
    return votes, owner != NOBODY, [owner == number for number in range(len(people_xywh))]


def share_of_main_wearer(wearers: np.ndarray, cells: Bools) -> float:
    return float(np.bincount(wearers[cells]).max() / cells.sum())


def test_nobody_is_nobody() -> None:
    votes, _, _ = scene()
    assert (find_wearers(votes, np.zeros((HEIGHT, WIDTH), np.bool_)) == NOBODY).all()


def test_one_person_is_one_wearer() -> None:
    votes, worn, _ = scene((30, 5, 28, 100))
    wearers = find_wearers(votes, worn)
    assert set(np.unique(wearers)) == {NOBODY, 0}


def test_one_person_cut_in_two_by_a_bag_is_one_wearer() -> None:
    votes, worn, (person,) = scene((30, 5, 28, 100))
    worn[50:60] = False
    wearers = find_wearers(votes, worn)
    assert wearers.max() == 0
    assert (wearers[person & worn] == 0).all()


def test_two_people_shoulder_to_shoulder_are_two_wearers() -> None:
    votes, worn, people = scene((10, 5, 30, 100), (40, 10, 28, 95))
    wearers = find_wearers(votes, worn)
    assert wearers.max() == 1
    assert all(share_of_main_wearer(wearers, person) > 0.95 for person in people)
    assert len({np.bincount(wearers[person]).argmax() for person in people}) == 2


def test_a_crowd_of_four_is_four_wearers() -> None:
    votes, worn, people = scene((2, 5, 20, 90), (26, 5, 20, 90), (50, 5, 20, 90), (74, 5, 20, 90), scatter=2.0)
    wearers = find_wearers(votes, worn)
    assert wearers.max() == 3
    assert all(share_of_main_wearer(wearers, person) > 0.9 for person in people)


def test_a_small_person_far_away_is_a_wearer() -> None:
    votes, worn, people = scene((10, 5, 30, 100), (80, 40, 6, 18), scatter=1.0)
    wearers = find_wearers(votes, worn)
    assert wearers.max() == 1
    assert set(np.unique(wearers[people[1]])) == {1}


def test_the_largest_wearer_has_number_0() -> None:
    votes, worn, people = scene((5, 40, 14, 50), (40, 5, 34, 100), scatter=1.0)
    wearers = find_wearers(votes, worn)
    assert np.bincount(wearers[people[1]]).argmax() == 0


@given(st.integers(0, 2**32 - 1), st.floats(0, 1), st.floats(0, 200))
def test_every_worn_cell_and_no_other_has_a_wearer_whatever_the_votes(seed: int, share: float, reach: float) -> None:
    rng = np.random.default_rng(seed)
    worn = rng.random((24, 20)) < share
    votes = rng.normal(0, reach, (2, 24, 20)).astype(np.float32)
    wearers = find_wearers(votes, worn)
    assert ((wearers != NOBODY) == worn).all()
    assert set(np.unique(wearers[worn])) == set(range(int(wearers.max()) + 1))
