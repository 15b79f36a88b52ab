"""Whether a cosine tells the pairs that belong together from those that do not."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Curve:
    """Precision and recall at each cut-off, from the highest cosine to the lowest; all three of one length."""

    cutoffs: Floats
    precision: Floats
    recall: Floats


def precision_recall(cosines: Floats, belongs: Bools, weights: Floats | None = None) -> Curve:
    """The curve over pairs, each as heavy as its weight; equal cosines are taken together. Empty without pairs."""
    heavy = np.ones(len(cosines)) if weights is None else weights
    order = np.argsort(-cosines, kind="stable")
    ranked, right = cosines[order], np.cumsum((heavy * belongs)[order])
    taken = np.cumsum(heavy[order])
    last_of_equal = np.append(ranked[1:] != ranked[:-1], True)[: len(ranked)]
    total = right[-1] if len(right) else 0.0
    return Curve(
        ranked[last_of_equal],
        (right / np.maximum(taken, 1e-12))[last_of_equal],
        (right / max(total, 1e-12))[last_of_equal],
    )


def balanced_weights(belongs: Bools) -> Floats:
    """Weights by which the pairs that belong together weigh as much as those that do not."""
    n_true = int(belongs.sum())
    n_false = len(belongs) - n_true
    return np.where(belongs, 1 / max(n_true, 1), 1 / max(n_false, 1))


def lowest_cutoff(curve: Curve, precision: float) -> tuple[float, float] | None:
    """The lowest cut-off that keeps the precision, and its recall; None where none does."""
    good = np.flatnonzero(curve.precision >= precision)
    return (float(curve.cutoffs[good[-1]]), float(curve.recall[good[-1]])) if len(good) else None


def average_precision(curve: Curve) -> float:
    """Area under the curve, as a sum over its steps; 0 without pairs."""
    return float(np.sum(np.diff(curve.recall, prepend=0.0) * curve.precision))


def thinned(curve: Curve, n_points: int) -> Curve:
    """At most so many points of the curve, evenly over the recall, both ends among them."""
    if len(curve.recall) <= n_points:
        return curve
    at = np.unique(np.searchsorted(curve.recall, np.linspace(curve.recall[0], curve.recall[-1], n_points)))
    at = np.minimum(at, len(curve.recall) - 1)
    return Curve(curve.cutoffs[at], curve.precision[at], curve.recall[at])
