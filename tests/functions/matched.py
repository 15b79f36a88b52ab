"""A document whose top was matched with a product, as `document_of` makes it."""

from decimal import Decimal

from functions.document import Alternative, ResultDocument
from tests.functions.api.shelf import document

RED_TOP = Alternative(
    product_id="p1", title="Ruby Ribbed Top", score=0.93, parts={"image": 0.95, "color": 0.98, "type": 1.0},
    match_type="exact", price=Decimal("1299.00"), currency="INR", picture_url="https://shop.example/p1.jpg",
)  # fmt: skip
PINK_TOP = Alternative(product_id="p2", title="Blush Top", score=0.71, parts={"text": 0.71, "color": 1.0, "type": 1.0})


def matched_document(*alternatives: Alternative) -> ResultDocument:
    """The first garment of `document` with these products, the best first."""
    first, *others = document().products
    best = alternatives[0] if alternatives[0].match_type != "none" else None
    changes = {
        "match_type": best.match_type if best else "none",
        "matched_product_id": best.product_id if best else None,
        "match_score": best.score if best else None,
        "alternatives": alternatives,
    }
    return document(products=[first.model_copy(update=changes).model_dump(), *(one.model_dump() for one in others)])
