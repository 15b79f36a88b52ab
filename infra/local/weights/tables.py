"""The models as people read them in a terminal."""

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from infra.local.weights.shelf import FileState, ModelList
from infra.local.words import bytes_text

SHOWN_DIGITS = 12


def models_view(shelf: ModelList) -> RenderableType:
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
