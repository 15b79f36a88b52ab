"""The command line of the evaluation, run in this process."""

import json
from pathlib import Path
from typing import Any

import cv2
from typer.testing import CliRunner

from catalog_jobs.evaluate.__main__ import app
from catalog_jobs.evaluate.plots.failures_sheet import MOST_BYTES


def run(*arguments: str) -> tuple[int, str, str]:
    """Exit status, stdout and stderr."""
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.stdout, result.stderr


def run_json(*arguments: str) -> Any:
    """The one document that `--json` prints."""
    code, out, error = run(*arguments, "--json")
    assert (code, error) == (0, "")
    return json.loads(out)


def check_plots(folder: Path, plots: set[str], sheets: set[str] | None = None) -> None:
    """Exactly these plots and, where told, contact sheets are there, and each shows something."""
    assert {path.stem for path in folder.glob("*.png")} == plots
    files = [folder / f"{name}.png" for name in plots]
    if sheets is not None:
        assert {path.stem for path in folder.glob("*.jpg")} == sheets
        files += [folder / f"{name}.jpg" for name in sheets]
    for file in files:
        picture = cv2.imread(str(file))
        assert picture is not None
        assert picture.std() > 5
        assert file.suffix == ".png" or file.stat().st_size <= MOST_BYTES
