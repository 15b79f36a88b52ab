"""What is looked for in the pictures of a product: a garment, or the pieces of a set."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from catalog_jobs.catalog.types import BOTTOMS
from functions.tagging.taxonomy import TYPES_BY_NAME

# From head to foot: what is worn above what, or laid above it.
BODY_ORDER: Final = (
    "hat", "eyewear", "jewelry", "scarf", "outerwear", "top", "dress", "belt", "bag", "skirt", "pants", "shorts",
    "legwear", "shoes",
)  # fmt: skip
# Sold by the pair: two finds are one piece.
PAIRS: Final = frozenset({"shoes", "legwear"})
# They have a hole by nature, through which the ground is seen; on others what looks like the ground is a print.
OPEN_TYPES: Final = frozenset({"bag", "belt", "jewelry"})
# A picture is taken of them, so they fill it; of smaller things a speck may be all there is.
LARGE_TYPES: Final = frozenset({"outerwear", "top", "dress", "skirt", "pants", "shorts", "legwear"})


@dataclass(frozen=True)
class Piece:
    """One garment of a product, by the types that it may have: several where the shop does not say which."""

    types: tuple[str, ...]

    @property
    def type(self) -> str:
        """The first of them."""
        return self.types[0]

    @property
    def mistaken_types(self) -> frozenset[str]:
        """Types that a detector may take it for."""
        return frozenset(other for name in self.types for other in TYPES_BY_NAME[name].mistaken_for) - set(self.types)


@dataclass(frozen=True)
class Sold:
    """What the shop says of a product that tells its garment from others: types, the leading one first, and its basic
    colour, None where it is not known.
    """

    types: tuple[str, ...]
    color_basic: str | None = None

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """One for each type; trousers, skirt and shorts together are one garment of which nobody knows what it is.

        >>> [piece.types for piece in Sold(("top", "pants", "skirt", "shorts")).pieces]
        [('top',), ('pants', 'skirt', 'shorts')]
        """
        known = [name for name in self.types if name in TYPES_BY_NAME]
        bottoms = tuple(name for name in known if name in BOTTOMS)
        groups = [bottoms if name in BOTTOMS else (name,) for name in known]
        return tuple(Piece(group) for group in dict.fromkeys(groups))


def down_the_body(pieces: Sequence[Piece]) -> list[int]:
    """The places of pieces in their list, from head to foot."""
    return sorted(range(len(pieces)), key=lambda place: BODY_ORDER.index(pieces[place].type))
