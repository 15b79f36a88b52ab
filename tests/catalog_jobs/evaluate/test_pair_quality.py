import numpy as np
import pytest

from catalog_jobs.evaluate.data.crops import Crop
from catalog_jobs.evaluate.pair_quality import cutoff_for, exact_pairs, rates_at_cutoffs, similar_pairs
from serve_app.contract import Cutoffs

PIXELS, MASK = np.zeros((9, 9, 3), np.uint8), np.ones((9, 9), np.bool_)
CUTOFFS = {"default": Cutoffs(exact=0.9, similar=0.6, same=0.9, unrelated=0.1)}


def crop(photo: str, kind: str, number: int, color: str | None) -> Crop:
    return Crop(photo, kind, number, color, PIXELS, MASK)


CROPS = [
    crop("a", "shoes", 0, "black"),
    crop("a", "shoes", 1, "black"),
    crop("b", "shoes", 0, "black"),
    crop("c", "shoes", 0, "red"),
    crop("c", "hat", 0, "red"),
    crop("d", "shoes", 0, None),
]
VECTORS = np.array([[1, 0], [1, 0], [0.8, 0.6], [0, 1], [0, 1], [0.6, 0.8]], np.float32)


def test_two_views_of_one_piece_belong_together_and_the_other_shoe_counts_for_neither() -> None:
    (pairs,) = exact_pairs(CROPS, VECTORS, VECTORS)
    assert pairs.kind == "shoes"
    assert len(pairs.cosines) == 5 * 5 - 2
    assert pairs.belongs.sum() == 5
    assert pairs.cosines[pairs.belongs] == pytest.approx(np.ones(5))


def test_garments_of_one_colour_are_similar_and_those_without_a_colour_are_left_out() -> None:
    (pairs,) = similar_pairs(CROPS, VECTORS)
    assert list(zip(pairs.photos, pairs.belongs.tolist(), pairs.cosines.round(2).tolist(), strict=True)) == [
        ("a", True, 0.8),
        ("a", False, 0.0),
        ("a", True, 0.8),
        ("a", False, 0.0),
        ("b", False, 0.6),
    ]


def test_precision_and_recall_are_those_at_the_cutoff_of_the_type() -> None:
    pairs = similar_pairs(CROPS, VECTORS)
    found = rates_at_cutoffs("similar", pairs, {"shoes": Cutoffs(exact=1, similar=0.59, same=1, unrelated=0)})
    one = np.ones((1, 2))
    assert found["similar.precision"].values(one) == pytest.approx([2 / 3])
    assert found["similar.recall.shoes"].values(one) == pytest.approx([1])
    assert found["similar.balanced_precision"].values(one) == pytest.approx([1 / (1 + 1 / 3)])


def test_a_type_without_a_cutoff_has_that_of_all_others() -> None:
    assert cutoff_for("exact", "hat", CUTOFFS) == 0.9
    assert cutoff_for("similar", "hat", CUTOFFS) == 0.6
    assert cutoff_for("exact", "hat", {}) is None
