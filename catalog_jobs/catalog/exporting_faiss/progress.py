"""An export as one watches it: a bar with rate and time left where people look, nothing for machines."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@contextmanager
def export_bar(console: Console, is_quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """What to call with how many vectors are in, and of how many, while the block runs."""
    if is_quiet or not console.is_terminal:
        yield lambda _done, _total: None
        return
    columns = (
        TextColumn("[bold]exporting"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bars:
        task = bars.add_task("", total=None, rate="")

        def show(done: int, total: int) -> None:
            speed = bars.tasks[task].speed
            bars.update(task, completed=done, total=total, rate=f"{speed:,.0f} vectors/s" if speed else "")

        yield show
