"""Vectors in a folder of this machine, which one process at a time owns."""

import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import structlog
from numpy.typing import NDArray

from infra.errors import ErrorCode, ReelwearError
from infra.vectors.backend import Shape
from infra.vectors.contents import Contents, read_contents
from infra.vectors.folder import STORE_FOLDER, hold, taken_bytes, tell_of_older_format
from infra.vectors.point import Equal, Hit, Row
from infra.vectors.shard import DamagedError, Shard, engine_faults, no_room, os_fault

SHARDS_FOLDER, DAMAGED_FOLDER = "collections", "damaged"
# The engine maps files that it makes ahead: where the disk ends, the system ends the process, with nothing to catch.
LEAST_FREE_BYTES = 128 * 1024**2
REBUILD = "`reelwear vectors rebuild` fills it again from the records"

log = structlog.get_logger()


class LocalCollections:
    """The collections of a folder, all of them open."""

    def __init__(self, path: Path, comfort_points: int, least_free_bytes: int = LEAST_FREE_BYTES) -> None:
        """Raises ALREADY_RUNNING when another process has the folder.

        A collection whose files are damaged is set aside and counts as not there. With less than `least_free_bytes`
        left on the disk nothing is written.
        """
        self.place = str(path)
        self._folder = path / STORE_FOLDER
        self._comfort_points = comfort_points
        self._least_free_bytes = least_free_bytes
        self._warned: set[str] = set()
        self._lock = threading.RLock()
        self._shards: dict[str, Shard] = {}
        tell_of_older_format(path)
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._handle: int | None = hold(self._folder, path)
        try:
            self._contents = read_contents(self._folder)
            self._sweep()
            for name, shape in list(self._contents.collections.items()):
                self._load(name, shape)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def guarded(self, alias: str) -> Iterator[None]:  # noqa: ARG002  a server's faults speak of it
        """One caller at a time."""
        with self._lock:
            if self._handle is None:
                raise ReelwearError(ErrorCode.STORE_DOWN, f"the vector store at {self.place} is closed")
            try:
                yield
            except OSError as error:
                raise os_fault(self._folder, error.errno, error) from error
            except DamagedError as error:
                raise ReelwearError(
                    ErrorCode.STORE_DOWN, f"the vector store at {self.place} failed: {error}"
                ) from error

    def close(self) -> None:
        """Bring everything to the disk and let the folder go."""
        with self._lock:
            for name, shard in self._shards.items():
                try:
                    with engine_faults(self._folder):
                        shard.close()
                except (DamagedError, ReelwearError) as error:
                    log.warning("vectors were not closed in order", collection=name, error=str(error))
            self._shards.clear()
            if self._handle is not None:
                os.close(self._handle)
                self._handle = None

    def collections(self) -> list[str]:
        """The names of all collections."""
        return list(self._shards)

    def shape(self, collection: str) -> Shape | None:
        """What a collection holds."""
        shard = self._shards.get(collection)
        return shard.shape if shard else None

    def create(self, collection: str, shape: Shape) -> None:
        """Make a collection; it is there once the contents say so."""
        self._check_room()
        folder = self._shard_folder(collection)
        shutil.rmtree(folder, ignore_errors=True)
        shard = Shard.create(folder, shape)
        try:
            self._note(self._contents.having(collection, dict(shape)))
        except OSError:
            shard.close()
            raise
        self._shards[collection] = shard

    def drop(self, collection: str) -> None:
        """Remove a collection; it is gone once the contents no longer name it."""
        self._forget(collection)
        shutil.rmtree(self._shard_folder(collection), ignore_errors=True)

    def live(self, alias: str) -> str | None:
        """The collection that an alias stands for."""
        return self._contents.aliases.get(alias)

    def switch(self, alias: str, collection: str) -> None:
        """Let an alias stand for a collection."""
        self._note(self._contents.switched(alias, collection))

    def upsert(self, collection: str, rows: Sequence[Row]) -> None:
        """Store rows, and warn once when they have become many."""
        self._check_room()
        with self._open(collection) as shard:
            shard.upsert(rows)
            points = shard.count()
        if points > self._comfort_points and collection not in self._warned:
            self._warned.add(collection)
            log.warning(
                "the local vector store grows slow; start a Qdrant server and set REELWEAR_QDRANT_URL",
                collection=collection,
                points=points,
                comfortable_up_to=self._comfort_points,
            )

    def delete(self, collection: str, equal: Equal) -> None:
        """Remove the rows whose payload holds all of these."""
        self._check_room()
        with self._open(collection) as shard:
            shard.delete(equal)

    def delete_ids(self, collection: str, ids: Sequence[str]) -> None:
        """Remove the rows of these ids."""
        self._check_room()
        with self._open(collection) as shard:
            shard.delete_ids(ids)

    def search(
        self, collection: str, name: str, vector: NDArray[np.float32], limit: int, equal: Equal
    ) -> Sequence[Hit]:
        """The nearest rows."""
        with self._open(collection) as shard:
            return shard.search(name, vector, limit, equal)

    def page(self, collection: str, after: str | None) -> tuple[Sequence[Hit], str | None]:
        """Some rows in the order of their ids."""
        with self._open(collection) as shard:
            return shard.page(after)

    def count(self, collection: str) -> int:
        """How many rows a collection has."""
        with self._open(collection) as shard:
            return shard.count()

    @contextmanager
    def _open(self, place: str) -> Iterator[Shard]:
        """The shard of a collection or an alias; it is set aside when its files turn out to be damaged."""
        name = self._contents.aliases.get(place, place)
        shard = self._shards.get(name)
        if shard is None:
            raise ReelwearError(ErrorCode.NOT_FOUND, f"no vectors called {place} at {self.place}")
        try:
            with engine_faults(self._folder):
                yield shard
        except DamagedError as error:
            self._set_aside(name, error)
            message = f"the vectors {name} at {self.place} are damaged and were set aside; {REBUILD}"
            raise ReelwearError(ErrorCode.STORE_DOWN, message) from error

    def _load(self, name: str, shape: Shape) -> None:
        folder = self._shard_folder(name)
        try:
            shard = self._shards[name] = Shard.load(folder, shape)
            if self._has_room(taken_bytes(folder)):
                with engine_faults(folder):
                    shard.tidy()
        except DamagedError as error:
            self._set_aside(name, error)

    def _set_aside(self, name: str, error: DamagedError) -> None:
        self._forget(name)
        aside = self._folder / DAMAGED_FOLDER / name
        shutil.rmtree(aside, ignore_errors=True)
        aside.parent.mkdir(exist_ok=True)
        if self._shard_folder(name).exists():
            self._shard_folder(name).replace(aside)
        log.error(f"damaged vectors were set aside; {REBUILD}", collection=name, kept_in=str(aside), error=str(error))

    def _forget(self, name: str) -> None:
        self._note(self._contents.without(name))
        shard = self._shards.pop(name, None)
        if shard:
            with suppress(DamagedError, ReelwearError), engine_faults(self._folder):
                shard.close()

    def _note(self, contents: Contents) -> None:
        contents.write(self._folder)
        self._contents = contents

    def _check_room(self) -> None:
        if not self._has_room():
            raise no_room(self._folder)

    def _has_room(self, needed_bytes: int = 0) -> bool:
        return shutil.disk_usage(self._folder).free >= self._least_free_bytes + needed_bytes

    def _shard_folder(self, name: str) -> Path:
        return self._folder / SHARDS_FOLDER / name

    def _sweep(self) -> None:
        """Remove what an earlier process did not finish to make or to remove."""
        for folder in (self._folder / SHARDS_FOLDER).glob("*"):
            if folder.name not in self._contents.collections:
                shutil.rmtree(folder)
