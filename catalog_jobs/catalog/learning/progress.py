"""Prompts and training as one watches them: a bar where people look, a line now and then in a log, else nothing."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from catalog_jobs.catalog.learning.pace import Step

LINE_EVERY_S = 10.0
Clock = Callable[[], float]


@contextmanager
def counted(
    console: Console, what: str, total: int | None, is_quiet: bool, clock: Clock = time.monotonic
) -> Iterator[Callable[[int], None]]:
    """What to call with how many are done, shown while the block runs."""
    if is_quiet:
        yield lambda _: None
        return
    began_s = clock()
    if not console.is_terminal:
        say = at_times(lambda words: console.print(words, markup=False, highlight=False), clock)
        yield lambda done: say(count_text(what, done, total, clock() - began_s))
        return
    columns = (TextColumn(f"[bold]{what}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"))
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bars:
        task = bars.add_task("", total=total, rate="")
        yield lambda done: bars.update(task, completed=done, rate=f"{done / max(clock() - began_s, 1e-3):,.0f}/s")


@contextmanager
def trained(console: Console, is_quiet: bool, clock: Clock = time.monotonic) -> Iterator[Callable[[Step], None]]:
    """What to call with each step of a training, shown while the block runs."""
    if is_quiet:
        yield lambda _: None
        return
    if not console.is_terminal:
        say = at_times(lambda words: console.print(words, markup=False, highlight=False), clock)
        yield lambda step: say(step_text(step))
        return
    columns = (TextColumn("[bold]{task.fields[what]}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TextColumn("{task.fields[told]}"), console=console, transient=True) as bars:
        task: TaskID = bars.add_task("", total=None, what="reading", told="")
        yield lambda step: bars.update(
            task, completed=step.done, total=step.batches, what=what_text(step), told=rate_text(step)
        )


def at_times(say: Callable[[str], object], clock: Clock) -> Callable[[str], None]:
    """Say a line every LINE_EVERY_S seconds."""
    said_s = clock()

    def show(words: str) -> None:
        nonlocal said_s
        if clock() - said_s >= LINE_EVERY_S:
            said_s = clock()
            say(words)

    return show


def count_text(what: str, done: int, total: int | None, seconds: float) -> str:
    """How far it is, in one line.

    >>> count_text("pictures", 50, 200, 10.0)
    '50 of 200 pictures, 5/s, 30 s left'
    """
    rate = done / max(seconds, 1e-3)
    of = f" of {total:,}" if total is not None else ""
    left = f", {(total - done) / rate:.0f} s left" if total is not None and done else ""
    return f"{done:,}{of} {what}, {rate:,.0f}/s{left}"


def step_text(step: Step) -> str:
    """How far a training is, in one line.

    >>> step_text(Step(epoch=2, epochs=10, done=5, batches=20, loss=1.25, rate=40.0, left_s=90.0))
    'epoch 2 of 10, 5 of 20, loss 1.250, 40.0 pictures/s, 90 s left'
    """
    return f"{what_text(step)}, {step.done} of {step.batches}, {rate_text(step)}"


def what_text(step: Step) -> str:
    """What is being done."""
    return f"epoch {step.epoch} of {step.epochs}" if step.epoch else "reading"


def rate_text(step: Step) -> str:
    """Loss, rate and time left."""
    loss = f"loss {step.loss:.3f}, " if step.epoch else ""
    return f"{loss}{step.rate:.1f} pictures/s, {step.left_s:.0f} s left"
