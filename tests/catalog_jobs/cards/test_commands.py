"""`python -m catalog_jobs.cards`."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from catalog_jobs.cards.__main__ import app
from catalog_jobs.cards.docs import BEGIN, END
from serve_app.models.calibration import Calibration
from serve_app.models.rows import WEIGHTS_DIR


def run(*arguments: str) -> tuple[int, str, str]:
    """Exit status, stdout and stderr."""
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def options(tmp_path: Path) -> list[str]:
    """Where the card, its recipe and the shipped weights are."""
    (tmp_path / "recipe.json").write_text(json.dumps({"photos": 730, "garments": 7284, "steps": 10}))
    return [
        *("--recipe", str(tmp_path / "recipe.json"), "--weights", str(WEIGHTS_DIR)),
        *("--out", str(tmp_path / "cards" / "card.md")),
    ]


def test_the_parser_s_card_is_written_with_the_commit_that_is_checked_out(
    evaluated: Path, options: list[str], tmp_path: Path
) -> None:
    code, out, _ = run("parser", "--evaluation", str(evaluated), *options)
    assert (code, out.strip()) == (0, str(tmp_path / "cards" / "card.md"))
    card = (tmp_path / "cards" / "card.md").read_text()
    head = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    assert f"`{head}`" in card
    assert "Time of the training: not recorded" in card


def test_the_embedder_s_card_is_written(
    document: Any, options: list[str], calibration: Calibration, tmp_path: Path
) -> None:
    for part in ("embedder", "matching"):
        document[part]["model"]["version"] = calibration.model_version
    (tmp_path / "evaluation.json").write_text(json.dumps(document))
    code, _, _ = run("embedder", "--evaluation", str(tmp_path / "evaluation.json"), *options, "--commit", "c0ffee")
    assert code == 0
    assert calibration.model_version in (tmp_path / "cards" / "card.md").read_text().splitlines()[0]


def test_an_evaluation_of_another_version_is_refused(evaluated: Path, options: list[str], tmp_path: Path) -> None:
    code, out, error = run("embedder", "--evaluation", str(evaluated), *options)
    assert (code, out, error.count("\n")) == (2, "", 1)
    assert "measured version 1, the files are of" in error
    assert not (tmp_path / "cards").exists()


def test_a_recipe_that_cannot_be_read_is_said_in_one_line(evaluated: Path, tmp_path: Path) -> None:
    code, _, error = run(
        "parser", "--evaluation", str(evaluated), "--recipe", str(tmp_path / "none.json"),
        "--weights", str(WEIGHTS_DIR), "--out", str(tmp_path / "card.md"),
    )  # fmt: skip
    assert (code, error.count("\n")) == (2, 1)
    assert "none.json cannot be read as JSON" in error


def test_weights_that_are_not_there_are_named(evaluated: Path, options: list[str], tmp_path: Path) -> None:
    code, _, error = run("parser", "--evaluation", str(evaluated), *options, "--weights", str(tmp_path))
    assert (code, error.count("\n")) == (2, 1)
    assert "garment_parser.onnx cannot be read; export the model first, or give --weights" in error


def test_the_docs_are_rewritten_beside_the_evaluation(document: Any, tmp_path: Path) -> None:
    (tmp_path / "evaluation.json").write_text(json.dumps(document))
    (tmp_path / "README.md").write_text(f"{BEGIN}\n{END}\n")
    code, out, _ = run("docs", "--evaluation", str(tmp_path / "evaluation.json"))
    assert (code, out.strip()) == (0, str(tmp_path / "README.md"))
    assert "| zero-shot class accuracy | ≥ 0.85 |" in (tmp_path / "README.md").read_text()
