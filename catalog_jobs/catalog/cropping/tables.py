"""A crop as people read it in a terminal."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from catalog_jobs.catalog.cropping.options import Where
from catalog_jobs.catalog.cropping.report import CropReport, Failure
from catalog_jobs.catalog.tables import plain

SHOWN_ROWS = 20
WORDS_OF_SOURCE = {
    "detected": "found by the models",
    "ground": "cut from a plain ground",
    "whole": "the whole picture",
}
WORDS_OF_PLACE = {
    Where.HERE: "in this process",
    Where.SERVER: "on the model server",
    Where.RAY: "on Ray",
}


def report_view(report: CropReport) -> RenderableType:
    """The counts, how the garments were found, what is to be done, and the failures with their reasons."""
    parts: list[RenderableType] = [headline(report)]
    if any(report.sources.values()):
        parts.append(sources_table(report))
    parts += [Text(words, style="yellow") for words in to_do(report)]
    if report.reasons:
        parts += [reasons_table(report), failures_table(report.failures[:SHOWN_ROWS])]
        more = len(report.failures) - SHOWN_ROWS
        if more > 0:
            parts.append(Text(f"and {more} more; --json lists all", style="dim"))
    if report.stopped:
        parts.append(Text.assemble((f"{report.stopped.code} ", "bold red"), plain(report.stopped.message)))
    return Group(*parts)


def headline(report: CropReport) -> Text:
    """One line: how many pictures of how many products, what came of them, in what time, by which models."""
    line = Text.assemble((f"{report.pictures:,} pictures", "bold"), f" of {report.products:,} products")
    for number, words in ((report.done, "cut"), (report.kept, "cut before"), (report.failed, "failed")):
        if number:
            line.append(f"  {number:,} {words}", style="bold red" if words == "failed" else "")
    if report.seconds_a_picture is not None:
        rate = f"{report.seconds_a_picture:.3f} s a picture, {report.pictures_per_s:.1f}/s"
        line.append(f"  in {report.seconds:.1f} s ({rate})", style="dim")
    if report.success_rate is not None:
        line.append(f"  {report.success_rate:.1%} succeeded", style="dim")
    return line.append(f"\n{report.model} {WORDS_OF_PLACE[report.ran]} → {plain(report.folder)}", style="dim")


def to_do(report: CropReport) -> list[str]:
    """What the owner of the catalogue should know or do."""
    told = (
        (report.not_fetched, "pictures are not here yet; run `reelwear catalog fetch`"),
        (report.products_without_picture, "products have no picture"),
        (report.products_without_cut, "products have no picture that is cut"),
        (report.products_without_type, "products have no garment type, so nothing is looked for"),
    )
    return [f"{number:,} {words}" for number, words in told if number]


def sources_table(report: CropReport) -> Table:
    """How the sold garments were found."""
    total = sum(report.sources.values())
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("garments sold")
    table.add_column("cut-outs", justify="right")
    table.add_column("share", justify="right")
    for source, number in report.sources.items():
        table.add_row(WORDS_OF_SOURCE[source], f"{number:,}", f"{number / total:.0%}")
    return table


def reasons_table(report: CropReport) -> Table:
    """A line a reason."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("reason")
    table.add_column("pictures", justify="right")
    for reason, number in report.reasons.items():
        table.add_row(reason, f"{number:,}")
    return table


def failures_table(failures: Sequence[Failure]) -> Table:
    """A line a failure."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("product", "no.", "reason", "what"):
        table.add_column(name, justify="right" if name == "no." else "left", overflow="fold")
    for one in failures:
        table.add_row(
            Text(plain(one.product_id)), str(one.number), Text(one.reason, style="red"), Text(plain(one.message))
        )
    return table
