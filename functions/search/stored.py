"""Vectors of what was embedded before: a product of the catalogue, a cut-out of it, a garment of a video."""

import re
from collections.abc import Iterable, Sequence
from typing import TypeVar

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from functions.runs import latest_run
from functions.search.query import SearchTerms
from functions.search.wanted import Stored, of_bytes, unit
from infra.errors import ErrorCode, ReelwearError
from infra.records.store import Records
from infra.records.tables import ItemRow, ProductRow, ProductVectorRow

Asked = TypeVar("Asked", bound=SearchTerms)
VIDEO_ID = re.compile(r"[0-9a-f]{16}")


def stored_of(records: Records, terms: SearchTerms, embedder: str | None) -> list[Stored]:
    """What a search names by id. embedder: of the catalogue's live index; None while there is none.

    Raises NOT_FOUND where nothing has the id, or nothing was embedded of it.
    """
    if terms.product is None and terms.crop is None:
        return []
    with records.transaction() as session:
        found = [] if terms.product is None else [product_vector(session, terms.product, embedder)]
        if terms.crop is not None:
            found.append(crop_vector(session, terms.crop, embedder))
    return found


def of_its_type(query: Asked, has_picture: bool, stored: Sequence[Stored]) -> Asked:
    """A query by stored things alone, kept to their type where they are of one: like a skirt are skirts.

    Over the drawn shop the five nearest of all are of another type two times in three.
    """
    types = {one.type for one in stored}
    if getattr(query, "type", None) is not None or query.text is not None or has_picture or len(types) != 1:
        return query
    return query.model_copy(update={"type": types.pop()})


def products_named(terms: SearchTerms) -> set[str]:
    """The products that a search names, in full or by a cut-out."""
    named = {terms.product} if terms.product else set()
    return named | ({terms.crop.rpartition("/")[0]} if terms.crop else set())


def product_vector(session: Session, product_id: str, embedder: str | None) -> Stored:
    """How a product looks: the unit mean of its pictures' vectors, of a set those of the leading piece; of a product
    without pictures its words.
    """
    product = session.get(ProductRow, product_id)
    if product is None:
        raise _nothing(f"no product has the id {product_id!r}; `reelwear catalog export` lists them")
    row = ProductVectorRow
    own = select(row).where(row.embedder == embedder, row.product_id == product_id, row.duplicate_of.is_(None))
    rows = list(session.scalars(own.order_by(row.part)))
    if not rows or embedder is None:
        raise _nothing(f"nothing of product {product_id} is indexed; `reelwear catalog index` does it")
    chosen = leading(rows, product.types)
    garment_type = next(iter(product.types), None)
    mean = unit(np.mean([of_bytes(one.vector) for one in chosen], axis=0))
    return Stored(mean, embedder, is_text=chosen[0].kind == "text", type=garment_type)


def leading(rows: Sequence[ProductVectorRow], types: Sequence[str]) -> list[ProductVectorRow]:
    """Of a product's parts those that stand for it; see `product_vector`."""
    pictures = [row for row in rows if row.kind == "image"]
    of_type = [row for row in pictures if types and types[0] in row.types]
    return of_type or pictures or list(rows)


def crop_vector(session: Session, reference: str, embedder: str | None) -> Stored:
    """One cut-out: VIDEO_ID/ITEM_ID of the latest run of a video, or PRODUCT_ID/PART."""
    owner, _, name = reference.rpartition("/")
    product = session.get(ProductRow, owner)
    if product is None and VIDEO_ID.fullmatch(owner):
        return item_vector(session, owner, name)
    row = part_named(session, embedder, owner, name) if embedder else None
    if row is None or embedder is None:
        rule = "give VIDEO_ID/ITEM_ID as `reelwear search` shows it, or PRODUCT_ID/PART of `reelwear catalog query`"
        raise _nothing(f"there is no cut-out {reference!r}; {rule}")
    return Stored(of_bytes(row.vector), embedder, is_text=row.kind == "text", type=next(iter(row.types), None))


def part_named(session: Session, embedder: str, product_id: str, name: str) -> ProductVectorRow | None:
    """A part of a product by its name, or by a start of it that no other part has; None where there is none."""
    row = ProductVectorRow
    rows = session.scalars(select(row).where(row.embedder == embedder, row.product_id == product_id))
    by_name = {one.part: one for one in rows}
    found = part_meant(name, by_name)
    return None if found is None else by_name[found]


def part_meant(name: str, parts: Iterable[str]) -> str | None:
    """Of the names of parts the one that is meant by a start of it, its piece told in full; None for none or several.

    >>> part_meant("0a1b", ["text", "0a1b2c", "0a1b2c.1"]), part_meant("0a.1", ["0a1b2c", "0a1b2c.1"])
    ('0a1b2c', '0a1b2c.1')
    """
    picture, _, piece = name.partition(".")
    split = {part: part.partition(".") for part in parts}
    meant = [part for part, (start, _, own) in split.items() if start.startswith(picture) and own == piece]
    return name if name in split else meant[0] if len(meant) == 1 and picture else None


def item_vector(session: Session, video_id: str, item_id: str) -> Stored:
    """A garment of the latest run of a video."""
    run = latest_run(session, video_id)
    row = session.get(ItemRow, (run.run_id, item_id)) if run else None
    if run is None or row is None:
        raise _nothing(f"no video has a garment {video_id}/{item_id}; `reelwear search` and `reelwear show` name them")
    if row.vector is None:
        raise _nothing(f"garment {video_id}/{item_id} has no vector, so that nothing can be compared with it")
    return Stored(of_bytes(row.vector), run.models["embedder"], type=row.type)


def _nothing(message: str) -> ReelwearError:
    return ReelwearError(ErrorCode.NOT_FOUND, message)
