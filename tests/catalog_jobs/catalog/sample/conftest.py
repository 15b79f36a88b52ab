"""The whole sample, drawn once for all tests of this room by the command that a user runs."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from catalog_jobs.catalog.sample.__main__ import app
from catalog_jobs.catalog.sample.writing import SampleReport


@dataclass(frozen=True)
class Sample:
    """The folder, what the command said, and the rows of both files by column."""

    folder: Path
    report: SampleReport
    products: list[dict[str, str]]
    images: list[dict[str, str]]


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    folder = tmp_path_factory.mktemp("sample")
    done = CliRunner().invoke(app, ["--out", str(folder), "--json"])
    assert done.exit_code == 0, done.output
    report = SampleReport(**json.loads(done.stdout))
    return Sample(folder, report, rows(folder / "products.csv"), rows(folder / "images.csv"))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
