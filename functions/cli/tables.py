"""Results as people read them in a terminal."""

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from functions.api.answers import DeadLetterList
from functions.document import Alternative, DocumentError, DocumentList, ProductRow, ResultDocument, Span, is_tagged
from functions.tagging.attribute_words import words_of

MATCH_STYLES = {"exact": "green", "similar": "yellow", "none": "dim"}
STATE_STYLES = {"ready": "green", "partial": "yellow", "failed": "red", "processing": "cyan"}
PLAIN_WIDTH = 120


def result_console() -> Console:
    """Where results go: stdout, wide enough for a table where it is a file or a pipe."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=PLAIN_WIDTH)


def document_view(document: ResultDocument) -> RenderableType:
    """The garments and vibes of one video."""
    parts: list[RenderableType] = [_headline(document)]
    if document.caption:
        parts.append(Text(plain(document.caption), style="italic"))
    if document.error:
        parts.append(error_line(document.error))
    if document.vibes:
        parts.append(_vibe_line(document))
    if document.products:
        parts.append(_product_table(document))
    elif is_tagged(document):
        parts.append(Text(f"No garments found in {_count(len(document.keyframes), 'keyframe')}.", style="dim"))
    return Group(*parts)


def error_line(error: DocumentError) -> Text:
    """Stage, code and message of what went wrong."""
    return Text.assemble((f"{error.stage}: {error.code} ", "bold red"), plain(error.message))


def document_table(documents: DocumentList) -> RenderableType:
    """One line for each video."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("video", "state", "length", "garments", "vibes", "key"):
        table.add_column(name, justify="right" if name in ("length", "garments") else "left")
    for document in documents.videos:
        table.add_row(
            document.video_id,
            Text(document.state, style=STATE_STYLES[document.state]),
            f"{document.duration_s:.1f} s" if document.duration_s is not None else "",
            str(len(document.products)),
            Text(plain(", ".join(vibe.name for vibe in document.vibes))),
            Text(plain(document.source.key), overflow="ellipsis", no_wrap=True),
        )
    shown = len(documents.videos)
    more = Text(f"{shown} of {documents.total}; --limit shows more", style="dim") if shown < documents.total else None
    return Group(table, more) if more else table


def dead_letter_table(letters: DeadLetterList) -> RenderableType:
    """One line for each message given up."""
    if not letters.dead_letters:
        return Text("No dead letters.", style="dim")
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("id", "queue", "buried", "attempts", "reason"):
        table.add_column(name, justify="right" if name == "attempts" else "left")
    for letter in letters.dead_letters:
        buried = f"{letter.buried.astimezone():%Y-%m-%d %H:%M:%S}"
        table.add_row(Text(letter.id), Text(letter.queue), buried, str(letter.attempts), Text(plain(letter.reason)))
    return table


def plain(text: str) -> str:
    """Text of strangers without control characters, so that no caption moves the cursor of a terminal."""
    return "".join(character if character.isprintable() else " " for character in text)


def price_of(product: Alternative) -> str:
    """A price with its currency, as `INR 1299.00`; empty where the shop says none."""
    return "" if product.price is None else f"{product.currency or ''} {product.price}".strip()


def spans(segments: tuple[Span, ...]) -> str:
    """Segments as `0.0–2.6, 5.7–7.7 s`."""
    return ", ".join(f"{segment.start_s:.1f}–{segment.end_s:.1f}" for segment in segments) + " s" if segments else ""


def _headline(document: ResultDocument) -> Text:
    line = Text.assemble((document.video_id, "bold"), "  ", (document.state, STATE_STYLES[document.state]), "  ")
    facts = [Text(plain(document.source.key))]
    if document.duration_s is not None:
        facts.append(Text(f"{document.duration_s:.1f} s"))
    if document.width and document.height:
        facts.append(Text(f"{document.width}×{document.height}"))
    facts.append(Text(_count(len(document.keyframes), "keyframe")))
    line.append_text(Text(" · ", style="dim").join(facts))
    return line


def _vibe_line(document: ResultDocument) -> Text:
    line = Text("vibes  ", style="dim")
    for index, vibe in enumerate(document.vibes):
        line.append(" · " if index else "", "dim")
        line.append(plain(vibe.name), "bold magenta")
        line.append(f" {vibe.confidence:.0%}", "default")
        if vibe.evidence:
            line.append(plain(f" ({', '.join(vibe.evidence)})"), "dim")
    return line


def _product_table(document: ResultDocument) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("type", "colour", "details", "worn", "confidence", "match"):
        table.add_column(name, justify="right" if name == "confidence" else "left")
    for product in document.products:
        table.add_row(
            Text(product.type, style="bold"),
            _color(product),
            _details(product),
            spans(product.segments),
            f"{product.confidence:.2f}",
            _match(product),
        )
    return table


def _color(product: ProductRow) -> Text:
    if product.color is None:
        return Text("–", style="dim")
    return Text.assemble(("██ ", product.color.hex), product.color.name, (f" {product.color.hex}", "dim"))


def _details(product: ProductRow) -> Text:
    said = words_of((name, entry.value) for name, entry in product.attributes.items())
    return Text(plain(said)) if said else Text("–", style="dim")


def _match(product: ProductRow) -> Text:
    """The matched product, or what came nearest without being one."""
    nearest = product.alternatives[0] if product.alternatives else None
    if nearest is None and product.matched_product_id is None:
        return Text("–", style="dim")
    score = product.match_score if nearest is None else nearest.score
    name = plain(nearest.title if nearest and nearest.title else product.matched_product_id or "")
    price = f"  {price_of(nearest)}" if nearest and nearest.price is not None else ""
    is_match = product.matched_product_id is not None
    style = MATCH_STYLES[product.match_type]
    told = "" if score is None else f" {score:.2f}"
    return Text.assemble(
        (product.match_type, style),
        (f"{told}  ", style),
        (name, "bold" if is_match else "dim"),
        (price, "" if is_match else "dim"),
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
