"""One collection of the local store: a shard of Qdrant's engine, which runs in this process."""

import errno
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from qdrant_edge import (
    Distance,
    EdgeConfig,
    EdgeOptimizersConfig,
    EdgeShard,
    EdgeVectorParams,
    FieldCondition,
    Filter,
    MatchAny,
    MatchValue,
    PayloadSchemaType,
    Point,
    Query,
    QueryRequest,
    ScrollRequest,
    UpdateOperation,
)

from infra.errors import ErrorCode, ReelwearError
from infra.vectors.backend import Shape
from infra.vectors.point import ASKED_FOR, Equal, Hit, Row, hit_of

# The server's own default. The log of changes outlives any end of the process; only a loss of power asks for more.
FLUSH_EVERY_S = 5.0
PAGE_ROWS = 1024
SEARCH_THREADS = 2
NO_ROOM_ERRNOS = {errno.ENOSPC, errno.EDQUOT}
# Said of the system, not of a collection's files.
PASSING_ERRNOS = {
    *NO_ROOM_ERRNOS,
    *(errno.EAGAIN, errno.ENOMEM, errno.EACCES, errno.EPERM, errno.ENFILE, errno.EMFILE, errno.EROFS),
}
ERRNO = re.compile(r"(?:os error|code:) (\d+)")


class DamagedError(Exception):
    """The engine cannot work with the files of a collection."""


class Shard:
    """An open collection. `shape` is what it was made with; all its vectors are compared exactly, without a graph.

    The engine keeps Python's lock while it works, so that one call at a time runs however many threads ask.
    """

    def __init__(self, engine: EdgeShard, shape: Shape) -> None:
        self.shape = shape
        self._engine = engine
        self._flushed_at = time.monotonic()

    @classmethod
    def create(cls, folder: Path, shape: Shape) -> "Shard":
        """A new collection in a folder that has none."""
        folder.mkdir(parents=True)
        with engine_faults(folder):
            engine = EdgeShard.create(str(folder), config_of(shape))
            for key in ASKED_FOR:
                engine.update(UpdateOperation.create_field_index(key, PayloadSchemaType.Keyword))
        return cls(engine, shape)

    @classmethod
    def load(cls, folder: Path, shape: Shape) -> "Shard":
        """The collection of a folder. Raises DamagedError where the engine cannot read it."""
        with engine_faults(folder):
            engine = EdgeShard.load(str(folder), config_of(shape))
        return cls(engine, shape)

    def tidy(self) -> None:
        """Give back the room of removed rows where they are a fifth of 1,000 or more; as slow as a copy."""
        self._engine.optimize()

    def close(self) -> None:
        """Bring everything to the disk and let go of the files."""
        self._engine.close()

    def upsert(self, rows: Sequence[Row]) -> None:
        """Store rows. What does not fit is refused here: what the engine refuses, it has noted half already."""
        points = [Point(row.id, {row.name: self._fitting(row.name, row.vector)}, row.payload) for row in rows]
        self._update(UpdateOperation.upsert_points(points))

    def delete(self, equal: Equal) -> None:
        """Remove the rows whose payload holds all of these."""
        self._update(UpdateOperation.delete_points_by_filter(filter_of(equal)))

    def delete_ids(self, ids: Sequence[str]) -> None:
        """Remove the rows of these ids."""
        self._update(UpdateOperation.delete_points(list(ids)))

    def search(self, name: str, vector: NDArray[np.float32], limit: int, equal: Equal) -> list[Hit]:
        """The nearest rows by the vector of this name."""
        request = QueryRequest(
            query=Query.Nearest(self._fitting(name, vector), using=name),
            limit=limit,
            filter=filter_of(equal) if equal else None,
            with_payload=True,
        )
        return [hit_of(row.payload, row.score) for row in self._engine.query(request)]

    def page(self, after: str | None) -> tuple[list[Hit], str | None]:
        """Some rows in the order of their ids, and the id to go on with."""
        rows, offset = self._engine.scroll(ScrollRequest(offset=after, limit=PAGE_ROWS, with_payload=True))
        return [hit_of(row.payload, 0.0) for row in rows], None if offset is None else str(offset)

    def count(self) -> int:
        """How many rows there are; the engine knows without counting."""
        return self._engine.info().points_count

    def _update(self, operation: UpdateOperation) -> None:
        self._engine.update(operation)
        if time.monotonic() - self._flushed_at >= FLUSH_EVERY_S:
            self._engine.flush()
            self._flushed_at = time.monotonic()

    def _fitting(self, name: str, vector: NDArray[np.float32]) -> list[float]:
        """The numbers of a vector. Raises BAD_REQUEST where the collection has no such vectors."""
        if name not in self.shape:
            known = ", ".join(sorted(self.shape)) if any(self.shape) else "vectors without a name"
            raise ReelwearError(ErrorCode.BAD_REQUEST, f"there are no vectors called {name!r} here; known: {known}")
        if vector.shape != (self.shape[name],):
            message = f"a vector of shape {vector.shape} was given where vectors have {self.shape[name]} numbers"
            raise ReelwearError(ErrorCode.BAD_REQUEST, message)
        if not np.isfinite(vector).all():
            raise ReelwearError(ErrorCode.BAD_REQUEST, "a vector has a number that is not finite; embed it anew")
        numbers: list[float] = vector.tolist()
        return numbers


def config_of(shape: Shape) -> EdgeConfig:
    """Cosine, and every vector looked at in each search: exact, and fast enough for what one machine holds."""
    return EdgeConfig(
        vectors={name: EdgeVectorParams(size=size, distance=Distance.Cosine) for name, size in shape.items()},
        optimizers=EdgeOptimizersConfig(indexing_threshold=0),
        max_search_threads=SEARCH_THREADS,
    )


def filter_of(equal: Equal) -> Filter:
    """A filter in the engine's words; a value that is a list matches when one of its entries does."""
    return Filter(
        must=[
            FieldCondition(key, match=MatchValue(wanted) if isinstance(wanted, str) else MatchAny(list(wanted)))
            for key, wanted in equal.items()
        ]
    )


@contextmanager
def engine_faults(place: Path) -> Iterator[None]:
    """The engine's faults by name.

    BAD_REQUEST for values that it cannot take, DISK_FULL and STORE_DOWN for what may pass. All else, which comes as a
    bare exception or as a panic, is DamagedError: what could be refused was checked before.
    """
    try:
        yield
    except (TypeError, ValueError, OverflowError) as error:
        raise ReelwearError(ErrorCode.BAD_REQUEST, f"the vector store cannot take this: {error}") from error
    except BaseException as error:
        if type(error) is not Exception and type(error).__name__ != "PanicException":
            raise
        found = ERRNO.search(str(error))
        number = int(found[1]) if found else None
        if number in PASSING_ERRNOS or "WouldBlock" in str(error):
            raise os_fault(place, number, error) from error
        raise DamagedError(str(error)) from error


def os_fault(place: Path, number: int | None, error: BaseException) -> ReelwearError:
    """What the system would not do, which may pass."""
    if number in NO_ROOM_ERRNOS:
        return no_room(place)
    return ReelwearError(ErrorCode.STORE_DOWN, f"the vectors in {place} cannot be used: {error}")


def no_room(place: Path) -> ReelwearError:
    """What is said where the disk is full."""
    return ReelwearError(ErrorCode.DISK_FULL, f"no room left on the disk of the vectors in {place}; make room")
