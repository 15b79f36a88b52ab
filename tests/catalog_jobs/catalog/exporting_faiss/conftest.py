"""A catalogue of random vectors in records alone, as the indexing job leaves them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from infra.records.store import Records
from infra.records.tables import CatalogIndex, ProductRow, ProductVectorRow
from tests.catalog_jobs.catalog.shop import opened_records

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DIMENSION = 16


@dataclass
class Indexed:
    """Records with a live index; the vectors that were put there by product and part."""

    records: Records
    vectors: dict[tuple[str, str], NDArray[np.float32]] = field(default_factory=dict)
    chance: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    def begin(self, dimension: int = DIMENSION, fit: dict[str, Any] | None = None, embedder: str = "eyes@1") -> None:
        """An index that is live."""
        with self.records.transaction() as session:
            session.merge(
                CatalogIndex(
                    embedder=embedder, dimension=dimension, state="live", revision=3, fit=fit or {}, counts={},
                    started_at=NOW, finished_at=NOW,
                )
            )  # fmt: skip

    def product(self, product_id: str, *parts: str, types: tuple[str, ...] = ("dress",), **columns: Any) -> None:
        """A product with vectors of these parts. columns: of its row."""
        row: dict[str, Any] = {
            "title": f"{product_id} title", "description": "", "product_type": "", "types": list(types), "alias": "",
            "tags": [], "collections": [], "facets": {}, "color_name": "crimson", "color_basic": "red", "words": "",
            "words_hash": "", "vector_state": "stored", "row_hash": "", "import_id": 1, "created_at": NOW,
            "updated_at": NOW, "price": Decimal("9.90"), "currency": "EUR",
        }  # fmt: skip
        with self.records.transaction() as session:
            session.merge(ProductRow(product_id=product_id, **(row | columns)))
        for part in parts:
            self.vector(product_id, part, types=types)

    def vector(
        self,
        product_id: str,
        part: str,
        vector: NDArray[np.float32] | None = None,
        types: tuple[str, ...] = ("dress",),
        **columns: Any,
    ) -> None:
        """A part of a product, of a random vector unless one is given. columns: of its row."""
        drawn = self.chance.normal(size=DIMENSION).astype(np.float32) if vector is None else vector
        own = drawn / np.linalg.norm(drawn)
        self.vectors[product_id, part] = own
        row: dict[str, Any] = {
            "embedder": "eyes@1", "kind": "text" if part == "text" else "image", "types": list(types),
            "color_basic": "red", "source_hash": "s", "state": "stored", "updated_at": NOW,
            "crop_file": None if part == "text" else f"{product_id}/{part}.png",
            "vector": own.astype("<f4").tobytes(),
        }  # fmt: skip
        with self.records.transaction() as session:
            session.merge(ProductVectorRow(product_id=product_id, part=part, **(row | columns)))


@pytest.fixture
def indexed(tmp_path: Path) -> Iterator[Indexed]:
    records = opened_records(tmp_path)
    yield Indexed(records)
    records.close()
