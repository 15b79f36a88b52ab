"""How far a training is, and how long it may take."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """How far a training is. epoch: 0 while the pictures are read for the first time, which come in place of batches
    then. loss: of the last batch. rate: pictures a second of this run. left_s: to the end of all epochs, where none is
    left out.
    """

    epoch: int
    epochs: int
    done: int
    batches: int
    loss: float
    rate: float
    left_s: float


OnStep = Callable[[Step], None]


class OutOfTime(Exception):
    """The minutes are over; the epoch under way counts nothing."""


@dataclass
class Clock:
    """How long a run has been at it, and how long it may. seen: pictures that were learnt from."""

    began_s: float
    minutes: float | None
    seen: int = 0

    def check(self) -> None:
        """Raises OutOfTime."""
        if self.minutes is not None and self.seconds > self.minutes * 60:
            raise OutOfTime

    def reading(self, done: int, of: int) -> Step:
        """How far the first reading is."""
        rate = done / max(self.seconds, 1e-6)
        return Step(0, 0, done, of, 0.0, rate, (of - done) / max(rate, 1e-6))

    @property
    def seconds(self) -> float:
        """Of this run."""
        return time.monotonic() - self.began_s
