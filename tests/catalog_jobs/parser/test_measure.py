"""Mean IoU and pixel accuracy on images small enough to count by hand."""

import numpy as np
import pytest

from catalog_jobs.parser.measure import confusion, score


def test_iou_and_accuracy_are_those_counted_by_hand() -> None:
    truth = np.array([[0, 0, 1, 1], [0, 2, 2, 255]], np.uint8)
    predicted = np.array([[0, 1, 1, 1], [0, 2, 0, 2]], np.uint8)
    reached = score(confusion(truth, predicted, 4), ("a", "b", "c", "never"))
    assert reached.iou == {"a": 2 / 4, "b": 2 / 3, "c": 1 / 2, "never": None}
    assert reached.pixel_accuracy == pytest.approx(5 / 7)
    assert reached.miou == pytest.approx((2 / 4 + 2 / 3 + 1 / 2) / 3)


def test_nothing_labelled_scores_zero() -> None:
    truth = np.full((3, 3), 255, np.uint8)
    reached = score(confusion(truth, np.zeros((3, 3), np.uint8), 2), ("a", "b"))
    assert (reached.miou, reached.pixel_accuracy) == (0.0, 0.0)
