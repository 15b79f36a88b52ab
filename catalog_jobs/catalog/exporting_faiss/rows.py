"""The rows of the live index as an export takes them: vectors, and what is said of each."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog_jobs.catalog.exporting_faiss.folder import Entry, Kind
from infra.errors import ErrorCode, ReelwearError
from infra.records.store import Records
from infra.records.tables import CatalogIndex, ProductImageRow, ProductRow, ProductVectorRow

ROWS_A_PAGE = 1000
# What the vector store has, or is to have; duplicates and what left the shop are kept in the records alone.
IN_STORE = ("pending", "stored")


@dataclass(frozen=True)
class Source:
    """The live index as it was when the export began."""

    embedder: str
    name: str
    dimension: int
    fit: dict[str, Any]


def live_source(records: Records) -> Source:
    """The index that is live. Raises NOT_FOUND while there is none."""
    with records.transaction() as session:
        row = session.scalar(select(CatalogIndex).where(CatalogIndex.state == "live"))
        if row is None:
            message = "the catalogue has no index yet; `reelwear catalog index` makes one"
            raise ReelwearError(ErrorCode.NOT_FOUND, message)
        return Source(row.embedder, row.name, row.dimension, dict(row.fit))


def vector_count(records: Records, embedder: str, kind: Kind) -> int:
    """How many vectors are to be exported."""
    row = ProductVectorRow
    rows = select(func.count()).select_from(row).join(ProductRow, ProductRow.product_id == row.product_id)
    with records.transaction() as session:
        return session.scalar(rows.where(*_wanted(embedder, kind))) or 0


def pages_of(records: Records, source: Source, kind: Kind) -> Iterator[tuple[list[Entry], NDArray[np.float32]]]:
    """The rows to export by product and part, a page at a time, each with its unit vector."""
    row, last = ProductVectorRow, ("", "")
    rows = select(row, ProductRow).join(ProductRow, ProductRow.product_id == row.product_id)
    wanted = rows.where(*_wanted(source.embedder, kind)).order_by(row.product_id, row.part).limit(ROWS_A_PAGE)
    while True:
        beyond = (row.product_id > last[0]) | ((row.product_id == last[0]) & (row.part > last[1]))
        with records.transaction() as session:
            found = [(vector, product) for vector, product in session.execute(wanted.where(beyond))]
            urls = picture_urls(session, {product.product_id for _, product in found})
        if not found:
            return
        stored = [np.frombuffer(vector.vector, "<f4") for vector, _ in found]
        vectors = np.stack(stored).astype(np.float32)
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        yield [entry_of(vector, product, urls) for vector, product in found], vectors
        last = (found[-1][0].product_id, found[-1][0].part)


def picture_urls(session: Session, product_ids: set[str]) -> dict[tuple[str, str], str]:
    """Where the shop has the pictures of products, by product and picture."""
    image = ProductImageRow
    rows = select(image.product_id, image.picture_id, image.url).where(image.product_id.in_(product_ids))
    return {(row.product_id, row.picture_id): row.url for row in session.execute(rows)}


def entry_of(row: ProductVectorRow, product: ProductRow, urls: dict[tuple[str, str], str]) -> Entry:
    """What the metadata says of a vector."""
    return Entry(
        faiss_index=0,
        product_id=row.product_id,
        image_path=row.crop_file,
        part=row.part,
        type=next(iter(row.types), None),
        types=list(row.types),
        color=row.color_basic,
        color_name=product.color_name,
        title=product.title,
        price=None if product.price is None else str(product.price),
        list_price=None if product.list_price is None else str(product.list_price),
        currency=product.currency,
        stock=product.stock,
        group_id=product.group_id,
        picture_url=urls.get((row.product_id, row.part.partition(".")[0])),
    )


def _wanted(embedder: str, kind: Kind) -> tuple[Any, ...]:
    row = ProductVectorRow
    is_used = (row.embedder == embedder, row.kind == kind, row.duplicate_of.is_(None), row.state.in_(IN_STORE))
    return (*is_used, ProductRow.retired_at.is_(None))
