"""What a measure is made of, unit by unit, so that it can be resampled and compared with that of another run."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

Floats = NDArray[np.float64]
T = TypeVar("T")
# Equal-width bins of a chance, as in Guo et al. 2017, "On Calibration of Modern Neural Networks".
N_BINS = 15


class UnitSamples(BaseModel):
    """One entry for each unit (a photo, a query, a reel) that is drawn as a whole. keys: their names, all different."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    unit: str
    keys: tuple[str, ...]


class Rates(UnitSamples):
    """A share, or a mean: the sum of `sums` over the sum of `counts`."""

    kind: Literal["rates"] = "rates"
    sums: tuple[float, ...]
    counts: tuple[float, ...]

    @classmethod
    def gather(
        cls, unit: str, keys: Sequence[str], values: Iterable[float], counts: Iterable[float] | None = None
    ) -> Self:
        """From single values (each worth 1 unless told), those of one key added up; keys in order of appearance.

        >>> Rates.gather("photo", ["a", "b", "a"], [1, 0, 0]).sums
        (1.0, 0.0)
        """
        names = tuple(dict.fromkeys(keys))
        number = {name: index for index, name in enumerate(names)}
        at = np.array([number[key] for key in keys], np.int64)
        added = np.bincount(at, np.fromiter(values, np.float64, len(keys)), len(names))
        worth = np.ones(len(keys)) if counts is None else np.fromiter(counts, np.float64, len(keys))
        return cls(
            unit=unit, keys=names, sums=tuple(added.tolist()), counts=tuple(np.bincount(at, worth, len(names)).tolist())
        )

    def values(self, weights: Floats) -> Floats:
        """The measure for each row of weights (R×K); NaN where nothing counts."""
        return ratio(weights @ np.array(self.sums), weights @ np.array(self.counts))

    def only(self, keys: Sequence[str]) -> Self:
        """The entries of these keys, in their order."""
        at = positions(self.keys, keys)
        return self.model_copy(
            update={"keys": tuple(keys), "sums": picked(self.sums, at), "counts": picked(self.counts, at)}
        )


class MeanRates(UnitSamples):
    """The mean of several rates (K×G), such as IoU over groups; a group that counts nowhere is left out of it."""

    kind: Literal["mean_rates"] = "mean_rates"
    groups: tuple[str, ...]
    sums: tuple[tuple[float, ...], ...]
    counts: tuple[tuple[float, ...], ...]

    def values(self, weights: Floats) -> Floats:
        """The measure for each row of weights (R×K); NaN where no group counts."""
        shape = (len(self.keys), len(self.groups))
        rates = ratio(weights @ np.reshape(self.sums, shape), weights @ np.reshape(self.counts, shape))
        known = ~np.isnan(rates)
        return ratio(np.where(known, rates, 0).sum(1), known.sum(1))

    def only(self, keys: Sequence[str]) -> Self:
        """The entries of these keys, in their order."""
        at = positions(self.keys, keys)
        return self.model_copy(
            update={"keys": tuple(keys), "sums": picked(self.sums, at), "counts": picked(self.counts, at)}
        )

    def group(self, name: str) -> Rates:
        """One of the rates."""
        at = self.groups.index(name)
        return Rates(
            unit=self.unit,
            keys=self.keys,
            sums=tuple(row[at] for row in self.sums),
            counts=tuple(row[at] for row in self.counts),
        )


class Binned(UnitSamples):
    """Chances and what came true of them, in N_BINS bins a unit (each K×N_BINS); measured by the calibration error.

    counts: chances in the bin. chances: their sum. hits: how many came true.
    """

    kind: Literal["binned"] = "binned"
    counts: tuple[tuple[float, ...], ...]
    chances: tuple[tuple[float, ...], ...]
    hits: tuple[tuple[float, ...], ...]

    @classmethod
    def gather(cls, unit: str, keys: Sequence[str], chances: Floats, came_true: NDArray[np.bool_]) -> Self:
        """From single chances (0 to 1) and whether they came true."""
        names = tuple(dict.fromkeys(keys))
        number = {name: index for index, name in enumerate(names)}
        bins = np.minimum((chances * N_BINS).astype(np.int64), N_BINS - 1)
        at = np.array([number[key] for key in keys], np.int64) * N_BINS + bins
        size = len(names) * N_BINS
        rows = [
            np.bincount(at, weight, size).reshape(-1, N_BINS).round(6)
            for weight in (np.ones(len(at)), chances.astype(np.float64), came_true.astype(np.float64))
        ]
        counts, added, hits = (tuple(map(tuple, row.tolist())) for row in rows)
        return cls(unit=unit, keys=names, counts=counts, chances=added, hits=hits)

    def values(self, weights: Floats) -> Floats:
        """Expected calibration error for each row of weights (R×K): mean distance of chance and frequency."""
        chances, hits, counts = (weights @ table for table in self.tables())
        return ratio(np.abs(chances - hits).sum(1), counts.sum(1))

    def tables(self) -> tuple[Floats, Floats, Floats]:
        """`chances`, `hits` and `counts` as arrays (K×N_BINS)."""
        shape = (len(self.keys), N_BINS)
        return np.reshape(self.chances, shape), np.reshape(self.hits, shape), np.reshape(self.counts, shape)

    def only(self, keys: Sequence[str]) -> Self:
        """The entries of these keys, in their order."""
        at = positions(self.keys, keys)
        return self.model_copy(
            update={
                "keys": tuple(keys),
                "counts": picked(self.counts, at),
                "chances": picked(self.chances, at),
                "hits": picked(self.hits, at),
            }
        )


Samples = Annotated[Rates | MeanRates | Binned, Field(discriminator="kind")]


def ratio(above: Floats, below: Floats) -> Floats:
    """The quotient, NaN where it is divided by zero."""
    known = below > 0
    return np.where(known, above / np.where(known, below, 1), np.nan)


def positions(keys: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """Where each wanted key stands; raises KeyError for one that is missing."""
    number = {key: index for index, key in enumerate(keys)}
    return [number[key] for key in wanted]


def picked(values: Sequence[T], at: Sequence[int]) -> tuple[T, ...]:
    """The values at these positions."""
    return tuple(values[index] for index in at)
