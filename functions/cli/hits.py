"""What a search found, as people read it in a terminal."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from functions.cli.client import Fields
from functions.cli.tables import plain, result_console, spans
from functions.document import ColorEntry
from functions.search.answers import MatchedProduct, RebuiltVectors, SearchAnswer, SearchHit
from functions.tagging.attribute_words import words_of
from infra.errors import ErrorCode, ReelwearError

MATCH_STYLES = {"exact": "green", "similar": "yellow", "none": "dim"}


def wanted(**fields: str | float | Sequence[str] | None) -> dict[str, str | list[str]]:
    """The fields of a query that were given, as they go over the wire; a flag goes only where it is set."""
    given = {name: value for name, value in fields.items() if value is not None and value is not False}
    return {name: str(one) if isinstance(one, str | float | int) else list(one) for name, one in given.items()}


def read_picture(path: Path) -> bytes:
    """The bytes of a local picture; raises NOT_FOUND."""
    try:
        return path.expanduser().read_bytes()
    except OSError as fault:
        message = f"{path} cannot be read ({fault.strerror}); give --image the path of a JPEG or PNG"
        raise ReelwearError(ErrorCode.NOT_FOUND, message) from fault


def print_found(found: SearchAnswer, fields: Fields, videos: int | None, is_json: bool) -> None:
    """The garments of a search for some fields. videos: how many there are, where nothing was found."""
    if is_json:
        typer.echo(found.model_dump_json())
        return
    console = result_console()
    console.print(
        found_view(found) if found.hits else nothing_line(found, fields, videos or 0), soft_wrap=not found.hits
    )
    if found.warning:
        console.print(Text(found.warning, style="yellow"), soft_wrap=True)


def found_view(found: SearchAnswer) -> RenderableType:
    """One line for each garment; with a column of products where any was matched to one."""
    has_products = any(hit.product for hit in found.hits)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("colour", "type", "details", "fits", *(["product"] if has_products else []), "worn", "video", "item"):
        table.add_column(name, no_wrap=name in ("fits", "item"))
    for hit in found.hits:
        table.add_row(
            _color(hit.color),
            Text(hit.type, style="bold"),
            Text(plain(words_of((name, entry.value) for name, entry in hit.attributes.items()))),
            _fit(hit),
            *([product_line(hit.product)] if has_products else []),
            spans(hit.segments),
            Text(plain(hit.key), overflow="ellipsis", no_wrap=True),
            Text(f"{hit.video_id}/{hit.item_id}", style="dim"),
        )
    if not found.left_out:
        return table
    return Group(table, Text(f"{found.left_out} more fit too little; --all shows them", style="dim"))


def product_line(product: MatchedProduct | None) -> Text:
    """What a garment was matched to, and how surely."""
    if product is None:
        return Text("–", style="dim")
    price = f" {price_text(product.price, product.currency)}" if product.price is not None else ""
    return Text.assemble(plain(product.product_id), (f" {product.match_type}", MATCH_STYLES[product.match_type]), price)


def price_text(price: Decimal | None, currency: str | None) -> str:
    """A price as it is read: `EUR 17.00`."""
    return "" if price is None else f"{currency or ''} {price}".strip()


def nothing_line(found: SearchAnswer, fields: Fields, videos: int) -> Text:
    """What is said where nothing was found among so many videos."""
    if not videos:
        return Text("No videos yet; `reelwear drop FILE` brings one.", style="dim")
    place = "the one video" if videos == 1 else f"the {videos} videos"
    what = f"fits “{plain(str(fields['text']))}”" if "text" in fields else "looks like it"
    kept = " ".join(str(fields[name]) for name in ("color", "type") if name in fields)
    line = f"Nothing worn in {place} {what}" + (f" ({kept} only)" if kept else "")
    hit = found.nearest
    if hit:
        color = f"{hit.color.name} " if hit.color else ""
        line += f"; the nearest was {color}{hit.type} ({_fit(hit)}) in {plain(hit.key)}, --all shows it"
    return Text(f"{line}.", style="dim")


def print_rebuilt(rebuilt: RebuiltVectors, is_json: bool) -> None:
    """How many vectors of each embedder were stored."""
    if is_json:
        typer.echo(rebuilt.model_dump_json())
        return
    console = result_console()
    for row in rebuilt.collections:
        products = f", {row.products} vectors of products" if row.products else ""
        words = f"stored {row.items} garments and {row.videos} videos{products} of {row.embedder}"
        console.print(Text(words), soft_wrap=True)
    if not rebuilt.collections:
        console.print("The records have no vectors yet.", style="dim")
    if rebuilt.warning:
        console.print(Text(rebuilt.warning, style="yellow"), soft_wrap=True)


def _color(color: ColorEntry | None) -> Text:
    return Text.assemble(("██ ", color.hex), color.name) if color else Text("–", style="dim")


def _fit(hit: SearchHit) -> Text:
    parts = []
    if hit.confidence is not None:
        parts.append(Text(f"{hit.confidence:.0%}"))
    if hit.match is not None:
        parts.append(Text(hit.match, style=MATCH_STYLES[hit.match]))
    if hit.confidence is None:
        parts.append(Text(f"{hit.score:.2f}", style="dim" if parts else ""))
    return Text(" ").join(parts)
