"""What a search of the catalogue found, as people read it in a terminal."""

from collections.abc import Mapping

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from functions.cli.client import Fields
from functions.cli.hits import MATCH_STYLES, price_text
from functions.cli.tables import plain, result_console
from functions.search.product_answers import Facets, ProductAnswer, ProductHit

# Values of a facet that are shown in one line.
SHOWN_VALUES = 6
# Of a picture's id, enough to tell it from the others of its product.
PART_DIGITS = 8


def print_products(found: ProductAnswer, fields: Fields, is_json: bool) -> None:
    """The products of a search for some fields."""
    if is_json:
        typer.echo(found.model_dump_json())
        return
    console = result_console()
    if found.hits:
        console.print(products_view(found))
    elif found.model is not None:
        console.print(nothing_line(found, fields), soft_wrap=True)
    if found.warning:
        console.print(Text(sentence(found.warning), style="yellow"), soft_wrap=True)


def products_view(found: ProductAnswer) -> RenderableType:
    """Each product: what it is, how well it fits, the part that came nearest and where that lies; then counts."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    has_stock = any(hit.stock is not None for hit in found.hits)
    for name in ("product", "title", "type", "colour", "price", *(["stock"] if has_stock else []), "fits"):
        table.add_column(name, no_wrap=name not in ("title", "type", "colour"), overflow="fold")
    for hit in found.hits:
        table.add_row(
            Text(plain(hit.product_id), style="bold").append(f"\n/{part_text(plain(hit.part))}", style="dim"),
            _title(hit),
            Text(", ".join(hit.types) or "–"),
            Text(plain(hit.color_name or hit.color or "–")),
            Text(price_text(hit.price, hit.currency)),
            *([stock_text(hit.stock)] if has_stock else []),
            fit_text(hit),
        )
    lines = [Text(line, style="dim") for line in facet_lines(found.facets)]
    if found.left_out:
        lines.append(Text(f"{found.left_out} more fit too little; --all shows them", style="dim"))
    return Group(table, *lines)


def nothing_line(found: ProductAnswer, fields: Fields) -> Text:
    """What is said where nothing was found, with the nearest there was."""
    kept = " ".join(str(fields[name]) for name in ("color", "type") if name in fields)
    what = f"fits “{plain(str(fields['text']))}”" if "text" in fields else "looks like it"
    line = f"No product {what}" + (f" ({kept} only)" if kept else "")
    if found.nearest:
        hit = found.nearest
        line += f"; the nearest was {plain(hit.product_id)} {plain(hit.title)} ({fit_text(hit)}), --all shows it"
    return Text(f"{line}.", style="dim")


def fit_text(hit: ProductHit) -> Text:
    """How well a product fits: the chance of the words, the verdict on the picture, and the cosine."""
    parts = [] if hit.confidence is None else [Text(f"{hit.confidence:.0%}")]
    if hit.match is not None:
        parts.append(Text(hit.match, style=MATCH_STYLES[hit.match]))
    return Text(" ").join([*parts, Text(f"{hit.score:.2f}", style="dim" if parts else "")])


def stock_text(stock: int | None) -> Text:
    """How many there are; nothing where the shop does not say."""
    return Text("" if stock is None else "sold out" if stock <= 0 else str(stock), style="dim" if not stock else "")


def part_text(part: str) -> str:
    """The part that came nearest, as `--crop PRODUCT/PART` takes it.

    >>> part_text("99b8ab604a1f0c77.1"), part_text("text")
    ('99b8ab60.1', 'text')
    """
    picture, dot, piece = part.partition(".")
    return f"{picture[:PART_DIGITS]}{dot}{piece}"


def facet_lines(facets: Facets) -> list[str]:
    """Counts of the products that fit, a line for each facet of which there are several values."""
    prices = {f"{one.low}–{one.high} {one.currency or ''}".strip(): one.products for one in facets.prices}
    rows: dict[str, Mapping[str, int]] = {"types": facets.types, "colours": facets.colors, "prices": prices}
    return [f"{name}  {_counts(values)}" for name, values in rows.items() if len(values) > 1]


def sentence(words: str) -> str:
    """A message as a sentence of its own."""
    return f"{words[:1].upper()}{words[1:]}." if words else words


def _counts(values: Mapping[str, int]) -> str:
    shown = [f"{plain(name)} {count}" for name, count in list(values.items())[:SHOWN_VALUES]]
    more = len(values) - SHOWN_VALUES
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _title(hit: ProductHit) -> Text:
    picture = hit.crop_file or hit.picture_url or ("by its words" if hit.part == "text" else None)
    title = Text(plain(hit.title), overflow="fold")
    return title.append(f"\n{plain(picture)}", style="dim") if picture else title
