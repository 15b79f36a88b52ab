"""A job as one watches it: a bar where people look, a line now and then in a log, nothing for machines."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

LINE_EVERY_S: Final = 10.0
BAR_EVERY_S: Final = 0.1


class Counted(Protocol):
    """How far a job is. total: None where nobody counted before."""

    @property
    def done(self) -> int: ...

    @property
    def total(self) -> int | None: ...

    @property
    def failed(self) -> int: ...


Progress = TypeVar("Progress", bound=Counted)
# Words for how far it is after so many seconds.
Words = Callable[[Progress, float], str]


@contextmanager
def job_bar(
    console: Console,
    what: str,
    rate_text: Words[Progress],
    line_text: Words[Progress],
    is_quiet: bool,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Callable[[Progress], None]]:
    """What to call with a job's progress, shown while the block runs: rate_text in the bar, line_text in a log."""
    if is_quiet:
        yield lambda _: None
        return
    if not console.is_terminal:
        yield at_times(lambda words: console.print(words, markup=False, highlight=False), line_text, clock)
        return
    columns = (
        TextColumn(f"[bold]{what}"),
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


def at_times(
    say: Callable[[str], object], line_text: Words[Progress], clock: Callable[[], float] = time.monotonic
) -> Callable[[Progress], None]:
    """Say a line every LINE_EVERY_S seconds."""
    began_s = said_s = clock()

    def show(progress: Progress) -> None:
        nonlocal said_s
        now_s = clock()
        if now_s - said_s >= LINE_EVERY_S:
            said_s = now_s
            say(line_text(progress, now_s - began_s))

    return show
