"""The catalogue as people read it in a terminal."""

from collections.abc import Mapping, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from catalog_jobs.catalog.exporting import ExportReport
from catalog_jobs.catalog.report import BadRowReport, CatalogStats, ImportReport, IndexStats, UnmappedType

SHOWN_ROWS = 20
SHOWN_TYPES = 15
SHOWN_COLUMNS = 8
PIPED_COLUMNS = 150


def catalog_console() -> Console:
    """Where answers go: stdout, wide enough for a table where it is a file or a pipe."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=PIPED_COLUMNS)


def import_view(report: ImportReport) -> RenderableType:
    """What was done, what is to be done for it, and then whatever the owner of the files should look at."""
    parts: list[RenderableType] = [_headline(report), _picture_line(report)]
    if report.to_embed.texts or report.to_embed.pictures:
        words = f"{report.to_embed.texts:,} texts and {report.to_embed.pictures:,} pictures are to be embedded"
        parts.append(Text(words, style="dim"))
    parts += [_file_line(report), *(Text(plain(note), style="yellow") for note in report.notes)]
    if report.bad_rows:
        parts.append(_bad_table(report.bad_rows[:SHOWN_ROWS]))
    if report.bad_row_count > SHOWN_ROWS:
        parts.append(Text(f"and {report.bad_row_count - SHOWN_ROWS:,} more bad rows; --json lists them", style="dim"))
    if report.unmapped_types:
        parts.append(_unmapped_table(report.unmapped_types[:SHOWN_TYPES]))
        more = len(report.unmapped_types) - SHOWN_TYPES
        parts.append(Text(f"{f'and {more} more; ' if more > 0 else ''}--types FILE says what they are", style="dim"))
    return Group(*parts)


def export_view(report: ExportReport) -> RenderableType:
    """What was written, and where."""
    counts = f"{report.products:,} products with {report.pictures:,} pictures"
    return Text.assemble((counts, "bold"), f" → {', '.join(map(plain, report.files))}")


def product_view(product: Mapping[str, object], total: int) -> RenderableType:
    """One product, a line for each thing that is known of it."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in product.items():
        if value not in (None, "", [], {}):
            table.add_row(name, plain(_said(value)))
    return Group(table, Text(f"one of {total:,} products", style="dim"))


def stats_view(stats: CatalogStats) -> RenderableType:
    """The catalogue counted."""
    if not stats.products and not stats.retired:
        return Text("No products yet; `reelwear catalog import FILE` brings them.", style="dim")
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    prices = (f"{low} to {high} {name}".strip() for name, (low, high) in stats.prices.items())
    stock = f"{stats.in_stock:,} in stock, {stats.out_of_stock:,} sold out, {stats.stock_unknown:,} unknown"
    rows = {
        "products": f"{stats.products:,}, and {stats.retired:,} retired",
        "pictures": f"{stats.pictures:,}; {stats.without_pictures:,} products have none",
        "stock": stock,
        "prices": "; ".join(prices),
        "types": ", ".join(f"{row.type or 'none'} {row.products:,}" for row in stats.types),
        "colours": ", ".join(f"{name} {count:,}" for name, count in stats.colors.items()),
        "variant groups": f"{stats.groups:,}",
        "to embed": f"{stats.to_embed.texts:,} texts, {stats.to_embed.pictures:,} pictures",
        "index": "; ".join(map(_index_words, stats.indexes)),
        "last import": stats.last_import or "never ended",
    }
    for name, words in rows.items():
        if words:
            table.add_row(name, plain(words))
    return table


def plain(words: str) -> str:
    """Words of others without what a terminal would obey."""
    return "".join(letter if letter.isprintable() else " " for letter in words)


def _headline(report: ImportReport) -> Text:
    counts = report.products
    if not report.is_stored:
        reason = f"{report.bad_row_count:,} bad rows" if report.bad_row_count else "there is no product in the files"
        return Text.assemble(("nothing was kept: ", "bold red"), reason)
    line = Text.assemble((f"{counts.good:,} products", "bold"))
    for name in ("added", "updated", "unchanged", "revived", "retired", "not_sold", "bad"):
        count = getattr(counts, name)
        if count:
            line.append(f"  {count:,} {name.replace('_', ' ')}", style="bold red" if name == "bad" else "")
    return line.append(f"  in {report.seconds:.1f} s", style="dim")


def _picture_line(report: ImportReport) -> Text:
    pictures = report.pictures
    line = Text(f"{pictures.distinct:,} distinct pictures in {pictures.read:,} rows")
    if pictures.without_product:
        line.append(f"  {pictures.without_product:,} of products in no file", style="dim")
    if report.products.without_pictures:
        line.append(f"  products without: {report.products.without_pictures:,}", style="dim")
    return line


def _file_line(report: ImportReport) -> Text:
    lines = []
    for one in report.files:
        left = one.unknown_columns
        more = f" and {len(left) - SHOWN_COLUMNS} more" if len(left) > SHOWN_COLUMNS else ""
        unread = f", columns not read: {', '.join(left[:SHOWN_COLUMNS])}{more}" if left else ""
        lines.append(plain(f"{one.file}: {one.kind}, {one.format}{unread}"))
    return Text("\n".join(lines), style="dim")


def _bad_table(rows: Sequence[BadRowReport]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("file", "line", "product", "what is wrong"):
        table.add_column(name, justify="right" if name == "line" else "left", overflow="fold")
    for row in rows:
        table.add_row(Text(plain(row.file)), str(row.line), Text(plain(row.product_id)), Text(plain(row.reason), "red"))
    return table


def _unmapped_table(rows: Sequence[UnmappedType]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("unknown product type", "products", "told by title"):
        table.add_column(name, justify="left" if name.startswith("unknown") else "right")
    for row in rows:
        table.add_row(Text(plain(row.product_type) or "(none)"), f"{row.products:,}", f"{row.by_title:,}")
    return table


def _index_words(index: IndexStats) -> str:
    words = f"{index.state}: {index.embedder}, {index.images:,} cut-outs, {index.texts:,} texts"
    duplicates = f", {index.duplicates:,} duplicates left out" if index.duplicates else ""
    return words + duplicates + (f", {index.waiting:,} on their way" if index.waiting else "")


def _said(value: object) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {_said(inner)}" for name, inner in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
