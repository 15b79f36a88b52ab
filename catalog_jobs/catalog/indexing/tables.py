"""An indexing as people read it in a terminal."""

from collections.abc import Sequence
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from catalog_jobs.catalog.indexing.report import IndexReport, PartFailure
from catalog_jobs.catalog.tables import plain

SHOWN_ROWS: Final = 20
VIA: Final = {"server": "by the model server", "here": "in this process", "ray": "on Ray"}


def index_view(report: IndexReport) -> RenderableType:
    """What was embedded, what the index has, and whatever has no vector, with the command that helps."""
    parts: list[RenderableType] = [headline(report), *(Text(words, style="yellow") for words in missing(report))]
    if report.counts:
        parts.insert(1, index_line(report))
    if report.failed:
        parts.append(failures_table(report.failures[:SHOWN_ROWS]))
        more = report.failed - SHOWN_ROWS
        if more > 0:
            parts.append(Text(f"and {more:,} more; --json lists a thousand", style="dim"))
    if report.stopped:
        parts.append(Text.assemble((f"{report.stopped.code} ", "bold red"), plain(report.stopped.message)))
    return Group(*parts)


def headline(report: IndexReport) -> Text:
    """One line: how many products, what was embedded and kept, how quickly."""
    embedded, kept = report.embedded, report.kept
    line = Text.assemble((f"{report.products:,} products", "bold"))
    line.append(f"  embedded {embedded.images:,} cut-outs and {embedded.texts:,} texts")
    line.append(f"  kept {kept.images + kept.texts:,}")
    if report.failed:
        line.append(f"  {report.failed:,} failed", style="bold red")
    where = VIA.get(report.via, report.via)
    rate = f", {report.per_second:.1f}/s" if embedded.images + embedded.texts else ""
    return line.append(f"  {where} in {report.seconds:.1f} s{rate}", style="dim")


def index_line(report: IndexReport) -> Text:
    """What the index has now."""
    counts = report.counts
    line = Text(f"{plain(report.embedder)}: {counts['images']:,} cut-outs and {counts['texts']:,} texts")
    line.append(f" of {counts['products']:,} products")
    if counts["duplicates"]:
        line.append(f"  {counts['duplicates']:,} duplicates left out", style="dim")
    return line


def missing(report: IndexReport) -> list[str]:
    """What is not in the index, and the way to bring it there."""
    pictures, without = report.pictures, report.counts.get("without_vectors", 0)
    told = [
        (pictures.not_fetched, "pictures were not fetched yet; `reelwear catalog fetch` brings them"),
        (pictures.not_cut, "pictures were not cut yet; `reelwear catalog crop` cuts them"),
        (pictures.unusable, "pictures have no garment to embed; `reelwear catalog crop` tells why"),
        (without, "products have no vector and cannot be found"),
    ]
    words = [f"{number:,} {words}" for number, words in told if number]
    if not report.products and not report.stopped:
        words.append("there are no products; `reelwear catalog import FILE` brings them")
    return words if report.has_texts else [*words, f"{report.embedder} has no text tower: words were left out"]


def failures_table(failures: Sequence[PartFailure]) -> Table:
    """A line a failure."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("product", "part", "reason", "what"):
        table.add_column(name, overflow="fold")
    for one in failures:
        table.add_row(plain(one.product_id), plain(one.part), Text(one.reason, style="red"), plain(one.message))
    return table
