"""A fetch as it is told: the tables, the lines of a log, the bar."""

import io

import pytest
from rich.console import Console

from catalog_jobs.catalog.fetching.faults import PictureFault, Reason
from catalog_jobs.catalog.fetching.progress import fetch_bar, line_text
from catalog_jobs.catalog.fetching.report import FetchReport, Outcome, Progress, Stopped, Tally
from catalog_jobs.catalog.fetching.tables import SHOWN_ROWS, report_view
from catalog_jobs.catalog.job_bar import at_times
from catalog_jobs.catalog.pictures import Picture


def told(failures: int = 2, stopped: Stopped | None = None) -> FetchReport:
    tally = Tally(total=None)
    tally.came(Picture("1", 0, "https://a.example/1.jpg"), Outcome.FETCHED, 2_000_000, ("a CMYK JPEG",))
    tally.came(Picture("1", 1, "https://a.example/2.jpg"), Outcome.KEPT)
    for one in reversed(range(failures)):
        fault = PictureFault(Reason.NOT_FOUND if one else Reason.GONE, f"a.example answers {404 if one else 410}")
        fault.attempts = 1
        tally.failed(Picture("2", one, f"https://a.example/\x1b[31m{one}.jpg"), fault)
    return tally.report("/pictures", stopped)


def shown(report: FetchReport) -> str:
    out = io.StringIO()
    Console(file=out, width=150).print(report_view(report))
    return out.getvalue()


def test_the_document_counts_and_sorts() -> None:
    report = told(3)
    assert (report.pictures, report.fetched, report.kept, report.failed, report.bytes) == (5, 1, 1, 3, 2_000_000)
    assert report.reasons == {"not_found": 2, "gone": 1}
    assert [one.number for one in report.failures] == [0, 1, 2]
    assert FetchReport.model_validate_json(report.model_dump_json()) == report


def test_people_see_counts_reasons_failures_and_notes_without_escapes() -> None:
    words = shown(told())
    assert "5 pictures" not in words and "4 pictures  1 fetched  1 kept  2 failed" in words
    assert all(one in words for one in ("2.0 MB", "not_found", "gone", "a.example answers 410", "a CMYK JPEG"))
    assert "\x1b" not in words and "·[31m0.jpg" in words


def test_a_long_list_of_failures_is_cut_and_says_so() -> None:
    assert f"and {50 - SHOWN_ROWS} more; --json lists all" in shown(told(50))


def test_a_run_that_was_stopped_says_why() -> None:
    assert "disk_full no room" in shown(told(stopped=Stopped(code="disk_full", message="no room")))


def test_a_log_gets_a_line_every_ten_seconds() -> None:
    now, said = [0.0], list[str]()
    show = at_times(said.append, line_text, lambda: now[0])
    for second in range(25):
        now[0] = second
        show(Progress(done=10 * second, total=500, failed=0, came=0, bytes=0))
    assert said == [
        "100 of 500 pictures, 10.0/s, 0 bytes/s, 40 s left",
        "200 of 500 pictures, 10.0/s, 0 bytes/s, 30 s left",
    ]


def test_where_nobody_knows_the_total_no_time_left_is_told() -> None:
    progress = Progress(done=50, total=None, failed=2, came=40, bytes=1_000_000)
    assert line_text(progress, 10.0) == "50 pictures, 5.0/s, 100.0 kB/s, 2 failed"


@pytest.mark.parametrize("is_quiet, says", [(False, True), (True, False)])
def test_the_bar_is_on_a_terminal_and_nothing_for_machines(is_quiet: bool, says: bool) -> None:
    out, now = io.StringIO(), [0.0]
    with fetch_bar(Console(file=out, force_terminal=True, width=120), is_quiet, lambda: now[0]) as show:
        now[0] = 2.0
        show(Progress(done=50, total=200, failed=1, came=40, bytes=4_000_000))
    words = out.getvalue()
    assert ("50/200" in words and "25.0/s, 2.0 MB/s" in words and "1 failed" in words) is says
    assert bool(words) is says
