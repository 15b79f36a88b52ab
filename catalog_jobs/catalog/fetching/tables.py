"""A fetch as people read it in a terminal."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from catalog_jobs.catalog.fetching.report import Failure, FetchReport, Note

SHOWN_ROWS = 20
# A table that is piped into a file is not cut at the 80 columns that are assumed of a terminal that is none.
PIPED_COLUMNS = 150
COUNTS = ("fetched", "copied", "unchanged", "kept", "failed")


def report_console() -> Console:
    """Where the report goes: stdout, wide enough where it is a file or a pipe."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=PIPED_COLUMNS)


def report_view(report: FetchReport) -> RenderableType:
    """The counts, the failures by reason, the first of them, and the notes."""
    parts: list[RenderableType] = [headline(report)]
    if report.reasons:
        parts += [reasons_table(report), failures_table(report.failures[:SHOWN_ROWS])]
        more = len(report.failures) - SHOWN_ROWS
        if more > 0:
            parts.append(Text(f"and {more} more; --json lists all", style="dim"))
    if report.notes:
        parts.append(notes_table(report.notes[:SHOWN_ROWS]))
        more = len(report.notes) - SHOWN_ROWS
        if more > 0:
            parts.append(Text(f"and {more} more notes; --json lists all", style="dim"))
    if report.stopped:
        parts.append(Text.assemble((f"{report.stopped.code} ", "bold red"), report.stopped.message))
    return Group(*parts)


def headline(report: FetchReport) -> Text:
    """One line: how many pictures, what came of them, how much came in what time."""
    line = Text.assemble((f"{report.pictures} pictures", "bold"))
    for name in COUNTS:
        number = getattr(report, name)
        if number:
            line.append(f"  {number} {name}", style="bold red" if name == "failed" else "")
    line.append(f"  {decimal(report.bytes)} in {report.seconds:.1f} s → {report.folder}", style="dim")
    return line


def reasons_table(report: FetchReport) -> Table:
    """A line a reason."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("reason")
    table.add_column("pictures", justify="right")
    for reason, number in report.reasons.items():
        table.add_row(reason, str(number))
    return table


def failures_table(failures: Sequence[Failure]) -> Table:
    """A line a failure."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("product", "no.", "reason", "tries", "what", "url"):
        table.add_column(name, justify="right" if name in ("no.", "tries") else "left", overflow="fold")
    for one in failures:
        table.add_row(
            plain(one.product_id),
            str(one.number),
            Text(one.reason, style="red"),
            str(one.attempts),
            plain(one.message),
            plain(one.url),
        )
    return table


def notes_table(notes: Sequence[Note]) -> Table:
    """A line a note."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("product", "no.", "note"):
        table.add_column(name, justify="right" if name == "no." else "left", overflow="fold")
    for one in notes:
        table.add_row(plain(one.product_id), "" if one.number is None else str(one.number), plain(one.message))
    return table


def plain(words: str) -> Text:
    """Words of others, without what a terminal would obey."""
    return Text("".join(letter if letter.isprintable() else "·" for letter in words))
