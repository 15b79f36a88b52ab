"""A crop as one watches it."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from rich.console import Console

from catalog_jobs.catalog.cropping.report import Progress
from catalog_jobs.catalog.job_bar import job_bar


def crop_bar(
    console: Console, is_quiet: bool, clock: Callable[[], float] = time.monotonic
) -> AbstractContextManager[Callable[[Progress], None]]:
    """What to call with the progress of a crop, shown while the block runs."""
    return job_bar(console, "cutting", rate_text, line_text, is_quiet, clock)


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
