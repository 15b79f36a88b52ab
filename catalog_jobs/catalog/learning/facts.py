"""Which captions are true of which pictures: a text that is true of a picture is never held against it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from catalog_jobs.catalog.learning.rows import PromptRow

Bools = NDArray[np.bool_]
Numbers = NDArray[np.int64]

UNKNOWN: Final = -1
# What a text claims that nobody wrote down: itself.
ITSELF: Final = "\0text"


@dataclass(frozen=True)
class Match:
    """belongs: whether a text (rows) is true of a picture (columns). counts: whether that is known."""

    belongs: Bools
    counts: Bools


@dataclass(frozen=True)
class FactTable:
    """What is known of rows, as numbers: two rows have the same number where they have the same value.

    facts: by name, UNKNOWN where nothing is known. says: the names that each row's text claims.
    """

    facts: dict[str, Numbers]
    says: tuple[tuple[str, ...], ...]
    products: Numbers
    labels: Numbers

    @classmethod
    def of(cls, rows: Sequence[PromptRow]) -> Self:
        """Of rows, which keep their numbers."""
        says = tuple(row.says or (ITSELF,) for row in rows)
        names = sorted({name for names in says for name in names} - {ITSELF})
        facts = {name: _numbers([row.facts.get(name, "") for row in rows]) for name in names}
        facts[ITSELF] = _numbers([row.text for row in rows])
        return cls(
            facts, says, _numbers([row.product_id for row in rows]), _numbers([row.label or "-" for row in rows])
        )

    def match(self, texts: Numbers, pictures: Numbers) -> Match:
        """The texts of some rows with the pictures of some rows (T×P).

        A text is true of a picture of which all that it claims is known and the same, of those with the same text, and
        of those of the same garment of its own product. Where some of it is not known, or the picture shows another
        garment of the same product (of a set), nothing is known.
        """
        belongs = np.zeros((len(texts), len(pictures)), np.bool_)
        counts = np.ones_like(belongs)
        for at, row in enumerate(texts):
            same, known = np.ones(len(pictures), np.bool_), np.ones(len(pictures), np.bool_)
            for name in self.says[row]:
                values = self.facts[name][pictures]
                is_known = values != UNKNOWN
                same &= (values == self.facts[name][row]) | ~is_known
                known &= is_known
            is_own = self.products[pictures] == self.products[row]
            is_alike = self.labels[pictures] == self.labels[row]
            has_text = self.facts[ITSELF][pictures] == self.facts[ITSELF][row]
            belongs[at] = (same & known) | (is_own & is_alike) | has_text
            # What differs in one known claim is another garment, whatever else is not known of it.
            counts[at] = belongs[at] | ~((same & ~known) | is_own)
        return Match(belongs, counts)

    def match_pictures(self, asked: Numbers, pictures: Numbers) -> Match:
        """Pictures of some rows (Q) with those of some rows (Q×P): of the same garment of the same product.

        Nothing is known of a picture and itself, nor of two garments of one product.
        """
        is_own = self.products[asked, None] == self.products[pictures][None]
        is_alike = self.labels[asked, None] == self.labels[pictures][None]
        is_other = asked[:, None] != pictures[None]
        return Match(belongs=is_own & is_alike & is_other, counts=~is_own | (is_alike & is_other))


def _numbers(values: Sequence[str]) -> Numbers:
    alike = [" ".join(value.casefold().split()) for value in values]
    order = {value: number for number, value in enumerate(dict.fromkeys(alike))}
    return np.array([order[value] if value else UNKNOWN for value in alike], np.int64)
