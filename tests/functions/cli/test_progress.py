import io

from rich.console import Console

from functions.api.answers import StageStatus, UploadStatus
from functions.cli.progress import Board, Lines, Silent, byte_counter, watch

STATUS = UploadStatus(
    key="videos/walk.mp4",
    etag="e",
    state="processing",
    stages=(
        StageStatus(name="split", state="done", attempt=1, seconds=1.21),
        StageStatus(name="tag", state="running", attempt=2, seconds=0.5),
        StageStatus(name="publish", state="waiting"),
    ),
)


def screen(is_terminal: bool) -> tuple[Console, io.StringIO]:
    written = io.StringIO()
    return Console(file=written, force_terminal=is_terminal, width=100, color_system=None), written


def test_people_see_bytes_then_stages_on_one_line_a_file() -> None:
    console, written = screen(is_terminal=True)
    with watch(console, is_json=False) as watcher:
        assert isinstance(watcher, Board)
        watcher.sent("walk.mp4", 5_000_000, 2_000_000, 0.5)
        watcher.live.refresh()
        assert "2.0 MB of 5.0 MB  4.0 MB/s" in written.getvalue()
        watcher.moved("walk.mp4", STATUS)
        watcher.live.refresh()
    last = written.getvalue().splitlines()[-2]
    assert "walk.mp4" in last
    assert "✓ split 1.2 s" in last
    assert "tag 0.5 s (attempt 2)" in last
    assert "· publish" in last


def test_logs_get_a_line_once_for_each_thing_that_ended() -> None:
    console, written = screen(is_terminal=False)
    with watch(console, is_json=False) as watcher:
        assert isinstance(watcher, Lines)
        for _ in range(3):
            watcher.moved("walk.mp4", STATUS)
    assert written.getvalue() == "walk.mp4: split done in 1.2 s\n"


def test_machines_get_nothing() -> None:
    console, written = screen(is_terminal=True)
    with watch(console, is_json=True) as watcher:
        assert isinstance(watcher, Silent)
        watcher.sent("walk.mp4", 10, 10, 0.5)
        watcher.moved("walk.mp4", STATUS)
    assert written.getvalue() == ""


def test_bytes_are_added_up_and_never_more_than_there_are() -> None:
    console, written = screen(is_terminal=False)
    times = iter([0.0, 1.0, 2.0])
    count = byte_counter("walk.mp4", 1500, Lines(console), lambda: next(times))
    count(1000)
    assert written.getvalue() == ""
    count(1000)
    assert written.getvalue() == "walk.mp4: uploaded 1.5 kB in 2.0 s\n"
