"""What a cosine between an item and a part of a product is worth, 0 to 1, by what was fitted for the embedder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from math import exp
from typing import Any, Self

from functions.document import MatchType
from serve_app.contract import DEFAULT_TYPE, Cutoffs, WordFit

# The one set of thresholds, on scores: what the seeds documented, and none of them kept to.
EXACT = 0.90
SIMILAR = 0.75
# Words never say more than that a product is similar.
MOST_BY_WORDS = 0.89
# Nor does a cosine of which nobody fitted what it means say that a product is similar.
MOST_UNFITTED = 0.74
# Least step between two cut-offs, so that a fit that could not tell them apart is no division by zero.
LEAST_SPAN = 1e-6


def match_type(score: float) -> MatchType:
    """What a score (0 to 1) amounts to.

    >>> match_type(0.9), match_type(0.8), match_type(0.7)
    ('exact', 'similar', 'none')
    """
    if score >= EXACT:
        return "exact"
    return "similar" if score >= SIMILAR else "none"


@dataclass(frozen=True)
class Fit:
    """What cosines of one embedder mean: of two pictures by garment type, of words and a picture."""

    cutoffs: Mapping[str, Cutoffs] = field(default_factory=dict)
    words: WordFit | None = None

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """The fit as an index of the catalogue keeps it, see `CatalogIndex.fit`; raises ValidationError."""
        cutoffs = {kind: Cutoffs.model_validate(row) for kind, row in (document.get("cutoffs") or {}).items()}
        words = document.get("words")
        return cls(cutoffs, WordFit.model_validate(words) if words else None)

    def image_score(self, cosine: float, types: Sequence[str]) -> float:
        """What the cosine of an item's picture and a product's is worth; for several types by the mean of their fits.

        Straight lines between what was fitted: 0 up to `unrelated`, SIMILAR at `similar`, EXACT at `same`, 1 at 1.
        `exact` is not the bar: it was fitted on pairs of which half belong together, and the nearest of a catalogue is
        the best of hundreds that do not. Half of the pairs of one garment reach `same`; measured by
        `python -m catalog_jobs.evaluate products`, 94 of 100 that do are the very product even where half of the
        garments are not for sale.
        """
        fitted = [one for kind in types if (one := self.cutoffs.get(kind) or self.cutoffs.get(DEFAULT_TYPE))]
        if not fitted:
            return MOST_UNFITTED * min(1.0, max(0.0, cosine))
        unrelated, similar, same = (
            sum(values) / len(fitted)
            for values in zip(*((one.unrelated, one.similar, max(one.same, one.exact)) for one in fitted), strict=True)
        )
        cosines = accumulate((unrelated, similar, same, 1.0), lambda low, high: max(high, low + LEAST_SPAN))
        return _between(list(zip(cosines, (0.0, SIMILAR, EXACT, 1.0), strict=True)), cosine)

    def text_score(self, cosine: float) -> float:
        """The chance that a product's words fit an item's picture, at most MOST_BY_WORDS; 0 where nothing was fitted
        for words.
        """
        if self.words is None:
            return 0.0
        raised = max(-60.0, min(60.0, self.words.scale * cosine + self.words.bias))
        return min(MOST_BY_WORDS, 1 / (1 + exp(-raised)))


def _between(knots: Sequence[tuple[float, float]], at: float) -> float:
    """The straight line through rising knots (x, y); the first and last y beyond their ends."""
    for (x0, y0), (x1, y1) in pairwise(knots):
        if at < x1:
            return y0 + (y1 - y0) * max(0.0, at - x0) / (x1 - x0)
    return knots[-1][1]
