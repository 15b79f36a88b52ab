"""The vectors of some products, as a search weighs them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from functions.search.chances import Floats
from serve_app.contract import Vector

Rows = NDArray[np.intp]


@dataclass(frozen=True)
class ProductFacts:
    """What is known of a product beside its vectors."""

    product_id: str
    title: str
    types: tuple[str, ...] = ()
    color: str | None = None
    color_name: str | None = None
    price: Decimal | None = None
    list_price: Decimal | None = None
    currency: str | None = None
    stock: int | None = None
    group_id: str | None = None


@dataclass(frozen=True)
class Parts:
    """The parts of some products, a row each, in the order of `ids`.

    owner: the place in `ids` of each row's product. names: as in `ProductVectorRow.part`. files: the cut-out of each.
    vectors: unit vectors (R×D).
    """

    ids: tuple[str, ...]
    owner: Rows
    names: Sequence[str]
    is_text: NDArray[np.bool_]
    types: Sequence[Sequence[str]]
    files: Sequence[str | None]
    vectors: Vector

    def nearest(self, direction: Vector, is_text: bool) -> tuple[Floats, Rows]:
        """For each product the cosine of its text, or of its best picture, and that row; NaN and -1 where it has none.

        Of equal ones the first row counts.
        """
        rows = np.flatnonzero(self.is_text == is_text)[::-1]
        best, found = np.full(len(self.ids), -1, np.intp), np.full(len(self.ids), np.nan)
        if not len(rows):
            return found, best
        cosines = np.clip(self.vectors[rows].astype(np.float64) @ direction.astype(np.float64), -1, 1)
        # Of values for one place numpy keeps the last, which is the best.
        upwards = np.argsort(cosines, kind="stable")
        best[self.owner[rows[upwards]]] = rows[upwards]
        found[self.owner[rows[upwards]]] = cosines[upwards]
        return found, best

    def of_type(self, garment_type: str | None) -> "Parts":
        """Only the parts that show a type: of a set, the piece that is looked for."""
        if garment_type is None:
            return self
        return self.chosen(np.array([garment_type in types for types in self.types], np.bool_))

    def chosen(self, is_chosen: NDArray[np.bool_]) -> "Parts":
        """Some of the rows; the products stay."""
        rows = np.flatnonzero(is_chosen).tolist()
        return Parts(
            ids=self.ids,
            owner=self.owner[rows],
            names=[self.names[row] for row in rows],
            is_text=self.is_text[rows],
            types=[self.types[row] for row in rows],
            files=[self.files[row] for row in rows],
            vectors=self.vectors[rows],
        )
