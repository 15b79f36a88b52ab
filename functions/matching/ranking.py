"""The products that an item may be, in order: one for each product and each group of variants."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from functions.document import MatchType
from functions.matching.fit import Fit, match_type
from functions.matching.scoring import Candidate, Scored, Sought, scored

ORDER: tuple[MatchType, ...] = ("exact", "similar", "none")


@dataclass(frozen=True)
class Match:
    """A product that an item may be. part: which of its parts came nearest. parts: what multiplies to the score."""

    product_id: str
    part: str
    score: float
    match_type: MatchType
    parts: dict[str, float]


def matches(
    sought: Sought, candidates: Iterable[Candidate], fit: Fit, limit: int, is_stock_first: bool = False
) -> tuple[Match, ...]:
    """At most `limit` products, the best first; a product counts by its best part, a group by its best product.

    is_stock_first: among those of one match type, what is sold out comes last, also within a group. What scores 0 is
    left out. The order of the candidates changes nothing.
    """
    found = (scored(sought, candidate, fit) for candidate in candidates)
    ordered = sorted(
        (one for one in found if one is not None and one.score > 0), key=lambda one: _place(one, is_stock_first)
    )
    return tuple(_match(one) for one in _one_a_family(ordered)[:limit])


def _place(one: Scored, is_stock_first: bool) -> tuple[int, bool, float, str, str]:
    candidate = one.candidate
    is_last = is_stock_first and candidate.is_sold_out
    return ORDER.index(match_type(one.score)), is_last, -one.score, candidate.product_id, candidate.part


def _one_a_family(ordered: Sequence[Scored]) -> list[Scored]:
    first: dict[tuple[str, str], Scored] = {}
    for one in ordered:
        first.setdefault(one.candidate.family, one)
    return list(first.values())


def _match(one: Scored) -> Match:
    candidate = one.candidate
    return Match(candidate.product_id, candidate.part, one.score, match_type(one.score), one.parts)
