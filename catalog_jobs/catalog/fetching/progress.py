"""A fetch as one watches it."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from rich.console import Console
from rich.filesize import decimal

from catalog_jobs.catalog.fetching.report import Progress
from catalog_jobs.catalog.job_bar import job_bar


def fetch_bar(
    console: Console, is_quiet: bool, clock: Callable[[], float] = time.monotonic
) -> AbstractContextManager[Callable[[Progress], None]]:
    """What to call with the progress of a fetch, shown while the block runs."""
    return job_bar(console, "fetching", rate_text, line_text, is_quiet, clock)


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
