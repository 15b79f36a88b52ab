"""An indexing as one watches it: a bar where people look, a line now and then in a log, nothing for machines."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from catalog_jobs.catalog.indexing.report import Progress

LINE_EVERY_S: Final = 10.0
BAR_EVERY_S: Final = 0.1


@contextmanager
def index_progress(
    console: Console, via: str, is_quiet: bool, clock: Callable[[], float] = time.monotonic
) -> Iterator[Callable[[Progress], None]]:
    """What to call with the progress of an indexing, shown while the block runs. via: where the embedder runs."""
    if is_quiet:
        yield lambda _: None
        return
    if not console.is_terminal:
        console.print(via, markup=False, highlight=False)
        yield at_times(lambda words: console.print(words, markup=False, highlight=False), clock)
        return
    columns = (
        TextColumn(f"[bold]{via}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("[red]{task.fields[failed]}"),
    )
    with Bars(*columns, console=console, transient=True) as bars:
        task = bars.add_task("", total=None, rate="", failed="")
        began_s = shown_s = clock()

        def show(progress: Progress) -> None:
            nonlocal shown_s
            now_s = clock()
            if now_s - shown_s >= BAR_EVERY_S:
                shown_s = now_s
                failed = f"{progress.failed} failed" if progress.failed else ""
                rate = f"{progress.done / max(now_s - began_s, 1e-3):.1f}/s"
                bars.update(task, completed=progress.done, total=progress.total, rate=rate, failed=failed)

        yield show


def at_times(say: Callable[[str], object], clock: Callable[[], float] = time.monotonic) -> Callable[[Progress], None]:
    """Say a line every LINE_EVERY_S seconds."""
    began_s = said_s = clock()

    def show(progress: Progress) -> None:
        nonlocal said_s
        now_s = clock()
        if now_s - said_s >= LINE_EVERY_S:
            said_s = now_s
            say(line_text(progress, now_s - began_s))

    return show


def line_text(progress: Progress, seconds: float) -> str:
    """How far it is, in one line.

    >>> line_text(Progress(done=50, total=200, failed=1), 10.0)
    '50 of 200 embedded, 5.0/s, 1 failed, 30 s left'
    """
    failed = f", {progress.failed:,} failed" if progress.failed else ""
    left = f", {(progress.total - progress.done) * seconds / progress.done:,.0f} s left" if progress.done else ""
    return f"{progress.done:,} of {progress.total:,} embedded, {progress.done / max(seconds, 1e-3):.1f}/s{failed}{left}"
