"""What the commands share: how they refuse, and how they show what they found."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.table import Table

from catalog_jobs.evaluate.measures.bootstrap import Interval
from serve_app.errors import ModelServerError

# A table that is piped into a file is not cut at the 80 columns that are assumed of a terminal that is none.
PIPED_COLUMNS = 150


def show(table: Table) -> None:
    """Print a table."""
    console = Console()
    (console if console.is_terminal else Console(width=PIPED_COLUMNS)).print(table)


@contextmanager
def refusing() -> Iterator[None]:
    """Turn what cannot be measured into one line on stderr and exit status 2."""
    try:
        yield
    except (ValueError, ModelServerError) as error:
        print("evaluate:", " ".join(str(error).split()), file=sys.stderr)
        raise typer.Exit(2) from error


def note(words: str, is_shown: bool) -> None:
    """Say on stderr what is done now, where people wait."""
    if is_shown:
        print(words, file=sys.stderr)


def measures_table(title: str, measures: Mapping[str, Interval]) -> Table:
    """Measures with their intervals, for people."""
    table = Table("measure", "value", "95 % interval", "over", title=title)
    table.columns[0].overflow = "fold"
    for name, found in measures.items():
        value = "–" if found.value is None else f"{found.value:.3f}"
        ends = "–" if found.low is None or found.high is None else f"{found.low:.3f} to {found.high:.3f}"
        unit = f"{found.unit[:-1]}ies" if found.unit.endswith("y") else f"{found.unit}s"
        table.add_row(name, value, ends, f"{found.n} {unit}")
    return table
