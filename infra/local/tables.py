"""The stack as people read it in a terminal."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from infra.local.configuration import SettingsReport
from infra.local.doctor import Check, Verdict
from infra.local.report import PartReport, StackReport
from infra.local.state import PartState, StackState
from infra.local.words import bytes_text, duration_text

PLAIN_WIDTH = 120
STYLES: dict[str, str] = {
    PartState.READY: "green",
    PartState.FAILED: "bold red",
    PartState.UNHEALTHY: "yellow",
    PartState.RESTARTING: "yellow",
    StackState.DEGRADED: "yellow",
    Verdict.OK: "green",
    Verdict.WARNING: "yellow",
    Verdict.ERROR: "bold red",
}


def stack_console() -> Console:
    """Where the stack's tables go: stdout, wide enough where it is a file or a pipe."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=PLAIN_WIDTH)


def stack_view(report: StackReport) -> RenderableType:
    """The parts, where they answer, and the room left."""
    lines: list[RenderableType] = [_headline(report)]
    if report.parts:
        lines.append(parts_table(report.parts))
    if report.error:
        lines.append(Text(report.error, style="red" if report.state is StackState.FAILED else "dim"))
    if report.urls:
        lines.append(_urls(report.urls))
    return Group(*lines)


def parts_table(parts: Sequence[PartReport]) -> Table:
    """The parts, a line each."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("part", "state"):
        table.add_column(heading, no_wrap=True)
    for heading in ("took", "up", "pid", "port", "restarts", "memory"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("last error", overflow="fold")
    for part in parts:
        table.add_row(
            part.name,
            Text(part.state, style=STYLES.get(part.state, "cyan")),
            _seconds(part.took_s),
            duration_text(part.uptime_s),
            _plain(part.pid),
            _plain(part.port),
            str(part.restarts),
            bytes_text(part.memory_bytes),
            Text(part.error) if part.error else Text(part.last_end, style="dim"),
        )
    return table


def checks_table(checks: Sequence[Check]) -> Table:
    """What the doctor found, with what to do about it."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("check", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("found", overflow="fold")
    table.add_column("what to do", overflow="fold")
    for check in checks:
        verdict = Text(check.verdict, style=STYLES[check.verdict])
        table.add_row(check.name, verdict, Text(check.found), Text(check.remedy))
    return table


def settings_view(report: SettingsReport) -> RenderableType:
    """The settings, a table a room."""
    tables: list[RenderableType] = []
    for room in dict.fromkeys(setting.room for setting in report.settings):
        table = Table(box=SIMPLE_HEAD, pad_edge=False, title=room, title_justify="left", title_style="bold")
        table.add_column("setting", no_wrap=True)
        table.add_column("value", overflow="fold")
        table.add_column("from", no_wrap=True)
        table.add_column("meaning", overflow="fold", style="dim")
        for setting in report.settings:
            if setting.room == room:
                style = "" if setting.source == "default" else "cyan"
                value = "" if setting.value is None else str(setting.value)
                table.add_row(setting.name, Text(value), Text(setting.source, style=style), Text(setting.meaning))
        tables.append(table)
    return Group(*tables)


def _headline(report: StackReport) -> Text:
    words = Text.assemble("stack ", (report.state, STYLES.get(report.state, "cyan")), f"  {report.data_dir}")
    if report.is_running:
        took = f", ready after {_seconds(report.took_s)}" if report.took_s is not None else ""
        words.append(f"  up {duration_text(report.uptime_s)}{took}", style="dim")
    if report.disk_free_bytes is not None:
        free, total = bytes_text(report.disk_free_bytes), bytes_text(report.disk_total_bytes)
        words.append(f"  disk {free} free of {total}", style="dim")
    return words


def _urls(urls: dict[str, str]) -> Table:
    table = Table.grid(padding=(0, 2))
    for name, url in urls.items():
        table.add_row(Text(name, style="dim"), Text(url))
    return table


def _seconds(span_s: float | None) -> str:
    return "" if span_s is None else f"{span_s:.1f} s"


def _plain(number: int | None) -> str:
    return "" if number is None else str(number)
