"""Pictures of rows for training: read ahead by threads, each view by its own random numbers."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from catalog_jobs.catalog.learning.crops import BadCrop, read_crop
from catalog_jobs.catalog.learning.rows import PromptRow
from catalog_jobs.catalog.learning.views import gentle_view
from infra.errors import ErrorCode, ReelwearError
from serve_app.models.pictures import Image

# Batches that are read while one is learnt from.
AHEAD: Final = 2
READ_AT_ONCE: Final = 256


class Shelf:
    """Reads pictures with some threads. What a view looks like depends on seed, epoch and row alone, not on threads or
    on where a run was stopped.
    """

    def __init__(self, threads: int, seed: int) -> None:
        self._pool = ThreadPoolExecutor(threads, "pictures")
        self._seed = seed

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def plain(self, rows: Sequence[PromptRow]) -> list[Image]:
        """The pictures as they are."""
        return list(self._pool.map(read_row, rows))

    def views(
        self, rows: Sequence[PromptRow], batches: Sequence[NDArray[np.int64]], epoch: int
    ) -> Iterator[list[Image]]:
        """A gentle view of each row of each batch, some batches ahead."""
        waiting: list[list[Future[Image]]] = []
        for number in range(len(batches) + AHEAD):
            if number < len(batches):
                waiting.append([self._pool.submit(self._view, rows[row], epoch, int(row)) for row in batches[number]])
            if number >= AHEAD:
                yield [one.result() for one in waiting.pop(0)]

    def readable(
        self, rows: Sequence[PromptRow], skipped: Counter[str], on_read: Callable[[int], None]
    ) -> Iterator[PromptRow]:
        """The rows whose pictures can be read; others are counted by reason."""
        for at in range(0, len(rows), READ_AT_ONCE):
            part = rows[at : at + READ_AT_ONCE]
            for row, reason in zip(part, self._pool.map(fault_of, part), strict=True):
                if reason is None:
                    yield row
                else:
                    skipped[reason] += 1
            on_read(at + len(part))

    def _view(self, row: PromptRow, epoch: int, number: int) -> Image:
        return gentle_view(read_row(row), np.random.default_rng([self._seed, epoch, number]))


def read_row(row: PromptRow) -> Image:
    """A picture that was there when the run began. Raises OBJECT_GONE."""
    try:
        return read_crop(row.image_path)
    except BadCrop as fault:
        message = f"{row.image_path} can no longer be read ({fault.reason}); make the prompts again"
        raise ReelwearError(ErrorCode.OBJECT_GONE, message) from fault


def fault_of(row: PromptRow) -> str | None:
    """Why a row's picture cannot be learnt from, None where it can."""
    try:
        read_crop(row.image_path)
    except BadCrop as fault:
        return fault.reason
    return None
