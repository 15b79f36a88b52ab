"""`reelwear models`, as it is typed."""

import json
from pathlib import Path

import pytest

from functions.cli.exits import ExitCode, run
from infra.errors import ErrorCode, ReelwearError
from infra.local.cli import build_app
from infra.local.weights.cards import card_of
from serve_app.models.families import FAMILIES, Family

NAMES = ["reelwear-garment-parser", "reelwear-image-text"]


def test_the_list_works_without_a_stack(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(build_app(), ["models", "list", "--data", str(tmp_path)]) == ExitCode.OK
    shown = capsys.readouterr().out
    assert all(name in shown for name in [*NAMES, "detector, segmenter", "Apache-2.0", "384", "garment_parser.onnx"])


def test_the_list_as_json_is_one_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(build_app(), ["models", "list", "--json", "--data", str(tmp_path)]) == ExitCode.OK
    rows = json.loads(capsys.readouterr().out)["models"]
    assert [row["name"] for row in rows] == NAMES
    assert all(row["is_used"] for row in rows)


def test_the_models_of_the_package_are_in_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(build_app(), ["models", "check", "--json", "--data", str(tmp_path)])
    checks = json.loads(capsys.readouterr().out)["checks"]
    assert [check for check in checks if check["verdict"] == "error"] == []
    assert code == ExitCode.OK


@pytest.mark.parametrize("name", ["reelwear-garment-parser", "garment-parser"])
def test_a_card_is_shown_by_the_models_name(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(build_app(), ["models", "card", name]) == ExitCode.OK
    assert "Clothing Co-Parsing" in capsys.readouterr().out
    assert run(build_app(), ["models", "card", name, "--json"]) == ExitCode.OK
    card = json.loads(capsys.readouterr().out)
    assert card["name"] == "reelwear-garment-parser"
    assert card["markdown"].startswith("# Garment parser")


def test_an_unknown_name_is_answered_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(build_app(), ["models", "card", "fashion-clip", "--json"]) == ExitCode.NOT_FOUND
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["code"] == "not_found"
    assert all(name in error["message"] for name in ["fashion-clip", *NAMES])


def test_a_card_that_is_gone_is_named_with_the_way_out(family: Family, tmp_path: Path) -> None:
    with pytest.raises(ReelwearError, match=r"garment_parser\.md cannot be read.*install") as caught:
        card_of([family], tmp_path, "garment-parser")
    assert caught.value.code is ErrorCode.PART_FAILED
    assert FAMILIES["embedded"].rows == family.rows
