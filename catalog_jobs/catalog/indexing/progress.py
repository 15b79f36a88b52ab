"""An indexing as one watches it."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from rich.console import Console

from catalog_jobs.catalog.indexing.report import Progress
from catalog_jobs.catalog.job_bar import job_bar


def index_progress(
    console: Console, via: str, is_quiet: bool, clock: Callable[[], float] = time.monotonic
) -> AbstractContextManager[Callable[[Progress], None]]:
    """What to call with the progress of an indexing, shown while the block runs. via: where the embedder runs, which a
    log is told at once.
    """
    if not is_quiet and not console.is_terminal:
        console.print(via, markup=False, highlight=False)
    return job_bar(console, via, rate_text, line_text, is_quiet, clock)


def line_text(progress: Progress, seconds: float) -> str:
    """How far it is, in one line.

    >>> line_text(Progress(done=50, total=200, failed=1), 10.0)
    '50 of 200 embedded, 5.0/s, 1 failed, 30 s left'
    """
    failed = f", {progress.failed:,} failed" if progress.failed else ""
    left = f", {(progress.total - progress.done) * seconds / progress.done:,.0f} s left" if progress.done else ""
    return f"{progress.done:,} of {progress.total:,} embedded, {rate_text(progress, seconds)}{failed}{left}"


def rate_text(progress: Progress, seconds: float) -> str:
    """Parts a second."""
    return f"{progress.done / max(seconds, 1e-3):.1f}/s"
