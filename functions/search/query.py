"""What is searched for: words, and what a garment must be."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from functions.tagging.color_names import BASIC_COLORS
from functions.tagging.taxonomy import TYPES_BY_NAME

MAX_TEXT_CHARACTERS = 300
MAX_HITS = 100
# Chances are fitted on all pairs, of which few fit: from here on a hit is worth a look.
LIKELY = 0.2

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TEXT_CHARACTERS)]


class ItemQuery(BaseModel):
    """A search over items; a picture to search by travels beside it."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    text: Words | None = None
    """What the garment looks like, such as `orange suit`."""
    type: Annotated[str | None, Field(json_schema_extra={"enum": list(TYPES_BY_NAME)})] = None
    """Only garments of this type."""
    color: Annotated[str | None, Field(json_schema_extra={"enum": list(BASIC_COLORS)})] = None
    """Only garments whose leading colour belongs to this basic colour."""
    limit: Annotated[int, Field(ge=1, le=MAX_HITS)] = 20
    """How many garments, the nearest first."""
    min_confidence: Annotated[float | None, Field(ge=0, le=1)] = None
    """Leave out garments that the words fit with a lower chance; without it 0.2 for words alone, 0 with a picture."""

    @field_validator("type")
    @classmethod
    def _known_type(cls, value: str | None) -> str | None:
        return _known(value, TYPES_BY_NAME)

    @field_validator("color")
    @classmethod
    def _known_color(cls, value: str | None) -> str | None:
        return _known(value, BASIC_COLORS)

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


def _known(value: str | None, known: Iterable[str]) -> str | None:
    names = list(known)
    if value is not None and value not in names:
        raise ValueError(f"known are {', '.join(names)}")
    return value
