"""What goes wrong most often, in words."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from catalog_jobs.cards.markdown import NOTHING, prose
from catalog_jobs.evaluate.document import Document

MOST_CONFUSED: Final = 5
WORST_QUERIES: Final = 6


def failures(document: Document | None) -> str:
    """What goes wrong most, in words."""
    if document is None:
        return NOTHING
    details: Mapping[str, Any] = document.details
    lines = []
    if "zero_shot" in details:
        lines.append(f"- Classes most often mistaken: {'; '.join(most_confused(details['zero_shot'])) or 'none'}.")
    if "search" in details:
        lines.append(f"- Words whose first five are worst: {'; '.join(worst_queries(details['search'])) or 'none'}.")
    return prose("\n".join(lines)) or NOTHING


def most_confused(zero_shot: Mapping[str, Any]) -> list[str]:
    """The pairs of classes that are confused most, as "dress taken for skirt (3 of 40)"."""
    classes: Sequence[str] = zero_shot["classes"]
    pairs = [
        (count, sum(row), classes[true], classes[said])
        for true, row in enumerate(zero_shot["confusion"])
        for said, count in enumerate(row)
        if count and true != said
    ]
    pairs.sort(key=lambda pair: -pair[0])
    return [f"{true} taken for {said} ({count} of {total})" for count, total, true, said in pairs[:MOST_CONFUSED]]


def worst_queries(search: Mapping[str, Any]) -> list[str]:
    """The texts with the fewest right ones among the first five, of those that enough garments fit."""
    asked = [row for row in search["queries"] if row["relevant"] >= search["asked_from"] and row["p_at_5"] < 1]
    asked.sort(key=lambda row: row["p_at_5"])
    return [f'"{row["text"]}" ({round(5 * row["p_at_5"])} of 5)' for row in asked[:WORST_QUERIES]]
