import numpy as np

from catalog_jobs.catalog.indexing.duplicates import Seen, duplicates_in


def at(name: str, degrees: float, *types: str) -> Seen:
    radians = np.radians(degrees)
    return Seen(name, types or ("dress",), np.array([np.cos(radians), np.sin(radians)], np.float32))


def test_of_parts_that_show_the_same_the_first_stays() -> None:
    assert duplicates_in([at("a", 0), at("b", 90), at("c", 10), at("d", 85)]) == {"c": "a", "d": "b"}


def test_a_duplicate_is_no_measure_for_others() -> None:
    # 16 degrees are 0.961, 32 are 0.848: the third is like the second alone, which is gone.
    assert duplicates_in([at("a", 0), at("b", 16), at("c", 32)]) == {"b": "a"}


def test_pieces_of_different_types_are_never_duplicates() -> None:
    assert duplicates_in([at("a", 0, "top"), at("a.1", 0, "pants"), at("b", 0, "top")]) == {"b": "a"}


def test_nothing_is_a_duplicate_of_nothing() -> None:
    assert duplicates_in([]) == {}
