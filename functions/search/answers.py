"""What a search answers with."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from functions.document import AttributeEntry, AttributeName, ColorEntry, DocumentPart, MatchType, Share, Span

Count = Annotated[int, Field(ge=0)]


class MatchedProduct(DocumentPart):
    """The product of the catalogue that a garment is, or nearly is."""

    product_id: str
    title: str
    match_type: MatchType
    score: Share
    price: Decimal | None = None
    currency: str | None = None


class SearchHit(DocumentPart):
    """One garment of one video."""

    video_id: str
    item_id: str
    score: Annotated[float, Field(ge=-1, le=1)]
    """Cosine between what was searched for and the garment."""
    confidence: Share | None = None
    """The chance that the words fit; null without words."""
    match: MatchType | None = None
    """How alike the picture and the garment are; null without a picture."""
    type: str
    """A garment type of the taxonomy."""
    color: ColorEntry | None = None
    attributes: dict[AttributeName, AttributeEntry] = Field(default_factory=dict)
    segments: tuple[Span, ...] = ()
    """The shots in which it is worn."""
    crop_url: str | None = None
    """The key of its best crop; the API answers with its bytes at `/v1/objects/<key>`."""
    key: str
    """The key of the upload that the garment was found in."""
    product: MatchedProduct | None = None
    """The product that it was matched to; null where it is like none."""


class SearchAnswer(DocumentPart):
    """The garments found, the nearest first."""

    model: str
    """The embedder that compared, as name@version."""
    hits: tuple[SearchHit, ...] = ()
    left_out: Count = 0
    """How many of the nearest garments, up to the limit, were left out since they hardly fit, or are not wanted."""
    nearest: SearchHit | None = None
    """The best of those left out, where there is no hit."""
    outdated: Count = 0
    """How many garments could not be compared, since another version of the embedder described them."""
    warning: str | None = None
    """What keeps garments from being found, and what to do about it."""


class EmbedderVectors(DocumentPart):
    """How many vectors of one embedder there are."""

    embedder: str
    """As name@version."""
    items: Count
    videos: Count
    products: Count = 0
    """Vectors of the catalogue's products."""


class RebuiltVectors(DocumentPart):
    """What was put into the vector store from the records."""

    collections: tuple[EmbedderVectors, ...] = ()
    embedder: str | None = None
    """The embedder that the model server runs now; null where it does not answer."""
    outdated: Count = 0
    """How many garments another version of the embedder described, so that searches cannot find them."""
    warning: str | None = None
    """What keeps garments from being found, and what to do about it."""
