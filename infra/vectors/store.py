"""The vectors of the whole product, wherever they are kept."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from infra.errors import ErrorCode, ReelwearError
from infra.settings import VectorsSettings
from infra.vectors.backend import Backend, Shape
from infra.vectors.point import OWNER, Hit, Point, collection_name, point_id, row_of

# An unfiltered search over so many vectors of 256 numbers takes about 20 ms of one core, and grows with them.
LOCAL_COMFORT_POINTS = 100_000


class Vectors:
    """All vectors, by alias (`items`, `products`, `videos`); each alias stands for a collection of one model's vectors.

    Safe to use from many threads. Methods raise STORE_DOWN or DISK_FULL when the store fails (a retry helps), NOT_FOUND
    for an alias or a model that was never ensured, BAD_REQUEST for what the store refuses.
    """

    def __init__(self, settings: VectorsSettings, local_path: Path, comfort_points: int = LOCAL_COMFORT_POINTS) -> None:
        """Over `comfort_points` the local store warns. Raises ALREADY_RUNNING when another process holds its folder."""
        self._backend = open_backend(settings, local_path, comfort_points)

    @classmethod
    def over(cls, backend: Backend) -> Self:
        """The vectors of a place that is open already."""
        vectors = cls.__new__(cls)
        vectors._backend = backend
        return vectors

    def close(self) -> None:
        """Let the folder or the connection go."""
        self._backend.close()

    def ensure(
        self, alias: str, model: str, dimension: int, is_live: bool = True, names: Sequence[str] = ("",)
    ) -> None:
        """Make the model's collection unless it is there, and let the alias stand for it.

        With several `names` its points have a vector of one of them each. With `is_live` false the alias stays where it
        is, so that a new model's collection can be filled before it is switched to. Raises BAD_SETTING when the model's
        vectors had another dimension or other names before.
        """
        name, shape = collection_name(alias, model), dict.fromkeys(names, dimension)
        with self._backend.guarded(alias):
            stored = self._backend.shape(name)
            if stored is None:
                self._backend.create(name, shape)
            else:
                check_same(name, stored, shape)
            if is_live and self._backend.live(alias) != name:
                self._backend.switch(alias, name)

    def live(self, alias: str) -> str | None:
        """The name of the collection that the alias stands for; None where it stands for none."""
        with self._backend.guarded(alias):
            return self._backend.live(alias)

    def switch(self, alias: str, model: str) -> None:
        """Let the alias stand for the model's collection from now on. Raises NOT_FOUND where it has none."""
        name = collection_name(alias, model)
        with self._backend.guarded(alias):
            if self._backend.shape(name) is None:
                raise ReelwearError(ErrorCode.NOT_FOUND, f"no {alias} of {model} are stored at {self._backend.place}")
            if self._backend.live(alias) != name:
                self._backend.switch(alias, name)

    def drop(self, alias: str, model: str) -> None:
        """Remove the model's collection, if there is one; an alias that stood for it stands for none then."""
        self._drop_if(alias, {collection_name(alias, model)}.__contains__)

    def keep_models(self, alias: str, models: Collection[str]) -> None:
        """Remove the collections of all other models."""
        kept = {collection_name(alias, model) for model in models}
        self._drop_if(alias, lambda name: name not in kept)

    def upsert(self, alias: str, model: str, points: Sequence[Point]) -> None:
        """Store points; one of the same owner and part is replaced. When this returns, no end of a process loses them.

        The local store brings them from the system's memory to the disk every few seconds; what a loss of power takes
        is missed by `reelwear search` and comes back with `reelwear vectors rebuild`.
        """
        if not points:
            return
        rows = [row_of(point, model) for point in points]
        with self._backend.guarded(alias):
            self._backend.upsert(collection_name(alias, model), rows)

    def delete(self, alias: str, key: str, value: str) -> None:
        """Remove all points, of whatever model, whose payload (or owner, or part) has this value."""
        with self._backend.guarded(alias):
            for name in self._collections(alias):
                self._backend.delete(name, {key: value})

    def delete_owner(self, alias: str, owner: str) -> None:
        """Remove all points of an owner, of whatever model."""
        self.delete(alias, OWNER, owner)

    def delete_parts(self, alias: str, model: str, keys: Iterable[tuple[str, str]]) -> None:
        """Remove a model's points by owner and part, as far as they are there."""
        ids = [point_id(owner, part, model) for owner, part in keys]
        name = collection_name(alias, model)
        with self._backend.guarded(alias):
            if ids and self._backend.shape(name) is not None:
                self._backend.delete_ids(name, ids)

    def search(
        self,
        alias: str,
        vector: NDArray[np.float32],
        limit: int,
        model: str | None = None,
        name: str = "",
        **equal: str | Collection[str],
    ) -> list[Hit]:
        """The nearest points by cosine, best first, among those whose payload (or owner, or part) fits `equal`.

        A string must equal the stored value, or be one of a stored list; of a collection of strings any must. With a
        model they are looked for among its vectors alone, whatever the alias stands for; `name` says by which of a
        collection's vectors, where it has several: points without one are not found.
        """
        with self._backend.guarded(alias):
            return list(self._backend.search(_place(alias, model), name, vector, limit, equal))

    def points(self, alias: str, model: str | None = None) -> Iterator[Hit]:
        """All points of a model's collection, or of the alias's live one, a page at a time."""
        after: str | None = None
        while True:
            with self._backend.guarded(alias):
                page, after = self._backend.page(_place(alias, model), after)
            yield from page
            if after is None:
                return

    def count(self, alias: str, model: str | None = None) -> int:
        """How many points a model's collection, or the alias's live one, has."""
        with self._backend.guarded(alias):
            return self._backend.count(_place(alias, model))

    def _collections(self, alias: str) -> list[str]:
        prefix = collection_name(alias, "")
        return [name for name in self._backend.collections() if name.startswith(prefix)]

    def _drop_if(self, alias: str, is_unwanted: Callable[[str], bool]) -> None:
        with self._backend.guarded(alias):
            for name in filter(is_unwanted, self._collections(alias)):
                self._backend.drop(name)


def open_backend(settings: VectorsSettings, local_path: Path, comfort_points: int) -> Backend:
    """The server that the settings name, or else the folder. Either is imported only where it is used."""
    if settings.qdrant_url:
        from infra.vectors.remote import connect

        return connect(settings)
    from infra.vectors.local import LocalCollections

    return LocalCollections(local_path, comfort_points)


def check_same(collection: str, stored: Shape, wanted: Shape) -> None:
    """Raise BAD_SETTING when a collection holds something else than a model wants to put there."""
    if dict(stored) == dict(wanted):
        return
    message = (
        f"the vectors in {collection} have {_words(stored)}, the model gives {_words(wanted)}; "
        "give the model another version, so that it gets a collection of its own"
    )
    raise ReelwearError(ErrorCode.BAD_SETTING, message)


def _words(shape: Shape) -> str:
    return ", ".join(f"{size} numbers{f' ({name})' if name else ''}" for name, size in sorted(shape.items()))


def _place(alias: str, model: str | None) -> str:
    return alias if model is None else collection_name(alias, model)
