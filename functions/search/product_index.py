"""What a search of products looks through, and the one that the vector store and the records make together."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from functions.catalog.indexes import live_index
from functions.catalog.losses import ALIAS, lost_words
from functions.search.meaning import Meaning
from functions.search.parts import Parts, ProductFacts
from functions.search.product_query import ProductQuery
from functions.services import Services
from infra.errors import ErrorCode, ReelwearError
from infra.records.tables import CatalogIndex, ProductImageRow, ProductRow, ProductVectorRow
from serve_app.contract import Vector

Kind = Literal["image", "text"]
# What the vector store has, or is to have; duplicates and what left the shop are kept in the records alone.
IN_STORE = ("pending", "stored")
# Up to so many products are named to the vector store; where a price lets in more, the nearest of all hold enough.
MOST_NAMED = 1000
IDS_A_QUERY = 5000
# Read as plain tables: objects of hundreds of rows would take longer than the search itself.
PRODUCTS, IMAGES, VECTORS = (table.__table__.c for table in (ProductRow, ProductImageRow, ProductVectorRow))


class ProductIndex(Protocol):
    """The products of one embedder. Hashable, and equal while what is in it is: what was fitted on it is kept by it."""

    @property
    def meaning(self) -> Meaning:
        """What the cosines of its embedder mean."""

    @property
    def kinds(self) -> Collection[Kind]:
        """What it has vectors of."""

    def nearest(self, vector: Vector, kind: Kind, limit: int, query: ProductQuery) -> list[str]:
        """The products of the nearest points, best first, a product as often as its points; `query` filters as far as
        the index can. Fewer than `limit` where there are no more.
        """

    def parts(self, product_ids: Sequence[str]) -> Parts:
        """All parts of products."""

    def some(self, most: int) -> list[str]:
        """Up to so many products of known colour, spread over all."""

    def facts(self, product_ids: Sequence[str]) -> dict[str, ProductFacts]:
        """What is known of products that are sold."""

    def picture_urls(self, parts: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """Where the shop has the pictures of parts, by product and part."""

    def why_nothing(self) -> str | None:
        """What keeps products from being found, with the way out; None where nothing does."""

    def __hash__(self) -> int: ...


@dataclass(frozen=True)
class LiveIndex:
    """The catalogue that is live. place, name: what makes two of them equal."""

    place: str
    name: str
    services: Services = field(compare=False, repr=False)
    own_meaning: Meaning = field(compare=False, repr=False)
    kinds: Collection[Kind] = field(default=("image", "text"), compare=False)

    @classmethod
    def of(cls, services: Services, index: CatalogIndex) -> "LiveIndex":
        """The index of a row."""
        meaning = Meaning.of_index(index.embedder, index.fit)
        return cls(services.settings.records_url, index.name, services, meaning)

    @property
    def meaning(self) -> Meaning:
        """What the cosines of its embedder mean, as the index has it."""
        return self.own_meaning

    def nearest(self, vector: Vector, kind: Kind, limit: int, query: ProductQuery) -> list[str]:
        """The products of the nearest points. Raises STORE_DOWN; without any stored there are none."""
        equal: dict[str, str | Collection[str]] = {}
        if query.type:
            equal["types"] = query.type
        if query.color:
            equal["color"] = query.color
        allowed = self._allowed(query)
        if allowed is not None:
            equal["owner"] = allowed
        if allowed == []:
            return []
        try:
            points = self.services.vectors.search(ALIAS, vector, limit, self.meaning.embedder, name=kind, **equal)
        except ReelwearError as error:
            if error.code is not ErrorCode.NOT_FOUND:
                raise
            return []
        return [point.owner for point in points]

    def parts(self, product_ids: Sequence[str]) -> Parts:
        """All parts of products, with their vectors from the records."""
        row = VECTORS
        columns = select(row.product_id, row.part, row.kind, row.types, row.crop_file, row.vector)
        own = columns.where(row.embedder == self.meaning.embedder, row.state.in_(IN_STORE))
        with self.services.records.transaction() as session:
            found = [one for page in pages(product_ids) for one in session.execute(own.where(row.product_id.in_(page)))]
        place = {product_id: at for at, product_id in enumerate(product_ids)}
        joined = b"".join(one.vector for one in found)
        vectors = np.frombuffer(joined, "<f4").reshape(len(found), -1) if found else np.zeros((0, 1), np.float32)
        return Parts(
            ids=tuple(product_ids),
            owner=np.array([place[one.product_id] for one in found], np.intp),
            names=[one.part for one in found],
            is_text=np.array([one.kind == "text" for one in found], np.bool_),
            types=[one.types for one in found],
            files=[one.crop_file for one in found],
            vectors=np.asarray(vectors, np.float32),
        )

    def facts(self, product_ids: Sequence[str]) -> dict[str, ProductFacts]:
        """What the records say of products that are sold."""
        with self.services.records.transaction() as session:
            return {one.product_id: one for page in pages(product_ids) for one in facts_in(session, page)}

    def some(self, most: int) -> list[str]:
        """Up to so many products of known colour, spread over all by id."""
        row = ProductRow
        known = select(row.product_id).where(row.retired_at.is_(None), row.color_basic.is_not(None))
        with self.services.records.transaction() as session:
            ids = list(session.scalars(known.order_by(row.product_id)))
        return ids[:: max(1, -(-len(ids) // most))]

    def picture_urls(self, parts: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """Where the shop has the pictures of parts."""
        image = IMAGES
        rows = select(image.product_id, image.picture_id, image.url)
        with self.services.records.transaction() as session:
            found = session.execute(rows.where(image.product_id.in_({product_id for product_id, _ in parts})))
            urls = {(row.product_id, row.picture_id): row.url for row in found}
        pictures = {(product_id, part): (product_id, part.partition(".")[0]) for product_id, part in parts}
        return {part: urls[picture] for part, picture in pictures.items() if picture in urls}

    def why_nothing(self) -> str | None:
        """What the vector store has lost, or has not been given yet."""
        return lost_words(self.services)

    def _allowed(self, query: ProductQuery) -> list[str] | None:
        """The products that the records let in, where they are few enough to name; None where they are not."""
        if not query.has_record_filter:
            return None
        ids = select(ProductRow.product_id).where(ProductRow.retired_at.is_(None), *conditions(query))
        some = ids.limit(MOST_NAMED + 1).subquery()
        with self.services.records.transaction() as session:
            count = session.scalar(select(func.count()).select_from(some)) or 0
            return list(session.scalars(ids)) if count <= MOST_NAMED else None


def open_live(services: Services) -> LiveIndex | None:
    """The index that is live; None while there is none."""
    index = live_index(services.records)
    return None if index is None else LiveIndex.of(services, index)


def why_no_index(services: Services) -> str:
    """What is to be done before products can be found."""
    with services.records.transaction() as session:
        count = session.scalar(select(func.count()).select_from(ProductRow).where(ProductRow.retired_at.is_(None))) or 0
        is_filling = session.scalar(select(CatalogIndex.embedder).limit(1)) is not None
    if not count:
        return "there are no products yet; `reelwear catalog import FILE` brings them"
    if is_filling:
        return f"the index of the {count} products is not whole yet; `reelwear catalog index` goes on with it"
    return f"the {count} products are not indexed yet; `reelwear catalog index` does it"


def facts_in(session: Session, product_ids: Collection[str]) -> Iterator[ProductFacts]:
    """What the records say of those of some products that are sold."""
    row = PRODUCTS
    columns = select(
        row.product_id, row.title, row.types, row.color_basic, row.color_name, row.price, row.list_price, row.currency,
        row.stock, row.group_id,
    )  # fmt: skip
    for one in session.execute(columns.where(row.product_id.in_(product_ids), row.retired_at.is_(None))):
        yield ProductFacts(
            product_id=one.product_id,
            title=one.title,
            types=tuple(one.types),
            color=one.color_basic,
            color_name=one.color_name,
            price=one.price,
            list_price=one.list_price,
            currency=one.currency,
            stock=one.stock,
            group_id=one.group_id,
        )


def conditions(query: ProductQuery) -> Iterator[ColumnElement[bool]]:
    """What `ProductQuery.lets_in` asks, for the records."""
    if query.in_stock:
        yield or_(ProductRow.stock.is_(None), ProductRow.stock > 0)
    if query.currency is not None:
        yield ProductRow.currency == query.currency
    if query.min_price is not None:
        yield ProductRow.price >= query.min_price
    if query.max_price is not None:
        yield ProductRow.price <= query.max_price


def pages(ids: Collection[str]) -> Iterator[list[str]]:
    """Ids in pages that every database takes in one query."""
    listed = list(ids)
    for start in range(0, len(listed), IDS_A_QUERY):
        yield listed[start : start + IDS_A_QUERY]
