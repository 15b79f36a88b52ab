"""Prompts and a fine-tuning as people read them in a terminal."""

from collections.abc import Mapping

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from catalog_jobs.catalog.learning.report import FinetuneReport, PromptsReport, Search, Validation
from catalog_jobs.catalog.tables import plain


def prompts_view(report: PromptsReport) -> RenderableType:
    """How many rows there are, on which side, and what has none."""
    line = Text.assemble((f"{report.rows:,} cut-outs of {report.products:,} products", "bold"))
    line.append(f"  {report.train:,} to train on, {report.val:,} of {report.val_products:,} products held out")
    line.append(f"  {report.texts:,} different captions", style="dim")
    line.append(f"  in {report.seconds:.1f} s → {plain(report.file)}", style="dim")
    return Group(line, *skipped_table(report.skipped, "pictures and cut-outs"))


def finetune_view(report: FinetuneReport) -> RenderableType:
    """What was trained on, the epochs, before and after, and what became of it."""
    head = Text.assemble((f"{plain(report.model)} {report.version}", "bold"))
    head.append(f"  {report.train_rows:,} pictures of {report.train_products:,} products")
    head.append(f"  held out: {report.val_rows:,} of {report.val_products:,}")
    head.append(f"  {report.device}, {report.precision}, rate {report.rate:g}", style="dim")
    promotion = report.promotion
    end = Text.assemble(("promoted: " if promotion.promoted else "not promoted: ", "bold"), promotion.reason)
    parts = [head, *skipped_table(report.skipped, "rows left out"), epochs_table(report), end]
    if report.stopped in ("minutes", "interrupted"):
        parts.append(Text(f"{report.stopped}; --resume goes on behind epoch {len(report.epochs)}", style="yellow"))
    parts += [Text(f"  {plain(step)}") for step in report.how_to_use]
    return Group(*parts, *(Text(plain(note), style="yellow") for note in report.notes))


def epochs_table(report: FinetuneReport) -> Table:
    """A line for the model as it came, and one for each epoch."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("epoch")
    searches = ("text → picture @1", "@5", "rank", "picture → picture @1", "@5", "rank")
    for name in ("loss", "held-out loss", *searches, "measure"):
        table.add_column(name, justify="right")
    table.add_row("before", "", *validation_cells(report.before))
    for one in report.epochs:
        name = f"{one.epoch} (best)" if one.epoch == report.best_epoch else str(one.epoch)
        table.add_row(name, f"{one.train_loss:.3f}", *validation_cells(one.validation))
    return table


def validation_cells(seen: Validation) -> tuple[str, ...]:
    """The cells of one validation."""
    searches = (*search_cells(seen.text_to_image), *search_cells(seen.image_to_image))
    return (f"{seen.loss:.3f}", *searches, f"{seen.measure:.4f}")


def search_cells(search: Search | None) -> tuple[str, str, str]:
    """Recall at 1 and at 5, and the median rank."""
    if search is None:
        return "", "", ""
    return f"{search.recall_at_1:.3f}", f"{search.recall_at_5:.3f}", f"{search.median_rank:g}"


def skipped_table(skipped: Mapping[str, int], what: str) -> list[RenderableType]:
    """What was left out, a line a reason; nothing where nothing was."""
    if not skipped:
        return []
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("left out")
    table.add_column(what, justify="right")
    for reason, count in skipped.items():
        table.add_row(plain(reason), f"{count:,}")
    return [table]
