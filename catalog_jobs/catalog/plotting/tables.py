"""A run as people read it in a terminal."""

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from catalog_jobs.catalog.plotting.report import PlotReport, SubjectReport
from catalog_jobs.catalog.tables import plain


def plot_view(report: PlotReport) -> RenderableType:
    """What was drawn of what, what is to be known of it, and the files with their sizes."""
    parts: list[RenderableType] = []
    for subject in report.subjects:
        parts.append(_headline(subject))
        parts += [Text(plain(note), style="yellow") for note in subject.notes]
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("file", overflow="fold")
    table.add_column("size", justify="right")
    table.add_column("what")
    for one in report.files:
        table.add_row(Text(plain(one.name)), decimal(one.bytes), one.what)
    total = sum(one.bytes for one in report.files)
    said = f"{len(report.files)} files, {decimal(total)}, in {report.seconds:.1f} s → {plain(report.folder)}"
    opened = f"  open {report.index}" if report.index else ""
    return Group(*parts, table, Text.assemble((said, "dim"), (opened, "bold")))


def _headline(subject: SubjectReport) -> Text:
    line = Text.assemble((f"{subject.subject} ", "bold"))
    line.append(", ".join(f"{count:,} {kind}{'s' * (count != 1)}" for kind, count in subject.points.items()))
    if sum(subject.points.values()) < subject.total:
        line.append(f" of {subject.total:,}")
    for made in subject.maps:
        line.append(f"  {made.method} {made.dims}D", style="dim")
    if subject.repeated:
        line.append(f"  {subject.repeated:,} repeated parts left off", style="dim")
    if subject.near_duplicates_total is not None:
        line.append(f"  {subject.near_duplicates_total:,} near-duplicate pairs")
    return line.append(f"  {plain(subject.embedder)}", style="dim")
