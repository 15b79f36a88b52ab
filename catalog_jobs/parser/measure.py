"""How a parser is measured: one confusion matrix over all pixels of all photos."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ParsingScore:
    """Mean IoU over the groups that occur in the truth or the prediction, pixel accuracy, and IoU by group."""

    miou: float
    pixel_accuracy: float
    iou: dict[str, float | None]

    def as_dict(self) -> dict[str, object]:
        """Plain numbers to four decimals; a group that never occurs has null."""
        return {
            "miou": round(self.miou, 4),
            "pixel_accuracy": round(self.pixel_accuracy, 4),
            "iou": {name: None if value is None else round(value, 4) for name, value in self.iou.items()},
        }


def confusion(truth: NDArray[np.uint8], predicted: NDArray[np.uint8], n_groups: int) -> NDArray[np.int64]:
    """Counts by (truth, prediction) over two images of one shape; pixels whose truth is no group are left out."""
    known = truth < n_groups
    pairs = truth[known].astype(np.int64) * n_groups + predicted[known]
    return np.bincount(pairs, minlength=n_groups**2).reshape(n_groups, n_groups)


def score(counts: NDArray[np.int64], names: Sequence[str]) -> ParsingScore:
    """The score of a confusion matrix whose rows are the truth."""
    right = np.diag(counts)
    union = counts.sum(0) + counts.sum(1) - right
    iou = {name: float(r / u) if u else None for name, r, u in zip(names, right, union, strict=True)}
    occurring = [value for value in iou.values() if value is not None]
    return ParsingScore(
        miou=float(np.mean(occurring)) if occurring else 0.0,
        pixel_accuracy=float(right.sum() / max(counts.sum(), 1)),
        iou=iou,
    )
