"""How sure a measure is: percentile bootstrap over the units that it is made of (Efron 1979)."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from catalog_jobs.evaluate.measures.samples import Floats, Samples

RESAMPLES: Final = 1000
SEED: Final = 7
PERCENTILES: Final = (2.5, 97.5)


@dataclass(frozen=True)
class Interval:
    """A measure with its 95 % interval. n: number of units that it comes from; null where there were none."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    unit: str


@dataclass(frozen=True)
class Difference:
    """A measure of two runs on the same units; low and high are of `by`, the second less the first."""

    first: float
    second: float
    by: float
    low: float
    high: float
    n: int
    unit: str

    @property
    def is_beyond_noise(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0


def draws(n_units: int, resamples: int = RESAMPLES, seed: int = SEED) -> Floats:
    """How often each unit is drawn in each resample (R×K), with replacement; the same for the same numbers."""
    if n_units == 0:
        return np.zeros((resamples, 0))
    chances = np.full(n_units, 1 / n_units)
    return np.asarray(np.random.default_rng(seed).multinomial(n_units, chances, resamples), np.float64)


def interval(samples: Samples, resamples: int = RESAMPLES, seed: int = SEED) -> Interval:
    """The measure over all units with its 95 % interval."""
    n = len(samples.keys)
    value = float(samples.values(np.ones((1, n)))[0])
    low, high = spread(samples.values(draws(n, resamples, seed)))
    return Interval(value=tidy(value), low=tidy(low), high=tidy(high), n=n, unit=samples.unit)


def difference(first: Samples, second: Samples, resamples: int = RESAMPLES, seed: int = SEED) -> Difference | None:
    """How two runs differ on the units they share, both resampled alike; None where they share nothing that counts."""
    theirs = set(second.keys)
    shared = [key for key in first.keys if key in theirs]
    a, b = first.only(shared), second.only(shared)
    one = np.ones((1, len(shared)))
    value_a, value_b = float(a.values(one)[0]), float(b.values(one)[0])
    if np.isnan(value_a) or np.isnan(value_b):
        return None
    weights = draws(len(shared), resamples, seed)
    low, high = spread(b.values(weights) - a.values(weights))
    return Difference(
        first=round(value_a, 6),
        second=round(value_b, 6),
        by=round(value_b - value_a, 6),
        low=round(low, 6),
        high=round(high, 6),
        n=len(shared),
        unit=first.unit,
    )


def spread(values: Floats) -> tuple[float, float]:
    """The percentiles of the resamples that have a value; NaN if none has."""
    known = values[~np.isnan(values)]
    if len(known) == 0:
        return float("nan"), float("nan")
    low, high = np.percentile(known, PERCENTILES)
    return float(low), float(high)


def tidy(value: float) -> float | None:
    """To six decimals; None for NaN."""
    return None if np.isnan(value) else round(value, 6)
