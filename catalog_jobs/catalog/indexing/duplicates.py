"""Parts of one product that show the same: several photos of one garment from one side. Never of two products."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from catalog_jobs.catalog.indexing.parts import Vector

# The cosine that projects before this one used, between all products; here only inside one.
SAME_COSINE: Final = 0.95


@dataclass(frozen=True)
class Seen:
    """One image part of a product. vector: of unit length."""

    name: str
    types: tuple[str, ...]
    vector: Vector


def duplicates_in(seen: Iterable[Seen], same_cosine: float = SAME_COSINE) -> dict[str, str]:
    """Part → the earlier part of the same types that it repeats. What is a duplicate itself is compared with nothing.

    seen: the image parts of one product in the order of their numbers; of those alike the first stays.
    """
    kept: list[Seen] = []
    found: dict[str, str] = {}
    for one in seen:
        alike = next(
            (other for other in kept if other.types == one.types and float(other.vector @ one.vector) >= same_cosine),
            None,
        )
        if alike is None:
            kept.append(one)
        else:
            found[one.name] = alike.name
    return found
