"""The commands that start, stop and look at the stack. What they need is imported when they run: `--help` is quick."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from functions.cli.exits import ExitCode
from functions.cli.options import AsJson, DataDir
from infra.errors import ErrorCode, ReelwearError

if TYPE_CHECKING:
    from pydantic import BaseModel

app = typer.Typer()


def data_folder(data: Path | None) -> Path:
    """The data folder in force, absolute: every process of the stack must mean the same one."""
    from infra.settings import Settings

    return Settings.load(data).stack.data_dir.expanduser().resolve()


@app.command()
def up(
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Leave it running once it is ready.")] = False,
    data: DataDir = None,
) -> None:
    """Start the stack: object store, bus, model server, host process. Ctrl-C stops it in order.

    Exit codes: 0 it was ready · 1 it could not be started (the failing part is named) · 2 a setting is wrong.
    """
    from infra.local.foreground import run_stack
    from infra.local.report import stack_report
    from infra.local.tables import stack_console, stack_view

    folder = data_folder(data)
    run_stack(folder, is_detached=detach)
    if detach:
        stack_console().print(stack_view(stack_report(folder)))


@app.command()
def down(data: DataDir = None) -> None:
    """Stop the stack in order and wait for its end; what it stored stays."""
    from infra.local.foreground import end_stack

    end_stack(data_folder(data))


@app.command()
def status(as_json: AsJson = False, data: DataDir = None) -> None:
    """Show the parts: state, seconds to ready, ports, restarts, memory; and the room on the disk.

    Exit codes: 0 all is ready · 1 a part is not · 3 nothing runs.
    """
    from infra.local.report import stack_report
    from infra.local.state import StackState
    from infra.local.tables import stack_console, stack_view

    report = stack_report(data_folder(data))
    if as_json:
        _print_json(report)
    else:
        stack_console().print(stack_view(report))
    if not report.is_running:
        raise typer.Exit(ExitCode.NOT_RUNNING)
    if report.state is not StackState.READY:
        raise typer.Exit(1)


@app.command()
def logs(
    part: Annotated[
        str | None, typer.Argument(metavar="[PART]", help="One part; without it, all.", show_default=False)
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what is written, until Ctrl-C.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many of the last lines of each.")] = 50,
    data: DataDir = None,
) -> None:
    """Show what the parts wrote."""
    from infra.local.logs import LOGS_FOLDER, follow_logs, last_lines, log_names

    folder = data_folder(data) / LOGS_FOLDER
    names = log_names(folder)
    if part is not None and part not in names:
        known = ", ".join(names) or "none; `reelwear up` starts the stack"
        raise ReelwearError(ErrorCode.NOT_FOUND, f"{part} has no log in {folder}; there are: {known}")
    chosen = [part] if part else names
    width = max(map(len, chosen), default=0)
    for name in chosen:
        for line in last_lines(folder, name, lines):
            typer.echo(line if part else f"{name:{width}} | {line}")
    if follow:
        for name, line in follow_logs(folder, chosen):
            typer.echo(line if part else f"{name:{width}} | {line}")


@app.command()
def doctor(as_json: AsJson = False, data: DataDir = None) -> None:
    """Check this machine and the stack, and say what to do about what is wrong. Exit code 1 if anything is."""
    from infra.local.doctor import Verdict, examine
    from infra.local.tables import checks_table, stack_console

    checks = examine(data_folder(data))
    if as_json:
        typer.echo(json.dumps({"checks": [check.model_dump(mode="json") for check in checks]}, ensure_ascii=False))
    else:
        stack_console().print(checks_table(checks))
    if any(check.verdict is Verdict.ERROR for check in checks):
        raise typer.Exit(1)


@app.command()
def config(as_json: AsJson = False, data: DataDir = None) -> None:
    """Show the settings in force, where each came from and what it means; secrets are masked."""
    from infra.local.configuration import settings_report
    from infra.local.tables import settings_view, stack_console

    report = settings_report(data)
    if as_json:
        _print_json(report)
    else:
        stack_console().print(settings_view(report))


def _print_json(document: "BaseModel") -> None:
    typer.echo(document.model_dump_json())
