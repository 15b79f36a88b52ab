"""Parts through an embedder by threads: pictures are read ahead of it, and it is asked for many parts at once."""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain
from typing import Any, Final, TypeVar

from catalog_jobs.catalog.indexing.embedding import Embedder, EmbedderCard, embed_batch, read_part
from catalog_jobs.catalog.indexing.parts import Embedded, Part

Value = TypeVar("Value")
Result = TypeVar("Result")
# With what the embedder is given of it: its own kind of picture, words, or why there is nothing.
Read = tuple[Part, Any]

MAX_READERS: Final = 4
# Batches that wait while one is at work: enough that a page of rows can be written meanwhile.
BATCHES_AHEAD: Final = 3


class Threads:
    """A line of threads to one embedder. asked_at_once: batches that it works at, one in this process, several where a
    server can gather them. What is in memory is bounded by a few batches.
    """

    def __init__(self, embedder: Embedder[Any], via: str, batch: int, asked_at_once: int) -> None:
        self.via = via
        self._embedder = embedder
        self._batch = batch
        self._asked_at_once = asked_at_once

    @property
    def card(self) -> EmbedderCard:
        """What is told of the embedder."""
        return self._embedder.card

    def embed(self, parts: Iterable[Part]) -> Generator[tuple[Part, Embedded], None, None]:
        """Each part with its vector or why it has none; words may come later than pictures that were asked for after
        them. Raises ModelServerError where the embedder cannot go on.
        """
        readers, askers = min(MAX_READERS, len(os.sched_getaffinity(0))), self._asked_at_once
        with _pool(readers, "readers") as reading, _pool(askers, "embedding") as embedding:
            read = in_order(parts, self._read, reading, ahead=2 * self._batch)
            batches = by_kind(read, self._batch)
            yield from chain.from_iterable(in_order(batches, self._embed, embedding, ahead=askers + BATCHES_AHEAD))

    def _read(self, part: Part) -> Read:
        return part, read_part(self._embedder, part)

    def _embed(self, batch: Sequence[Read]) -> list[tuple[Part, Embedded]]:
        results = embed_batch(self._embedder, [given for _, given in batch])
        return [(part, result) for (part, _), result in zip(batch, results, strict=True)]


def by_kind(read: Iterable[Read], size: int) -> Iterator[list[Read]]:
    """Batches of a size that hold words alone or pictures alone; the last of each kind may be smaller."""
    waiting: dict[str, list[Read]] = {}
    for one in read:
        batch = waiting.setdefault(one[0].kind, [])
        batch.append(one)
        if len(batch) == size:
            yield waiting.pop(one[0].kind)
    yield from waiting.values()


def in_order(
    values: Iterable[Value], work: Callable[[Value], Result], pool: ThreadPoolExecutor, ahead: int
) -> Iterator[Result]:
    """The results of a work in the order of the values, of which so many are begun ahead of the one that is given."""
    begun: deque[Future[Result]] = deque()
    for value in values:
        begun.append(pool.submit(work, value))
        if len(begun) > ahead:
            yield begun.popleft().result()
    while begun:
        yield begun.popleft().result()


@contextmanager
def _pool(threads: int, name: str) -> Iterator[ThreadPoolExecutor]:
    pool = ThreadPoolExecutor(threads, name)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
