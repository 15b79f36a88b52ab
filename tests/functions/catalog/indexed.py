"""Products and their vectors written straight to the records, as the indexing job leaves them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from functions.services import Services
from infra.records.tables import CatalogIndex, ProductImageRow, ProductRow, ProductVectorRow

START = datetime(2026, 1, 1, tzinfo=UTC)
DIMENSION = 4


class Stock:
    """The catalogue of a test. Every change of a vector has a time of its own, as the job's have."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.ticks = 0

    def index(self, embedder: str, state: str = "filling", is_filled: bool = True) -> None:
        """An index of an embedder."""
        with self.services.records.transaction() as session:
            session.merge(
                CatalogIndex(
                    embedder=embedder, dimension=DIMENSION, state=state, revision=0, fit={}, counts={},
                    started_at=START, finished_at=START if is_filled else None,
                )
            )  # fmt: skip

    def product(self, product_id: str, pictures: Sequence[str] = (), is_sold: bool = True) -> None:
        """A dress with pictures of these ids."""
        with self.services.records.transaction() as session:
            session.merge(
                ProductRow(
                    product_id=product_id, title="Dress", description="", product_type="Dress", types=["dress"],
                    alias="", tags=[], collections=[], facets={}, words="dress", words_hash="w", vector_state="pending",
                    row_hash="r", import_id=1, created_at=START, updated_at=START,
                    retired_at=None if is_sold else START,
                )
            )  # fmt: skip
            session.flush()
            for number, picture_id in enumerate(pictures):
                session.merge(
                    ProductImageRow(
                        product_id=product_id, picture_id=picture_id, number=number, position=number, url="u",
                        vector_state="pending", retired_at=None,
                    )
                )  # fmt: skip

    def vector(
        self,
        product_id: str,
        part: str = "text",
        place: int = 0,
        state: str = "pending",
        embedder: str = "eyes@1",
        duplicate_of: str | None = None,
        **more: object,
    ) -> None:
        """A vector along one axis, in a state."""
        self.ticks += 1
        row = ProductVectorRow(
            embedder=embedder, product_id=product_id, part=part, kind="text" if part == "text" else "image",
            types=["dress"], color_basic="red", source_hash="s", duplicate_of=duplicate_of,
            vector=np.eye(DIMENSION, dtype="<f4")[place].tobytes(), state=state,
            updated_at=START + timedelta(seconds=self.ticks),
        )  # fmt: skip
        for name, value in more.items():
            setattr(row, name, value)
        with self.services.records.transaction() as session:
            session.merge(row)

    def vectors(self, product_id: str, states: Mapping[str, str]) -> None:
        """Many image parts of a product, part → state."""
        with self.services.records.transaction() as session:
            session.add_all(
                ProductVectorRow(
                    embedder="eyes@1", product_id=product_id, part=part, kind="image", types=["dress"],
                    source_hash="s", vector=np.eye(DIMENSION, dtype="<f4")[0].tobytes(), state=state, updated_at=START,
                )
                for part, state in states.items()
            )  # fmt: skip

    def states(self, embedder: str = "eyes@1") -> dict[tuple[str, str], str]:
        """Product and part → state, of all rows."""
        with self.services.records.transaction() as session:
            rows = session.query(ProductVectorRow).filter(ProductVectorRow.embedder == embedder)
            return {(row.product_id, row.part): row.state for row in rows}

    def points(self, embedder: str = "eyes@1") -> set[tuple[str, str]]:
        """Product and part of what the vector store has."""
        return {(hit.owner, hit.part) for hit in self.services.vectors.points("products", embedder)}

    def indexes(self) -> dict[str, tuple[str, int]]:
        """Embedder → state and revision."""
        with self.services.records.transaction() as session:
            return {row.embedder: (row.state, row.revision) for row in session.query(CatalogIndex)}
