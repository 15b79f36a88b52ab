"""A fetch as one watches it: a bar where people look, a line now and then in a log, nothing for machines."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from catalog_jobs.catalog.fetching.report import Progress

LINE_EVERY_S = 10.0
BAR_EVERY_S = 0.1


@contextmanager
def fetch_bar(
    console: Console, is_quiet: bool, clock: Callable[[], float] = time.monotonic
) -> Iterator[Callable[[Progress], None]]:
    """What to call with the progress of a fetch, shown while the block runs."""
    if is_quiet:
        yield lambda _: None
        return
    if not console.is_terminal:
        yield at_times(lambda words: console.print(words, markup=False, highlight=False), clock)
        return
    columns = (
        TextColumn("[bold]fetching"),
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
            if now_s - shown_s < BAR_EVERY_S:
                return
            shown_s = now_s
            failed = f"{progress.failed} failed" if progress.failed else ""
            rate = rate_text(progress, now_s - began_s)
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

    >>> line_text(Progress(done=50, total=200, failed=1, came=40, bytes=4_000_000), 10.0)
    '50 of 200 pictures, 5.0/s, 400.0 kB/s, 1 failed, 30 s left'
    """
    of = f" of {progress.total}" if progress.total is not None else ""
    failed = f", {progress.failed} failed" if progress.failed else ""
    left = ""
    if progress.total is not None and progress.done:
        left = f", {(progress.total - progress.done) * seconds / progress.done:.0f} s left"
    return f"{progress.done}{of} pictures, {rate_text(progress, seconds)}{failed}{left}"


def rate_text(progress: Progress, seconds: float) -> str:
    """Pictures and bytes a second."""
    if seconds <= 0:
        return ""
    return f"{progress.done / seconds:.1f}/s, {decimal(int(progress.bytes / seconds))}/s"
