"""A pull as one watches it."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.progress import Progress as Bars

from serve_app.models.large.pull import OnProgress, Progress


@contextmanager
def pull_bar(name: str, console: Console, is_quiet: bool) -> Iterator[OnProgress]:
    """What to call with the progress of a pull, shown while the block runs; nothing where nobody watches."""
    if is_quiet or not console.is_terminal:
        yield lambda _: None
        return
    columns = (
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        DownloadColumn(binary_units=True),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        TextColumn("[dim]{task.fields[file]}"),
    )
    with Bars(*columns, console=console, transient=True) as bars:
        task = bars.add_task(name, total=None, file="")

        def show(progress: Progress) -> None:
            bars.update(task, completed=progress.done_bytes, total=progress.total_bytes, file=progress.file)

        yield show
