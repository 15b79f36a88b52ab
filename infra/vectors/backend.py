"""What a place that keeps vectors can do; the engine in this process and a server do the same."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from infra.vectors.point import Equal, Hit, Row

Shape = Mapping[str, int]
"""The names of a collection's vectors with how many numbers each has; the only one of an unnamed collection is ""."""


class Backend(Protocol):
    """Collections of vectors that are compared by cosine, and aliases that stand for them.

    Where a collection is read, its alias may be named as well. All is asked for inside of `guarded`.
    """

    place: str
    """The folder or the address."""

    def guarded(self, alias: str) -> AbstractContextManager[object]:
        """A block that asks for an alias's vectors: one at a time where the place needs it, its faults by name.

        NOT_FOUND for a collection that is not there, BAD_REQUEST for what the place refuses, STORE_DOWN and DISK_FULL
        for what may succeed later.
        """

    def close(self) -> None:
        """Let the folder or the connection go."""

    def collections(self) -> list[str]:
        """The names of all collections."""

    def shape(self, collection: str) -> Shape | None:
        """What a collection holds; None where there is no such collection."""

    def create(self, collection: str, shape: Shape) -> None:
        """Make a collection that is not there yet."""

    def drop(self, collection: str) -> None:
        """Remove a collection, and the aliases that stand for it."""

    def live(self, alias: str) -> str | None:
        """The collection that an alias stands for."""

    def switch(self, alias: str, collection: str) -> None:
        """Let an alias stand for a collection from now on, in one step."""

    def upsert(self, collection: str, rows: Sequence[Row]) -> None:
        """Store rows; one of the same id is replaced whole."""

    def delete(self, collection: str, equal: Equal) -> None:
        """Remove the rows whose payload holds all of these."""

    def delete_ids(self, collection: str, ids: Sequence[str]) -> None:
        """Remove the rows of these ids, as far as they are there."""

    def search(
        self, collection: str, name: str, vector: NDArray[np.float32], limit: int, equal: Equal
    ) -> Sequence[Hit]:
        """The rows whose vector of this name is nearest, best first, among those whose payload holds all of `equal`."""

    def page(self, collection: str, after: str | None) -> tuple[Sequence[Hit], str | None]:
        """Some rows in the order of their ids, and the id to go on with; None at the end."""

    def count(self, collection: str) -> int:
        """How many rows a collection has."""
