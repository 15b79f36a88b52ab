from hypothesis import given
from hypothesis import strategies as st

from catalog_jobs.evaluate.measures.tracks import TrackCounts, count_tracks


def test_rows_of_one_garment_each_are_pure_and_whole() -> None:
    assert count_tracks([[("a", 0), ("a", 1)], [("b", 0)]]) == TrackCounts(3, 3, 2, 2, 1, 1, 2)


def test_a_garment_torn_between_frames_counts_two_rows_where_one_would_do() -> None:
    assert count_tracks([[("a", 0)], [("a", 1)]]) == TrackCounts(2, 2, 2, 1, 2, 1, 1)


def test_a_garment_found_in_two_pieces_in_one_frame_has_two_rows_whatever_linking_does() -> None:
    assert count_tracks([[("a", 0), ("a", 1)], [("a", 0)]]) == TrackCounts(3, 3, 2, 1, 2, 1, 2)


def test_a_row_of_two_garments_is_impure() -> None:
    assert count_tracks([[("a", 0), ("a", 1), ("b", 2)]]) == TrackCounts(3, 2, 2, 2, 1, 1, 2)


def test_no_rows_and_empty_rows_count_nothing() -> None:
    assert count_tracks([]) == count_tracks([[]]) == TrackCounts(0, 0, 0, 0, 0, 0, 0)


ROW = st.dictionaries(st.integers(0, 5), st.sampled_from("abcd"), max_size=5)


@given(st.lists(ROW, max_size=6))
def test_purity_and_fragmentation_stay_in_their_bounds(rows: list[dict[int, str]]) -> None:
    counts = count_tracks([[(garment, frame) for frame, garment in row.items()] for row in rows])
    assert counts.garments <= counts.rows_forced <= counts.rows <= counts.sightings
    assert counts.pure <= counts.sightings
    assert counts.garments_again <= counts.garments
