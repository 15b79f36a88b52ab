"""Exit codes, and how an error leaves the command line."""

import json
import sys
from collections.abc import Sequence
from enum import IntEnum

import typer
from typer.exceptions import TyperException

from infra.errors import ErrorCode, ReelwearError


class ExitCode(IntEnum):
    """What the exit code of `reelwear` means."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_RUNNING = 3
    NOT_FOUND = 4


EXIT_HELP = (
    "Exit codes: 0 done · 1 the video or the operation failed · 2 wrong usage · 3 the stack is not running "
    "· 4 no such video, upload or file."
)

_EXIT_OF = {
    ErrorCode.BAD_REQUEST: ExitCode.USAGE,
    ErrorCode.BAD_SETTING: ExitCode.USAGE,
    ErrorCode.NOT_RUNNING: ExitCode.NOT_RUNNING,
    ErrorCode.NOT_FOUND: ExitCode.NOT_FOUND,
}


def run(app: typer.Typer, arguments: Sequence[str] | None = None) -> int:
    """Run the command line and give its exit code; errors go to stderr, or with `--json` as one document to stdout."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    is_json = "--json" in given
    try:
        code = app(args=given, prog_name="reelwear", standalone_mode=not is_json)
        return code if isinstance(code, int) else ExitCode.OK
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else ExitCode.FAILED
    except TyperException as fault:
        _show(is_json, ErrorCode.BAD_REQUEST, fault.format_message())
        return ExitCode.USAGE
    except ReelwearError as error:
        _show(is_json, error.code, error.message)
        return _EXIT_OF.get(error.code, ExitCode.FAILED)


def _show(is_json: bool, code: ErrorCode, message: str) -> None:
    if is_json:
        typer.echo(json.dumps({"error": {"code": code.code, "message": message}}, ensure_ascii=False))
        return
    from rich.console import Console

    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print("[bold red]error[/]", end=" ")
    console.print(message, markup=False)
