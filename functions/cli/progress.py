"""How far each drop is: one live line a file for people, plain lines for logs, nothing for machines."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from rich.console import Console, Group
from rich.filesize import decimal
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from functions.api.answers import StageStatus, UploadStatus
from functions.cli.tables import plain

_MARKS = {"done": ("✓", "green"), "failed": ("✗", "red"), "waiting": ("·", "dim"), "running": ("…", "cyan")}
_END_STYLES = {"ready": "bold green", "partial": "bold yellow", "failed": "bold red"}


class Watcher(Protocol):
    """Told what happens to each file, by its name."""

    def sent(self, name: str, total_bytes: int, sent_bytes: int, seconds: float) -> None:
        """More of a file is in the bucket."""

    def moved(self, name: str, status: UploadStatus) -> None:
        """The host said how far a file is."""


class Silent:
    """Says nothing; for `--json`."""

    def sent(self, name: str, total_bytes: int, sent_bytes: int, seconds: float) -> None:
        """Nothing."""

    def moved(self, name: str, status: UploadStatus) -> None:
        """Nothing."""


@dataclass
class Lines:
    """One line for each thing that ends; for a terminal that is none."""

    console: Console
    _said: set[str] = field(default_factory=set)

    def sent(self, name: str, total_bytes: int, sent_bytes: int, seconds: float) -> None:
        """Said once, at the end of the upload."""
        if sent_bytes >= total_bytes:
            self._say(f"{name}: uploaded {decimal(total_bytes)} in {seconds:.1f} s")

    def moved(self, name: str, status: UploadStatus) -> None:
        """Said once for each stage that ended, and for the end."""
        for stage in status.stages:
            if stage.state in ("done", "failed"):
                took = f" in {stage.seconds:.1f} s" if stage.seconds is not None else ""
                self._say(f"{name}: {stage.name} {stage.state}{took}{_again(stage)}")
        if status.state in _END_STYLES:
            self._say(f"{name}: {status.state}")

    def _say(self, line: str) -> None:
        if line not in self._said:
            self._said.add(line)
            self.console.print(plain(line), markup=False, highlight=False, soft_wrap=True)


@dataclass
class _Row:
    total_bytes: int
    sent_bytes: int
    seconds: float
    status: UploadStatus | None = None
    spinner: Spinner = field(default_factory=lambda: Spinner("dots", style="cyan"))


@dataclass
class Board:
    """One live line for each file: bytes and rate while it is sent, then its stages with their times."""

    live: Live
    _rows: dict[str, _Row] = field(default_factory=dict)

    def sent(self, name: str, total_bytes: int, sent_bytes: int, seconds: float) -> None:
        """Redraw the file's bar."""
        self._rows[name] = _Row(total_bytes, sent_bytes, seconds)
        self._draw()

    def moved(self, name: str, status: UploadStatus) -> None:
        """Redraw the file's stages."""
        self._rows[name].status = status
        self._draw()

    def _draw(self) -> None:
        grid = Table.grid(padding=(0, 2))
        grid.add_column(no_wrap=True, overflow="ellipsis", max_width=32)
        for name, row in self._rows.items():
            grid.add_row(Text(plain(name)), _cell(row))
        self.live.update(Group(grid))


@contextmanager
def watch(console: Console, is_json: bool) -> Iterator[Watcher]:
    """The watcher that suits where the words go."""
    if is_json:
        yield Silent()
    elif not console.is_terminal:
        yield Lines(console)
    else:
        with Live(console=console, refresh_per_second=12) as live:
            yield Board(live)


def byte_counter(
    name: str, total_bytes: int, watcher: Watcher, clock: Callable[[], float] = time.monotonic
) -> Callable[[int], None]:
    """A callback that adds up the bytes it is given and tells the watcher."""
    began = clock()
    sent_bytes = 0

    def add(more_bytes: int) -> None:
        nonlocal sent_bytes
        sent_bytes += more_bytes
        watcher.sent(name, total_bytes, min(sent_bytes, total_bytes), clock() - began)

    return add


def _cell(row: _Row) -> Table:
    grid = Table.grid(padding=(0, 1))
    if row.status is None:
        rate = f"{decimal(int(row.sent_bytes / row.seconds))}/s" if row.seconds > 0 else ""
        bar = ProgressBar(total=max(row.total_bytes, 1), completed=row.sent_bytes, width=24)
        grid.add_row(bar, Text(f"{decimal(row.sent_bytes)} of {decimal(row.total_bytes)}  {rate}", style="dim"))
        return grid
    parts: list[Text | Spinner] = []
    for stage in row.status.stages:
        mark, style = _MARKS[stage.state]
        parts.append(row.spinner if stage.state == "running" else Text(mark, style=style))
        parts.append(
            Text(f"{stage.name}{_time(stage)}{_again(stage)} ", style="dim" if stage.state == "waiting" else "")
        )
    if row.status.state in _END_STYLES:
        parts.append(Text(row.status.state, style=_END_STYLES[row.status.state]))
    elif not parts:
        parts += [row.spinner, Text("noticed", style="dim")]
    grid.add_row(*parts)
    return grid


def _time(stage: StageStatus) -> str:
    return f" {stage.seconds:.1f} s" if stage.seconds is not None else ""


def _again(stage: StageStatus) -> str:
    return f" (attempt {stage.attempt})" if stage.attempt > 1 else ""
