"""How sure it is that an item is a product, seen through one part of the product."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Literal

from functions.matching.colors import color_agreement
from functions.matching.fit import Fit
from functions.tagging.taxonomy import TYPES_BY_NAME, may_be_same
from serve_app.contract import Vector

# What a type that detectors confuse with the item's leaves of a score. Fitted on half of the held-out photos: 0.85, as
# for looks of one video, loses three of a hundred first places.
CONFUSED_TYPE = 0.95


@dataclass(frozen=True)
class Sought:
    """An item as it is looked for. vector: of its pictures, unit length. color_hex: "#rrggbb", None for unknown."""

    type: str
    color_hex: str | None
    vector: Vector

    @property
    def types(self) -> tuple[str, ...]:
        """The types that a product may have to be it, its own first."""
        others = (name for name in TYPES_BY_NAME if name != self.type and may_be_same(self.type, name))
        return self.type, *others


@dataclass(frozen=True)
class Candidate:
    """A part of a product, and how near it came.

    cosine: of the item's vector and the part's. types: what the part shows or, for words, what the product is.
    group: of variants, None for a product of its own. stock: pieces left, None for unknown.
    """

    product_id: str
    part: str
    kind: Literal["image", "text"]
    cosine: float
    types: Sequence[str]
    color_hex: str | None = None
    color_basic: str | None = None
    group: str | None = None
    stock: int | None = None

    @property
    def family(self) -> tuple[str, str]:
        """What stands for one place among the matches: the group of variants, or the product alone."""
        return ("product", self.product_id) if self.group is None else ("group", self.group)

    @property
    def is_sold_out(self) -> bool:
        """Whether none is left for sure."""
        return self.stock is not None and self.stock <= 0


@dataclass(frozen=True)
class Scored:
    """A candidate with its score, which is the product of its parts: image or text, color, type."""

    candidate: Candidate
    score: float
    parts: dict[str, float]


def scored(sought: Sought, candidate: Candidate, fit: Fit) -> Scored | None:
    """How sure it is that the item is the candidate's product, 0 to 1; None for a type that it cannot be."""
    kind = next((name for name in sought.types if name in candidate.types), None)
    if kind is None:
        return None
    if candidate.kind == "image":
        parts = {"image": fit.image_score(candidate.cosine, list(dict.fromkeys((sought.type, kind))))}
    else:
        parts = {"text": fit.text_score(candidate.cosine)}
    parts["color"] = color_agreement(sought.color_hex, candidate.color_hex, candidate.color_basic)
    parts["type"] = 1.0 if kind == sought.type else CONFUSED_TYPE
    shown = {name: round(value, 4) for name, value in parts.items()}
    return Scored(candidate, round(prod(shown.values()), 4), shown)
