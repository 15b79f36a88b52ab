"""`reelwear catalog rematch`, whether the stack runs or not: in rounds, with what is done shown between them."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text
from sqlalchemy import select

from functions.catalog.rematch import rematch_runs
from functions.catalog.rematched import RematchReport
from functions.cli.client import HostClient
from functions.cli.references import UPLOADS, content_id, video_of
from functions.cli.tables import plain, result_console
from functions.services import Services, open_services
from infra.errors import ErrorCode, ReelwearError
from infra.records.tables import Upload
from infra.settings import Settings

ROUND_VIDEOS = 25
LINE_EVERY_S = 10.0

Round = Callable[[str], RematchReport]
Show = Callable[[RematchReport], None]


def rematch_anywhere(settings: Settings, video: str | None, is_forced: bool, show: Show) -> RematchReport:
    """Have the host process do it, which owns the vectors while it runs; where none runs, open the stores here.

    Raises NOT_FOUND for a video that is not known, STORE_DOWN where a store is away.
    """
    with HostClient.from_settings(settings) as client:
        try:
            client.health()
        except ReelwearError as error:
            if error.code is not ErrorCode.NOT_RUNNING:
                raise
        else:
            video_id = None if video is None else video_of(client, video)
            return in_rounds(lambda after: client.rematch_catalog(video_id, is_forced, after), show)
    services = open_services(settings, spare_decoders=0)
    try:
        video_id = None if video is None else stored_video(services, video)
        return in_rounds(lambda after: rematch_runs(services, video_id, is_forced, after, ROUND_VIDEOS), show)
    finally:
        services.close()


def in_rounds(ask: Round, show: Show) -> RematchReport:
    """All rounds as one report; `show` is told of all so far after each."""
    whole = ask("")
    show(whole)
    while whole.next is not None:
        whole += ask(whole.next)
        show(whole)
    return whole


def stored_video(services: Services, reference: str) -> str:
    """The video that an id, a unique start of one, a key or a local file names; raises NOT_FOUND, or BAD_REQUEST where
    two ids start so.
    """
    path = Path(reference).expanduser()
    start = content_id(path) if path.is_file() else reference
    names = Upload.video_id.startswith(start, autoescape=True) | Upload.key.in_((reference, UPLOADS + reference))
    wanted = select(Upload.video_id).where(Upload.state == "bound", names).distinct().limit(2)
    with services.records.transaction() as session:
        found = [video_id for video_id in session.scalars(wanted) if video_id]
    if len(found) > 1:
        raise ReelwearError(ErrorCode.BAD_REQUEST, f"several videos start with {reference}; give more digits")
    if not found:
        message = f"{reference} is no video's id, no key of the bucket and no dropped file; `reelwear list` shows them"
        raise ReelwearError(ErrorCode.NOT_FOUND, message)
    return found[0]


@contextmanager
def rematch_bar(console: Console, is_quiet: bool, clock: Callable[[], float] = time.monotonic) -> Iterator[Show]:
    """What to call with the report so far: a bar where people look, a line now and then in a log, else nothing."""
    began_s = clock()
    if is_quiet:
        yield lambda _: None
    elif not console.is_terminal:
        yield _at_times(console, clock)
    else:
        columns = (TextColumn("[bold]matching"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"))
        with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bars:
            task = bars.add_task("", total=None, rate="")

            def show(report: RematchReport) -> None:
                done = report.videos + len(report.failed)
                rate = f"{done / max(clock() - began_s, 1e-3):.1f} videos/s"
                bars.update(task, completed=done, total=done + report.left, rate=rate)

            yield show


def _at_times(console: Console, clock: Callable[[], float]) -> Show:
    began_s = said_s = clock()

    def show(report: RematchReport) -> None:
        nonlocal said_s
        now_s = clock()
        if now_s - said_s < LINE_EVERY_S:
            return
        said_s = now_s
        done = report.videos + len(report.failed)
        left_s = report.left * (now_s - began_s) / max(done, 1)
        rate = done / max(now_s - began_s, 1e-3)
        line = f"{done} of {done + report.left} videos, {rate:.1f}/s, {left_s:.0f} s left"
        console.print(line, markup=False, highlight=False)

    return show


def print_rematched(report: RematchReport, is_json: bool) -> None:
    """What was done, and what could not be."""
    if is_json:
        typer.echo(report.model_dump_json(exclude={"left", "next"}))
        return
    console = result_console()
    if report.catalog is not None:
        console.print(Text(_summary(report)), soft_wrap=True)
    for video in report.failed:
        line = Text.assemble((f"{video.video_id}: {video.code} ", "bold red"), plain(video.message))
        console.print(line, soft_wrap=True)
    if report.warning:
        console.print(Text(report.warning, style="yellow"), soft_wrap=True)


def _summary(report: RematchReport) -> str:
    already = f"; {_videos(report.current)} had been before" if report.current else ""
    if not report.videos:
        return f"nothing to match{already}"
    garments = ", ".join(f"{count} {kind}" for kind, count in report.garments.items())
    said = f"matched {_videos(report.videos)}"
    said += f" ({garments})" if garments else ""
    return f"{said}; {report.changed} published anew{already}"


def _videos(number: int) -> str:
    return "1 video" if number == 1 else f"{number} videos"
