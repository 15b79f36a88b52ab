from hypothesis import given
from hypothesis import strategies as st

from catalog_jobs.evaluate.measures.tracks import TrackCounts, count_tracks


def test_rows_of_one_garment_each_are_pure_and_whole() -> None:
    assert count_tracks([["a", "a"], ["b"]]) == TrackCounts(3, 3, 2, 2, 1, 1)


def test_a_garment_torn_in_two_counts_two_rows() -> None:
    assert count_tracks([["a"], ["a"]]) == TrackCounts(2, 2, 2, 1, 2, 1)


def test_a_row_of_two_garments_is_impure() -> None:
    assert count_tracks([["a", "a", "b"]]) == TrackCounts(3, 2, 2, 2, 1, 1)


def test_no_rows_and_empty_rows_count_nothing() -> None:
    assert count_tracks([]) == count_tracks([[]]) == TrackCounts(0, 0, 0, 0, 0, 0)


@given(st.lists(st.lists(st.sampled_from("abcd"), max_size=5), max_size=6))
def test_purity_and_fragmentation_stay_in_their_bounds(rows: list[list[str]]) -> None:
    counts = count_tracks(rows)
    assert counts.garments <= counts.rows <= counts.sightings
    assert counts.pure <= counts.sightings
    assert counts.garments_again <= counts.garments
