"""A shop and a wardrobe written straight to the records, as the jobs and `tag_video` leave them, over real stores."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from functions import runs
from functions.catalog.vectors import sync_products
from functions.pipeline import Pipeline
from functions.publish_result import digest_of
from functions.results import document_of
from functions.services import Services
from infra.records.tables import (
    CatalogIndex,
    ItemRow,
    ProductImageRow,
    ProductRow,
    ProductVectorRow,
    Run,
    Stage,
    Upload,
)
from serve_app.contract import Cutoffs, Vector, WordFit

EMBEDDER = "tiny@1"
DIMENSION = 4
RED, BLUE = "#c02030", "#2038b0"
CUTOFFS = Cutoffs(exact=0.8, similar=0.7, same=0.95, unrelated=0.4)
FIT = {"cutoffs": {"default": CUTOFFS.model_dump()}, "words": WordFit(scale=20, bias=-6).model_dump()}
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def at(cosine: float) -> Vector:
    """A unit vector at this cosine from that of every item."""
    return np.array([cosine, np.sqrt(1 - cosine**2), 0, 0], np.float32)


@dataclass
class Shop:
    """Products with their vectors. `open` makes what was put on the shelf live."""

    services: Services
    embedder: str = EMBEDDER

    def sell(
        self,
        product_id: str,
        pictures: Mapping[str, float] | None = None,
        words_at: float = 0.3,
        color_hex: str | None = RED,
        shown: str = "dress",
        **changes: Any,
    ) -> None:
        """A red dress. pictures: part to its cosine with every item; words_at: that of its words. color_hex, shown: of
        its pictures. changes: columns of the product.
        """
        row = {
            "title": f"The {product_id} dress", "description": "", "product_type": "Dress", "types": ["dress"],
            "alias": "", "price": Decimal("1299.00"), "currency": "INR", "tags": [], "collections": [], "facets": {},
            "color_basic": "red", "words": "dress", "words_hash": "", "vector_state": "stored", "row_hash": "",
            "import_id": 1, "created_at": NOW, "updated_at": NOW, **changes,
        }  # fmt: skip
        with self.services.records.transaction() as session:
            session.add(ProductRow(product_id=product_id, **row))
            session.flush()
            session.add(self.part(product_id, "text", words_at, types=row["types"], color_basic=row["color_basic"]))
            for number, (part, cosine) in enumerate((pictures or {}).items()):
                session.add(self.part(product_id, part, cosine, types=[shown], color_hex=color_hex, color_basic="red"))
                session.add(
                    ProductImageRow(
                        product_id=product_id, picture_id=part, number=number, position=number,
                        url=f"https://shop.example/{product_id}/{part}.jpg", vector_state="stored",
                    )
                )  # fmt: skip

    def part(self, product_id: str, part: str, cosine: float, **changes: Any) -> ProductVectorRow:
        """One part of a product, that waits to be stored."""
        return ProductVectorRow(
            embedder=self.embedder, product_id=product_id, part=part, kind="text" if part == "text" else "image",
            source_hash="", vector=at(cosine).astype("<f4").tobytes(), state="pending", updated_at=NOW, **changes,
        )  # fmt: skip

    def open(self) -> str:
        """Bring everything to the vector store; the name of what is live then."""
        records = self.services.records
        with records.transaction() as session:
            if session.get(CatalogIndex, self.embedder) is None:
                session.add(
                    CatalogIndex(
                        embedder=self.embedder, dimension=DIMENSION, state="filling", fit=FIT, started_at=NOW,
                        finished_at=NOW,
                    )
                )  # fmt: skip
        sync_products(self.services)
        with records.transaction() as session:
            return session.get_one(CatalogIndex, self.embedder).name

    def retire(self, product_id: str) -> None:
        """Take a product off the shelf, as an import does that misses it; its vectors are still in the store."""
        with self.services.records.transaction() as session:
            session.get_one(ProductRow, product_id).retired_at = NOW


@dataclass
class Wardrobe:
    """Videos with one run each, tagged and published."""

    services: Services
    started_at: datetime = field(default=NOW)

    def wear(
        self, video_id: str, items: Mapping[str, str | None], embedder: str = EMBEDDER, is_published: bool = True
    ) -> str:
        """A run with dresses: item id → colour. Returns its id."""
        records = self.services.records
        self.started_at += timedelta(seconds=1)
        with records.transaction() as session:
            run = runs.open_run(session, records, video_id, video_id * 4, 1, Pipeline("p1", {"embedder": embedder}))
            run.started_at = run.updated_at = self.started_at
            session.add(
                Upload(
                    bucket="b", key=f"videos/{video_id}.mp4", etag="e", size_bytes=1, state="bound", video_id=video_id,
                    seen_at=NOW, updated_at=NOW,
                )
            )  # fmt: skip
            for name in runs.STAGES:
                stage = session.get_one(Stage, (run.run_id, name))
                stage.state, stage.attempt = "done", 1
            session.add_all(item_row(run.run_id, item_id, color) for item_id, color in items.items())
            session.flush()
            if is_published:
                document = document_of(session, run, is_published=True)
                assert document is not None
                run.state, run.result_digest = document.state, digest_of(document)
        return run.run_id

    def run(self, run_id: str) -> Run:
        """A run as the records have it now."""
        with self.services.records.transaction() as session:
            return session.get_one(Run, run_id)


def item_row(run_id: str, item_id: str, color: str | None) -> ItemRow:
    """A dress."""
    return ItemRow(
        run_id=run_id,
        item_id=item_id,
        type="dress",
        color_name="some colour" if color else None,
        color_hex=color,
        color_share=0.8,
        confidence=0.9,
        segments=[[0.0, 2.5]],
        crop_key=f"crops/{run_id[:16]}/{item_id}.jpg",
        vector=at(1.0).astype("<f4").tobytes(),
    )
