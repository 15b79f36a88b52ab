"""The models as people read them in a terminal."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from infra.local.weights.large import SHOWN_DIGITS, PulledModel
from infra.local.weights.shelf import FileState, ListedLarge, ModelList
from infra.local.words import bytes_text

STATE_STYLES = {"pulled": "green", "by hand": "green", "incomplete": "bold red", "not here": "dim"}


def models_view(shelf: ModelList) -> RenderableType:
    """A line a model that ships, a line a file of them, then a line a large model."""
    shipped = shipped_view(shelf)
    return Group(shipped, large_view(shelf.large)) if shelf.large else shipped


def shipped_view(shelf: ModelList) -> RenderableType:
    """A line a model, then a line a file."""
    models = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("model", "version", "family", "roles", "licence", "vector", "size", "in use"):
        models.add_column(name, justify="right" if name in ("vector", "size") else "left", no_wrap=name != "roles")
    files = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("file", "size", "sha256", "state"):
        files.add_column(name, justify="right" if name == "size" else "left", no_wrap=True)
    for row in shelf.models:
        models.add_row(
            Text(row.name, style="bold"),
            Text(row.version) if row.version else Text("unknown", style="yellow"),
            row.family,
            ", ".join(row.roles),
            row.licence,
            "" if row.dimension is None else str(row.dimension),
            bytes_text(row.size_bytes),
            Text("yes", style="green") if row.is_used else Text("no", style="dim"),
        )
        for file in row.files:
            style = "green" if file.state is FileState.OK else "bold red"
            digest = Text((file.sha256 or "")[:SHOWN_DIGITS], style="dim")
            files.add_row(file.name, bytes_text(file.size_bytes), digest, Text(file.state, style=style))
    return Group(models, files)


def large_view(models: Sequence[ListedLarge]) -> RenderableType:
    """A line a model, then what to know of some of them."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("large model", "role", "licence", "vector", "memory", "files", "size", "in use"):
        table.add_column(name, justify="right" if name in ("vector", "memory", "size") else "left", no_wrap=True)
    for row in models:
        table.add_row(
            Text(row.name, style="bold"),
            row.role,
            Text(row.licence, style="yellow" if row.caution else ""),
            "" if row.dimension is None else str(row.dimension),
            bytes_text(row.memory_bytes),
            Text(row.state, style=STATE_STYLES[row.state]),
            bytes_text(row.size_bytes or None),
            Text("yes", style="green") if row.is_used else Text("no", style="dim"),
        )
    notes = [Text(f"{row.name}: {row.caution}", style="yellow") for row in models if row.caution]
    return Group(table, *notes, Text("`reelwear models pull NAME` fetches one", style="dim"))


def pulled_view(done: PulledModel) -> RenderableType:
    """What lies here now, and what to know of it."""
    came = f"{bytes_text(done.fetched_bytes)} fetched" if done.fetched_bytes else "nothing to fetch"
    size = f"{len(done.files)} files, {bytes_text(done.size_bytes)}, {came}"
    source = f"{done.repository} at {done.commit[:SHOWN_DIGITS]}, {done.licence}"
    lines = [Text.assemble((done.name, "bold"), f"  {size}"), Text(source, style="dim"), Text(done.folder, style="dim")]
    return Group(*lines, *([Text(done.caution, style="yellow")] if done.caution else []))
