"""Which products garments were matched to, as searches need it."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from functions.runs import is_latest
from functions.search.answers import MatchedProduct
from infra.records.tables import MatchRow, ProductRow, Run

# A garment by its run and its number there.
Item = tuple[str, str]
MATCHED = ("exact", "similar")


def matched_to(session: Session, product_id: str) -> set[Item]:
    """The garments of the videos' latest runs that are this product, or nearly."""
    rows = select(MatchRow.run_id, MatchRow.item_id).join(Run, Run.run_id == MatchRow.run_id)
    own = rows.where(MatchRow.product_id == product_id, MatchRow.rank == 0, MatchRow.match_type.in_(MATCHED))
    return {(row.run_id, row.item_id) for row in session.execute(own.where(is_latest()))}


def matched_products(session: Session, items: Collection[Item]) -> dict[Item, MatchedProduct]:
    """The product that each of some garments is, or nearly is, with the price that the records have now."""
    rows = select(MatchRow, ProductRow).join(ProductRow, ProductRow.product_id == MatchRow.product_id)
    best = rows.where(MatchRow.rank == 0, MatchRow.match_type.in_(MATCHED))
    found = session.execute(best.where(MatchRow.run_id.in_({run_id for run_id, _ in items})))
    return {
        (match.run_id, match.item_id): MatchedProduct(
            product_id=product.product_id,
            title=product.title,
            match_type=match.match_type,
            score=match.score,
            price=product.price,
            currency=product.currency,
        )
        for match, product in found
        if (match.run_id, match.item_id) in items
    }
