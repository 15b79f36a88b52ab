"""What a search of the catalogue answers with."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from functions.document import DocumentPart, MatchType, Share
from functions.search.answers import Count

Cosine = Annotated[float, Field(ge=-1, le=1)]


class ProductHit(DocumentPart):
    """One product of the catalogue."""

    product_id: str
    title: str
    score: Cosine
    """Cosine between what was searched for and the part that came nearest."""
    confidence: Share | None = None
    """The chance that the words fit its pictures and its own words; null without words."""
    match: MatchType | None = None
    """How alike the picture and the product are; null without a picture."""
    part: str
    """The part that came nearest: `text`, or the id of the picture that a garment was cut out of."""
    parts: dict[Literal["image", "text"], Cosine] = Field(default_factory=dict)
    """Cosine between what was searched for and its nearest picture, and its own words."""
    type: str | None = None
    """Its leading garment type of the taxonomy."""
    types: tuple[str, ...] = ()
    color: str | None = None
    """Its basic colour."""
    color_name: str | None = None
    """Its colour as the shop calls it."""
    price: Decimal | None = None
    list_price: Decimal | None = None
    currency: str | None = None
    stock: int | None = None
    """How many there are; null where the shop does not say."""
    group_id: str | None = None
    """What it is a variant of."""
    crop_file: str | None = None
    """The cut-out that came nearest, relative to the folder of the catalogue's pictures."""
    picture_url: str | None = None
    """Where the shop has the picture."""


class PriceRange(DocumentPart):
    """How many products cost so much: `low` or more, and less than `high`."""

    low: Decimal
    high: Decimal
    currency: str | None = None
    products: Count


class Facets(DocumentPart):
    """How many of the products that fit are of which type, colour and price."""

    types: dict[str, int] = Field(default_factory=dict)
    colors: dict[str, int] = Field(default_factory=dict)
    prices: tuple[PriceRange, ...] = ()


class ProductAnswer(DocumentPart):
    """The products found, the best first."""

    model: str | None = None
    """The embedder that compared, as name@version; null where there is no index."""
    hits: tuple[ProductHit, ...] = ()
    left_out: Count = 0
    """How many of the best products, up to the limit, were left out since they hardly fit."""
    nearest: ProductHit | None = None
    """The best of those left out, where there is no hit."""
    weighed: Count = 0
    """How many products came near enough to be compared part by part and pass the filters."""
    facets: Facets = Field(default_factory=Facets)
    """Of all the products that were weighed and fit, also beyond the limit."""
    warning: str | None = None
    """What keeps products from being found, and what to do about it."""
