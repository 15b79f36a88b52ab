"""Whether chances come true: by bins, as in a reliability diagram."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog_jobs.evaluate.measures.samples import N_BINS, Binned, Floats


@dataclass(frozen=True)
class Bin:
    """Chances from low to high: how many, their mean, and the share of them that came true."""

    low: float
    high: float
    count: int
    chance: float
    came_true: float


def bins_of(binned: Binned) -> tuple[Bin, ...]:
    """The bins that hold anything, from low to high."""
    chances, hits, counts = (table.sum(0) for table in binned.tables())
    return tuple(
        Bin(
            round(index / N_BINS, 4),
            round((index + 1) / N_BINS, 4),
            int(counts[index]),
            round(float(chances[index] / counts[index]), 4),
            round(float(hits[index] / counts[index]), 4),
        )
        for index in range(N_BINS)
        if counts[index]
    )


def softmax(scores: NDArray[np.floating]) -> Floats:
    """Chances (N×C) from scores, over each row."""
    raised = np.exp(scores.astype(np.float64) - scores.max(1, keepdims=True))
    return np.asarray(raised / raised.sum(1, keepdims=True), np.float64)


def sigmoid(scores: NDArray[np.floating]) -> Floats:
    """1 / (1 + exp(-x)), without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * scores.astype(np.float64))), np.float64)
