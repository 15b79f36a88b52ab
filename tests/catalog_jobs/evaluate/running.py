"""The command line of the evaluation, run in this process."""

import json
from pathlib import Path
from typing import Any

import cv2
from typer.testing import CliRunner

from catalog_jobs.evaluate.__main__ import app


def run(*arguments: str) -> tuple[int, str, str]:
    """Exit status, stdout and stderr."""
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.stdout, result.stderr


def run_json(*arguments: str) -> Any:
    """The one document that `--json` prints."""
    code, out, error = run(*arguments, "--json")
    assert (code, error) == (0, "")
    return json.loads(out)


def check_plots(folder: Path, names: set[str]) -> None:
    """Exactly these plots are there, and each shows something."""
    assert {path.stem for path in folder.glob("*.png")} == names
    for name in names:
        picture = cv2.imread(str(folder / f"{name}.png"))
        assert picture is not None
        assert picture.std() > 5
