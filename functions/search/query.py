"""What is searched for: words, stored pictures, what is unwanted, and what a garment must be."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from functions.tagging.color_names import BASIC_COLORS
from functions.tagging.taxonomy import TYPES_BY_NAME

MAX_TEXT_CHARACTERS = 300
# Words beyond these are not read: text towers were trained on captions.
MAX_TEXT_WORDS = 40
MAX_UNWANTED = 8
MAX_HITS = 100
# Chances are fitted on all pairs, of which few fit: from here on a hit is worth a look.
LIKELY = 0.2

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TEXT_CHARACTERS)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400)]
Price = Annotated[Decimal, Field(ge=0, max_digits=14)]


class SearchTerms(BaseModel):
    """What every search may be asked; a picture to search by travels beside it."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    text: Words | None = None
    """What the garment looks like, such as `orange suit`; words beyond the first 40 are not read."""
    without: Annotated[tuple[Words, ...], Field(max_length=MAX_UNWANTED)] = ()
    """What it is not like, such as `long sleeves`: what likely is so is left out, the rest goes down."""
    weight: Annotated[float, Field(ge=0, le=1)] = 0.5
    """The share of pictures where words are searched for too; 0 is words alone, 1 is pictures alone."""
    product: Name | None = None
    """The id of a product of the catalogue."""
    crop: Annotated[Name | None, Field(pattern=r"^.+/[^/]+$")] = None
    """A stored cut-out: VIDEO_ID/ITEM_ID of a video's garment, PRODUCT_ID/PART of a product's."""
    color: Annotated[str | None, Field(json_schema_extra={"enum": list(BASIC_COLORS)})] = None
    """Only what belongs to this basic colour."""
    min_price: Price | None = None
    """Only products at this price or more."""
    max_price: Price | None = None
    """Only products at this price or less."""

    @field_validator("text")
    @classmethod
    def _first_words(cls, value: str | None) -> str | None:
        return None if value is None else first_words(value)

    @field_validator("without")
    @classmethod
    def _first_unwanted_words(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(first_words, values))

    @field_validator("color")
    @classmethod
    def _known_color(cls, value: str | None) -> str | None:
        return known(value, BASIC_COLORS)

    @model_validator(mode="after")
    def _prices_in_order(self) -> Self:
        if self.min_price is not None and self.max_price is not None and self.min_price > self.max_price:
            raise ValueError(f"min_price {self.min_price} is over max_price {self.max_price}; swap them")
        return self

    @property
    def has_price(self) -> bool:
        """Whether a price is asked for."""
        return self.min_price is not None or self.max_price is not None

    def is_empty(self, has_picture: bool) -> bool:
        """Whether nothing is searched by, given whether a picture travels beside it."""
        return not has_picture and self.text is None and self.product is None and self.crop is None


class ItemQuery(SearchTerms):
    """A search over the garments of videos. product: those matched to it, and those that look like it."""

    type: Annotated[str | None, Field(json_schema_extra={"enum": list(TYPES_BY_NAME)})] = None
    """Only garments of this type."""
    limit: Annotated[int, Field(ge=1, le=MAX_HITS)] = 20
    """How many garments, the nearest first."""
    min_confidence: Annotated[float | None, Field(ge=0, le=1)] = None
    """Leave out garments that the words fit with a lower chance; without it 0.2 for words alone, 0 with a picture. 0
    also shows garments that look like nothing of a product or cut-out."""

    @field_validator("type")
    @classmethod
    def _known_type(cls, value: str | None) -> str | None:
        return known(value, TYPES_BY_NAME)

    @property
    def filters(self) -> dict[str, str]:
        """What a hit's payload must equal."""
        wanted = {"type": self.type, "color": self.color}
        return {name: value for name, value in wanted.items() if value is not None}

    def least_confidence(self, has_picture: bool) -> float:
        """The chance that words must fit with, given whether a picture is searched by too."""
        if self.min_confidence is not None:
            return self.min_confidence
        return 0.0 if has_picture else LIKELY


def known(value: str | None, names: Iterable[str]) -> str | None:
    """The value; raises ValueError with the names where it is none of them."""
    listed = list(names)
    if value is not None and value not in listed:
        raise ValueError(f"known are {', '.join(listed)}")
    return value


def first_words(text: str) -> str:
    """A text up to MAX_TEXT_WORDS words, with single spaces."""
    return " ".join(text.split()[:MAX_TEXT_WORDS])
