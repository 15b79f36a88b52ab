"""A catalogue whose vectors are colours, written straight to the records, as the indexing job leaves it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np

from functions.catalog.vectors import sync_products
from functions.services import Services
from infra.records.tables import CatalogIndex, MatchRow, ProductImageRow, ProductRow, ProductVectorRow
from serve_app.contract import Vector
from tests.functions.search.colors import CUTOFFS, FIT, color_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FITTED = {"cutoffs": {name: one.model_dump() for name, one in CUTOFFS.items()}, "words": FIT.model_dump()}


def between(one: str, other: str, share: float = 0.5) -> Vector:
    """The direction between two colours."""
    vector = (1 - share) * color_of(one) + share * color_of(other)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


@dataclass
class Rack:
    """Products with their vectors; `open` makes them the live index."""

    services: Services
    embedder: str = "colors@1"
    fit: Mapping[str, Any] = field(default_factory=lambda: FITTED)
    dimension: int = 3

    def hang(
        self,
        product_id: str,
        pictures: Sequence[str | Vector] = (),
        words: str | None = None,
        types: Sequence[str] = ("dress",),
        shown: Sequence[str] | None = None,
        told: Vector | None = None,
        **columns: Any,
    ) -> None:
        """A product. pictures: what each shows. words: what its text says, a colour in it. shown: type of each picture.

        told: the vector of its words, if it is not that of the colour. columns: of its row.
        """
        color = next((one for one in pictures if isinstance(one, str)), words)
        row: dict[str, Any] = {
            "title": f"{product_id} title", "description": "", "product_type": "", "types": list(types), "alias": "",
            "tags": [], "collections": [], "facets": {}, "color_name": color, "color_basic": color,
            "words": words or "", "words_hash": "", "vector_state": "stored", "row_hash": "", "import_id": 1,
            "created_at": NOW, "updated_at": NOW, "price": Decimal(20), "currency": "EUR",
        }  # fmt: skip
        with self.services.records.transaction() as session:
            session.add(ProductRow(product_id=product_id, **(row | columns)))
            session.flush()
            for number, look in enumerate(pictures):
                kind = [shown[number]] if shown else list(types)
                session.add(picture_row(product_id, number))
                vector = color_of(look) if isinstance(look, str) else look
                session.add(self.vector_row(product_id, part(number), "image", kind, vector, color))
            if words is not None:
                vector = color_of(words) if told is None else told
                session.add(self.vector_row(product_id, "text", "text", list(types), vector, row["color_basic"]))

    def vector_row(
        self, product_id: str, name: str, kind: str, types: list[str], vector: Vector, color: str | None
    ) -> ProductVectorRow:
        """What the embedder made of a part."""
        return ProductVectorRow(
            embedder=self.embedder, product_id=product_id, part=name, kind=kind, types=types, color_basic=color,
            source_hash="s", crop_file=f"{product_id}/{name}.jpg" if kind == "image" else None,
            vector=vector.astype("<f4").tobytes(), state="pending", updated_at=NOW,
        )  # fmt: skip

    def open(self) -> None:
        """Let the vector store have what hangs here, as the index that is live."""
        with self.services.records.transaction() as session:
            session.merge(
                CatalogIndex(
                    embedder=self.embedder, dimension=self.dimension, state="filling", revision=0, fit=dict(self.fit),
                    counts={}, started_at=NOW, finished_at=NOW,
                )
            )  # fmt: skip
        sync_products(self.services)


def part(number: int) -> str:
    """The id of a picture."""
    return f"{number:08x}{'ab' * 12}"


def picture_row(product_id: str, number: int) -> ProductImageRow:
    """A picture of a product."""
    return ProductImageRow(
        product_id=product_id, picture_id=part(number), number=number, position=number,
        url=f"https://shop.example/{product_id}/{number}.jpg", vector_state="stored",
    )  # fmt: skip


def match(services: Services, run_id: str, item_id: str, product_id: str, match_type: str, score: float = 0.9) -> None:
    """Note that a garment of a video is a product."""
    with services.records.transaction() as session:
        session.merge(
            MatchRow(
                run_id=run_id, item_id=item_id, rank=0, product_id=product_id, part="text", score=score,
                match_type=match_type, parts={},
            )
        )  # fmt: skip
