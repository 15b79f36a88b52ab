"""The products that items were matched with, as a document shows them: told from the records at that moment."""

from collections.abc import Collection
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from functions.document import Alternative, MatchType
from infra.records.tables import MatchRow, ProductImageRow, ProductRow

Item = tuple[str, str]


def alternatives_of(session: Session, run_ids: Collection[str]) -> dict[Item, tuple[Alternative, ...]]:
    """By run and item, the products that came nearest, the best first; products that left the records are left out."""
    rows = list(
        session.scalars(
            select(MatchRow)
            .where(MatchRow.run_id.in_(run_ids))
            .order_by(MatchRow.run_id, MatchRow.item_id, MatchRow.rank)
        )
    )
    ids = {row.product_id for row in rows}
    products = {
        row.product_id: row for row in session.scalars(select(ProductRow).where(ProductRow.product_id.in_(ids)))
    }
    pictures = pictures_of(session, ids)
    shown: dict[Item, list[Alternative]] = {}
    for row in rows:
        product = products.get(row.product_id)
        if product is not None:
            picture = pictures.get((row.product_id, row.part.partition(".")[0]))
            shown.setdefault((row.run_id, row.item_id), []).append(alternative_of(row, product, picture))
    return {item: tuple(found) for item, found in shown.items()}


def alternative_of(row: MatchRow, product: ProductRow, picture_url: str | None) -> Alternative:
    """One product that an item may be."""
    return Alternative(
        product_id=row.product_id,
        title=product.title,
        score=row.score,
        parts=row.parts,
        match_type=cast("MatchType", row.match_type),
        price=product.price,
        currency=product.currency,
        picture_url=picture_url,
    )


def pictures_of(session: Session, product_ids: Collection[str]) -> dict[tuple[str, str], str]:
    """The addresses of products' pictures, by product and picture; none for those that are files of the shop's own."""
    picture = ProductImageRow
    rows = select(picture.product_id, picture.picture_id, picture.url).where(picture.product_id.in_(product_ids))
    return {
        (row.product_id, row.picture_id): row.url
        for row in session.execute(rows)
        if row.url.startswith(("https://", "http://"))
    }
