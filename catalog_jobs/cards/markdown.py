"""Markdown of numbers: tables, values with their intervals, and pictures."""

import os
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from catalog_jobs.evaluate.measures.bootstrap import Interval

NOTHING: Final = "–"
WIDTH: Final = 120
NEW_PARAGRAPH: Final = "\n"
MEASURE_COLUMNS: Final = ("measure", "value", "95 % interval", "over")


def prose(text: str) -> str:
    """Paragraphs and list items, each in lines of its own however the text was broken."""
    parts = [" ".join(part.split()) for part in text.replace("\n- ", "\n\n- ").split("\n\n")]
    lines = [
        textwrap.fill(
            p,
            WIDTH,
            subsequent_indent="  " if p.startswith("- ") else "",
            break_long_words=False,
            break_on_hyphens=False,
        )
        for p in parts
        if p
    ]
    return "\n".join(
        f"{'' if index == 0 or (line.startswith('- ') and lines[index - 1].startswith('- ')) else NEW_PARAGRAPH}{line}"
        for index, line in enumerate(lines)
    )


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table, or `NOTHING` without rows.

    >>> print(table(["a", "b"], [["1", "2"]]))
    | a | b |
    |---|---|
    | 1 | 2 |
    """
    lines = [f"| {' | '.join(row)} |" for row in rows]
    if not lines:
        return NOTHING
    return "\n".join([f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}", *lines])


def number(value: float | None, digits: int = 3) -> str:
    """A number rounded, or `NOTHING`."""
    return NOTHING if value is None else f"{value:.{digits}f}"


def span(low: float | None, high: float | None, digits: int = 3) -> str:
    """Both ends of an interval, or `NOTHING`."""
    return NOTHING if low is None or high is None else f"{low:.{digits}f} to {high:.{digits}f}"


def units(n: int, unit: str) -> str:
    """So many of a unit.

    >>> units(1, "photo"), units(2, "query")
    ('1 photo', '2 queries')
    """
    plural = f"{unit[:-1]}ies" if unit.endswith("y") else f"{unit}s"
    return f"{n:,} {unit if n == 1 else plural}"


def measure_rows(words: Mapping[str, str], measures: Mapping[str, Interval]) -> list[tuple[str, str, str, str]]:
    """Rows of MEASURE_COLUMNS, one for each measure that `words` has words for; "not measured" where there is none."""
    rows = []
    for name, said in words.items():
        found = measures.get(name)
        if found is None:
            rows.append((said, "not measured", NOTHING, NOTHING))
        else:
            rows.append((said, number(found.value), span(found.low, found.high), units(found.n, found.unit)))
    return rows


def pictures(captions: Mapping[str, str], folder: Path, beside: Path) -> str:
    """Those of the pictures (file name → what it shows) that lie in a folder, linked from a file in `beside`."""
    at = Path(os.path.relpath(folder, beside)).as_posix()
    shown = [f"![{said}]({at}/{name})" for name, said in captions.items() if (folder / name).is_file()]
    if not shown:
        return "No pictures lie beside the evaluation; `--plots` of the evaluation draws them."
    return "\n\n".join(shown)
