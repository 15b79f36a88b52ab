"""A run as one watches it: the step and how far it is where people look, a line a step in a log, else nothing."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from catalog_jobs.catalog.plotting.drawing import OnStep

LINE_EVERY_S = 10.0


@contextmanager
def plot_progress(console: Console, is_quiet: bool, clock: Callable[[], float] = time.monotonic) -> Iterator[OnStep]:
    """What to call with each step, and with how much of it is done, shown while the block runs."""
    if is_quiet:
        yield lambda _what, _done, _total: None
    elif not console.is_terminal:
        yield at_times(lambda words: console.print(words, markup=False, highlight=False), clock)
    else:
        columns = (
            SpinnerColumn(), TextColumn("[bold]{task.description}"), BarColumn(), MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"), TimeRemainingColumn(),
        )  # fmt: skip
        with Progress(*columns, console=console, transient=True) as bars:
            task = bars.add_task("reading", total=None, rate="")
            began_s, current = clock(), ""

            def show(what: str, done: int, total: int | None) -> None:
                nonlocal began_s, current
                if what != current:
                    began_s, current = clock(), what
                    bars.reset(task, description=what, total=total, rate="")
                rate = f"{done / max(clock() - began_s, 1e-3):,.0f}/s" if done else ""
                bars.update(task, completed=done, total=total, rate=rate)

            yield show


def at_times(say: Callable[[str], object], clock: Callable[[], float] = time.monotonic) -> OnStep:
    """Say each step once, and how far it is every LINE_EVERY_S seconds."""
    began_s = said_s = clock()
    current = ""

    def show(what: str, done: int, total: int | None) -> None:
        nonlocal began_s, said_s, current
        now_s = clock()
        if what != current:
            current, began_s, said_s = what, now_s, now_s
            say(what)
        elif now_s - said_s >= LINE_EVERY_S and total:
            said_s = now_s
            left_s = (total - done) * (now_s - began_s) / max(done, 1)
            say(f"{what}: {done:,} of {total:,}, {done / (now_s - began_s):,.0f}/s, {left_s:.0f} s left")

    return show
