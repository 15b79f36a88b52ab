"""What is searched for in the catalogue."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field, field_validator

from functions.search.query import MAX_HITS, SearchTerms, known
from functions.tagging.taxonomy import TYPES_BY_NAME, garment_type


class ProductQuery(SearchTerms):
    """A search over the products of the catalogue. product: more like this one, which is left out itself."""

    type: str | None = None
    """Only products of this type: one of the taxonomy, or a detector's or shop's word for one, such as `topwear`."""
    currency: Annotated[str | None, Field(pattern=r"^[A-Z]{3}$")] = None
    """Only products with prices in this currency, such as `EUR`."""
    in_stock: bool = False
    """Leave out what is sold out; what the shop says no stock of counts as there."""
    limit: Annotated[int, Field(ge=1, le=MAX_HITS)] = 10
    """How many products, the best first."""
    threshold: Annotated[float | None, Field(ge=0, le=1)] = None
    """Leave out products below it: of the chance where words alone are searched for, else of the score. 0 shows all;
    without it, what words fit with a chance under 0.2 and what looks like nothing of the picture is left out."""

    @field_validator("type")
    @classmethod
    def _type_of_word(cls, value: str | None) -> str | None:
        return value if value is None else garment_type(value.strip().lower()) or known(value, TYPES_BY_NAME)

    @field_validator("currency", mode="before")
    @classmethod
    def _upper_case(cls, value: object) -> object:
        return value.strip().upper() if isinstance(value, str) else value

    @property
    def has_record_filter(self) -> bool:
        """Whether the records decide who is let in, beside the vector store."""
        return self.has_price or self.in_stock or self.currency is not None

    def lets_in(self, price: Decimal | None, currency: str | None, stock: int | None) -> bool:
        """Whether a product of this price and stock is asked for; without a price none is in any range."""
        if self.in_stock and stock is not None and stock <= 0:
            return False
        if self.currency is not None and currency != self.currency:
            return False
        if not self.has_price:
            return True
        if price is None or (self.min_price is not None and price < self.min_price):
            return False
        return self.max_price is None or price <= self.max_price
