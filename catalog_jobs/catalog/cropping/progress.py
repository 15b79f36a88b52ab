"""A crop as one watches it: a bar where people look, a line now and then in a log, nothing for machines."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from catalog_jobs.catalog.cropping.report import Progress

LINE_EVERY_S = 10.0


@contextmanager
def crop_bar(
    console: Console, is_quiet: bool, clock: Callable[[], float] = time.monotonic
) -> Iterator[Callable[[Progress], None]]:
    """What to call with the progress of a crop, shown while the block runs."""
    if is_quiet:
        yield lambda _: None
        return
    began_s = clock()
    if not console.is_terminal:
        said_s = began_s

        def say(progress: Progress) -> None:
            nonlocal said_s
            if clock() - said_s >= LINE_EVERY_S:
                said_s = clock()
                console.print(line_text(progress, said_s - began_s), markup=False, highlight=False)

        yield say
        return
    columns = (
        TextColumn("[bold]cutting"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("[red]{task.fields[failed]}"),
    )
    with Bars(*columns, console=console, transient=True) as bars:
        task = bars.add_task("", total=None, rate="", failed="")

        def show(progress: Progress) -> None:
            failed = f"{progress.failed} failed" if progress.failed else ""
            rate = rate_text(progress, clock() - began_s)
            bars.update(task, completed=progress.done, total=progress.total, rate=rate, failed=failed)

        yield show


def line_text(progress: Progress, seconds: float) -> str:
    """How far it is, in one line. What was cut before takes no time, so the time left goes by what is cut now.

    >>> line_text(Progress(done=120, total=200, cut=19, failed=1), 10.0)
    '120 of 200 pictures, 2.0/s, 1 failed, 40 s left'
    """
    of = f" of {progress.total}" if progress.total is not None else ""
    failed = f", {progress.failed} failed" if progress.failed else ""
    worked = progress.cut + progress.failed
    left = ""
    if progress.total is not None and worked:
        left = f", {(progress.total - progress.done) * seconds / worked:.0f} s left"
    return f"{progress.done}{of} pictures, {rate_text(progress, seconds)}{failed}{left}"


def rate_text(progress: Progress, seconds: float) -> str:
    """Pictures cut a second."""
    return f"{(progress.cut + progress.failed) / seconds:.1f}/s" if seconds > 0 else ""
