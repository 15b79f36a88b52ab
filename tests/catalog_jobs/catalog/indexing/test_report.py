"""An indexing as it is watched, and as it is told."""

import io

from rich.console import Console

from catalog_jobs.catalog.indexing.parts import Failure, Kind, Part
from catalog_jobs.catalog.indexing.progress import index_progress, line_text
from catalog_jobs.catalog.indexing.report import MAX_TOLD_FAILURES, Progress, Stopped, Tally
from catalog_jobs.catalog.indexing.tables import index_view
from catalog_jobs.catalog.job_bar import LINE_EVERY_S, at_times

COUNTS = {"products": 2, "images": 3, "texts": 2, "duplicates": 1, "without_vectors": 4}


def part(name: str = "p1", kind: Kind = Kind.IMAGE) -> Part:
    return Part("7", name, kind, ("dress",), "hash")


def shown(tally: Tally, stopped: Stopped | None = None, has_texts: bool = True) -> str:
    console = Console(file=io.StringIO(), width=150)
    console.print(index_view(tally.report("eyes@1", "here", has_texts, {} if stopped else COUNTS, stopped)))
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_people_are_told_what_is_missing_and_what_helps() -> None:
    tally = Tally(3)
    tally.products = 6
    tally.came(part())
    tally.failed(part("p2"), Failure("no_crop", "p2.jpg is not there"))
    tally.pictures.update(not_fetched=1000, not_cut=2, unusable=3)
    out = shown(tally, has_texts=False)
    for words in (
        "6 products", "embedded 1 cut-outs and 0 texts", "1 failed", "1 duplicates left out", "no text tower",
        "1,000 pictures were not fetched yet; `reelwear catalog fetch`", "`reelwear catalog crop` cuts them",
        "3 pictures have no garment", "4 products have no vector", "no_crop", "p2.jpg is not there",
    ):  # fmt: skip
        assert words in out
    assert "interrupted" in shown(tally, Stopped(code="interrupted", message="go on"))


def test_an_empty_catalogue_says_where_products_come_from() -> None:
    assert "`reelwear catalog import FILE`" in shown(Tally(0))


def test_a_catalogue_whose_pictures_all_fail_is_counted_whole_and_told_in_part() -> None:
    tally = Tally(0)
    for number in range(MAX_TOLD_FAILURES + 5):
        tally.failed(part(str(number)), Failure("damaged", "\x1b[31mred"))
    report = tally.report("eyes@1", "here", True, {}, None)
    assert (report.failed, len(report.failures)) == (MAX_TOLD_FAILURES + 5, MAX_TOLD_FAILURES)
    assert "\x1b" not in shown(tally).replace("\x1b[0m", "")


def test_a_log_has_a_line_now_and_then_and_machines_none() -> None:
    now_s, said = [0.0], list[str]()
    show = at_times(said.append, line_text, lambda: now_s[0])
    for now_s[0] in (1.0, LINE_EVERY_S, LINE_EVERY_S + 1, 2 * LINE_EVERY_S):
        show(Progress(done=int(now_s[0] * 5), total=200, failed=0))
    assert said == ["50 of 200 embedded, 5.0/s, 30 s left", "100 of 200 embedded, 5.0/s, 20 s left"]
    assert line_text(Progress(0, 10, 0), 0.0) == "0 of 10 embedded, 0.0/s"
    console = Console(file=io.StringIO())
    with index_progress(console, "embedding here", is_quiet=True) as quiet:
        quiet(Progress(1, 2, 0))
    assert console.file.getvalue() == ""  # type: ignore[attr-defined]
