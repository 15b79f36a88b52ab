"""Whole or not, answering or not, and the same as those that a server serves."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI, Response

from infra.local.doctor import Check, Verdict
from infra.local.weights.checks import check_models
from infra.settings import ModelSettings
from serve_app.contract import ModelsAnswer
from serve_app.models.families import Family
from serve_app.models.manifest import Manifest
from tests.functions.api.shelf import served

NOWHERE = ModelSettings(model_server_url="http://127.0.0.1:9", model_threads=1)


def checked(family: Family, folder: Path, chosen: ModelSettings = NOWHERE) -> dict[str, Check]:
    return {check.name: check for check in check_models([family], folder, chosen)}


def wrong(checks: dict[str, Check]) -> set[str]:
    return {name for name, check in checks.items() if check.verdict is Verdict.ERROR}


def test_whole_models_that_answer_are_in_order_and_their_times_told(family: Family, folder: Path) -> None:
    checks = checked(family, folder)
    assert wrong(checks) == set()
    assert checks["embedded loads"].found.endswith("1 threads")
    assert all(" ms" in checks[name].found for name in ("one frame", "one picture", "one text"))
    assert "does not run" in checks["model server"].found


@pytest.mark.parametrize("name", ["garment_parser.onnx", "image_tower.onnx", "tokenizer.json", "image_text.json"])
def test_a_missing_file_is_named_with_the_way_out_and_nothing_is_loaded(
    family: Family, folder: Path, name: str
) -> None:
    (folder / name).unlink()
    checks = checked(family, folder)
    assert {name, "embedded loads"} <= wrong(checks)
    assert "pip install --force-reinstall" in checks[name].remedy
    assert name in checks["embedded loads"].found
    assert "one frame" not in checks


def test_a_damaged_file_is_named_with_the_way_out(family: Family, folder: Path) -> None:
    (folder / "text_tower.onnx").write_bytes((folder / "text_tower.onnx").read_bytes()[:100])
    checks = checked(family, folder)
    assert wrong(checks) == {"text_tower.onnx", "embedded loads"}
    assert "text_tower.onnx cannot be read" in checks["embedded loads"].found


def test_a_manifest_of_another_version_is_noticed(family: Family, folder: Path) -> None:
    manifest = Manifest.load(folder)
    entry = manifest.models["reelwear-image-text"].model_copy(update={"version": "ffffffffffff"})
    manifest.model_copy(update={"models": manifest.models | {"reelwear-image-text": entry}}).save(folder)
    checks = checked(family, folder)
    assert wrong(checks) == {"reelwear-image-text"}
    assert "the manifest ffffffffffff" in checks["reelwear-image-text"].found


def test_a_missing_manifest_is_wrong(family: Family, folder: Path) -> None:
    (folder / "manifest.json").unlink()
    assert "manifest" in wrong(checked(family, folder))


@pytest.fixture
def answers() -> dict[str, str]:
    """What the server of the test answers under `body`."""
    return {}


@pytest.fixture
def running(answers: dict[str, str]) -> Iterator[ModelSettings]:
    """A model server that lists the models it was told."""
    app = FastAPI()

    @app.get("/v1/models")
    def models() -> Response:
        return Response(answers["body"], int(answers.get("status", "200")), media_type="application/json")

    with served(app) as port:
        yield ModelSettings(model_server_url=f"http://127.0.0.1:{port}", model_threads=1)


def test_a_server_of_these_versions_is_in_order(
    family: Family, folder: Path, running: ModelSettings, answers: dict[str, str]
) -> None:
    answers["body"] = ModelsAnswer(models=family.load(1).describe()).model_dump_json()
    assert checked(family, folder, running)["model server"].verdict is Verdict.OK


def test_a_server_of_an_older_version_is_to_be_started_again(
    family: Family, folder: Path, running: ModelSettings, answers: dict[str, str]
) -> None:
    *parser, embedder = family.load(1).describe()
    older = embedder.model_copy(update={"version": "000000000000"})
    answers["body"] = ModelsAnswer(models=(*parser, older)).model_dump_json()
    checks = checked(family, folder, running)
    assert wrong(checks) == {"model server"}
    assert "reelwear-image-text@000000000000" in checks["model server"].found
    assert "reelwear up" in checks["model server"].remedy


def test_a_server_that_will_not_tell_is_a_warning(
    family: Family, folder: Path, running: ModelSettings, answers: dict[str, str]
) -> None:
    answers.update(body=json.dumps({"error": {"code": "unauthorized", "message": "no"}}), status="401")
    assert checked(family, folder, running)["model server"].verdict is Verdict.WARNING
