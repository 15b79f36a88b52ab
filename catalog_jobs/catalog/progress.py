"""An import as one watches it: rows and their rate where people look, a line now and then in a log, else nothing."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from catalog_jobs.catalog.importing import OnProgress

LINE_EVERY_S = 10.0


@contextmanager
def import_progress(
    console: Console, is_quiet: bool, clock: Callable[[], float] = time.monotonic
) -> Iterator[OnProgress]:
    """What to call with what is read and how many rows of it, shown while the block runs."""
    began_s = clock()
    if is_quiet:
        yield lambda _what, _rows: None
    elif not console.is_terminal:
        yield _at_times(lambda words: console.print(words, markup=False, highlight=False), clock)
    else:
        columns = (SpinnerColumn(), TextColumn("[bold]{task.description}"), TextColumn("{task.fields[rate]}"))
        with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bars:
            task = bars.add_task("reading", total=None, rate="")
            yield lambda what, rows: bars.update(
                task, description=f"{rows:,} {what}", rate=f"{rows / max(clock() - began_s, 1e-3):,.0f}/s"
            )


def _at_times(say: Callable[[str], object], clock: Callable[[], float]) -> OnProgress:
    said_s = clock()

    def show(what: str, rows: int) -> None:
        nonlocal said_s
        if clock() - said_s >= LINE_EVERY_S:
            said_s = clock()
            say(f"{rows:,} {what}")

    return show
