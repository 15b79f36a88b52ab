"""How likely words fit a product, by the cosines with its pictures and with its own words."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from typing import Self

import numpy as np
from numpy.typing import NDArray

from serve_app.contract import WordFit

Floats = NDArray[np.float64]
# A colour and a type.
Label = tuple[str, str]

# With fewer products that are what was asked for, a fit says more of them than of words.
LEAST_FITTING = 12
# Far from mattering where there is enough to fit; where all is told apart it keeps the scale finite.
RIDGE = 0.01
MOST_STEPS = 100
LONGEST_STEP = 5.0
# Reciprocal rank fusion's constant (Cormack, Clarke and Büttcher 2009).
RANK_CONSTANT = 60


@dataclass(frozen=True)
class WordsFit:
    """What cosines with words mean. image: with a picture of the product. text: with the product's own words. both:
    scale of the one, scale of the other, bias, for products that have both. None where nothing could be fitted.
    """

    image: WordFit | None = None
    text: WordFit | None = None
    both: tuple[float, float, float] | None = None

    def log_odds(self, image: Floats, text: Floats) -> Floats:
        """For each product how likely words fit, as log odds, by the cosine with its best picture and with its text.

        NaN stands for no picture or no text, and in the result for what cannot be said.
        """
        found = np.full(len(image), np.nan)
        for fit, cosines in ((self.text, text), (self.image, image)):
            if fit is not None:
                found = np.where(np.isnan(cosines), found, fit.scale * cosines + fit.bias)
        if self.both is not None:
            together = self.both[0] * image + self.both[1] * text + self.both[2]
            found = np.where(np.isnan(together), found, together)
        return found

    def order(self, image: Floats, text: Floats, told: Floats | None = None) -> Floats:
        """A number for each product, the higher the better: its log odds, where those of all are of one making, and
        what else is `told` of it in log odds.

        Else the ranks by pictures and by texts are fused: 1/(60 + rank), added up; what is told against a product then
        takes the first place of one side away.
        """
        told = np.zeros(len(image)) if told is None else told
        has_both = bool((~np.isnan(image) & ~np.isnan(text)).any())
        odds = self.log_odds(image, text)
        if not np.isnan(odds).any() and (self.both is not None or not has_both):
            return odds + told
        return _fused_ranks(image) + _fused_ranks(text) - (told < 0) / (RANK_CONSTANT + 1)

    @classmethod
    def fitted(cls, image: Floats, text: Floats, is_fit: NDArray[np.bool_], known: WordFit | None) -> Self:
        """Fitted on pairs of words and products of which is known whether the one says what the other is.

        image, text: cosines of each pair, NaN where a product has none. known: what was fitted for pictures before,
        which stands. What too few pairs speak for is None.
        """
        by_image, by_text = (_line(one, is_fit) for one in (image, text))
        whole = ~np.isnan(image) & ~np.isnan(text)
        together = _fit(np.column_stack([image[whole], text[whole]]), is_fit[whole])
        return cls(known or by_image, by_text, None if together is None else (together[0], together[1], together[2]))


@dataclass(frozen=True)
class WordsFits:
    """What was fitted for single words, and for more than one: the more is said, the fewer products are all of it."""

    single: WordsFit
    several: WordsFit

    def of(self, text: str | None) -> WordsFit:
        """The fit for a text."""
        return self.single if text is not None and len(text.split()) == 1 else self.several


def chance(odds: float) -> float:
    """The chance that log odds stand for."""
    return 1 / (1 + exp(-max(-60.0, min(60.0, odds))))


def log_odds(fit: WordFit, cosine: float) -> float:
    """What a fit says of one cosine, as log odds."""
    return fit.scale * cosine + fit.bias


def is_of(label: Label, probe: Label) -> bool:
    """Whether a product of this colour and type is of a probe's; an empty colour stands for all."""
    return probe[1] == label[1] and probe[0] in ("", label[0])


def probes(labels: Sequence[Label], most: int) -> list[Label]:
    """Up to `most` distinct pairs of colour and type, spread over all there are."""
    distinct = sorted(set(labels))
    if len(distinct) <= most:
        return distinct
    return [distinct[round(place)] for place in np.linspace(0, len(distinct) - 1, most)]


def fit_on(
    labels: Sequence[Label], asked: Sequence[Label], cosines: Sequence[tuple[Floats, Floats]], known: WordFit | None
) -> WordsFit:
    """A fit on products of known colour and type: does "red skirt" tell the red skirts from all others?

    cosines: of each probe with the pictures and with the texts of all these products.
    """
    if not asked:
        return WordsFit(image=known)
    pairs = list(cosines)
    is_fit = np.concatenate([[is_of(label, probe) for label in labels] for probe in asked])
    image, text = (np.concatenate([pair[side] for pair in pairs]) for side in (0, 1))
    return WordsFit.fitted(image, text, is_fit, known)


def _line(cosines: Floats, is_fit: NDArray[np.bool_]) -> WordFit | None:
    there = ~np.isnan(cosines)
    found = _fit(cosines[there, None], is_fit[there])
    return None if found is None else WordFit(scale=found[0], bias=found[1])


def _fit(cosines: Floats, is_fit: NDArray[np.bool_]) -> tuple[float, ...] | None:
    """Logistic regression by Newton's method; None where too little speaks for it, or a cosine speaks against it."""
    if min(int(is_fit.sum()), int((~is_fit).sum())) < LEAST_FITTING:
        return None
    inputs = np.column_stack([cosines, np.ones(len(cosines))])
    share = float(is_fit.mean())
    weights = np.zeros(inputs.shape[1])
    weights[-1] = np.log(share / (1 - share))
    ridge = np.diag([*([RIDGE] * cosines.shape[1]), 1e-9])
    for _ in range(MOST_STEPS):
        told = 1 / (1 + np.exp(-np.clip(inputs @ weights, -60, 60)))
        slope = inputs.T @ (is_fit - told) - ridge @ weights
        step = np.linalg.solve((inputs * (told * (1 - told))[:, None]).T @ inputs + ridge, slope)
        longest = float(np.abs(step).max())
        weights += step * min(1.0, LONGEST_STEP / max(longest, 1e-12))
        if longest < 1e-6:
            break
    return tuple(map(float, weights)) if (weights[:-1] > 0).all() else None


def _fused_ranks(cosines: Floats) -> Floats:
    there = np.flatnonzero(~np.isnan(cosines))
    best_first = there[np.argsort(-cosines[there], kind="stable")]
    found = np.zeros(len(cosines))
    found[best_first] = 1 / (RANK_CONSTANT + 1 + np.arange(len(best_first)))
    return found
