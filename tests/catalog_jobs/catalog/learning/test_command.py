"""`reelwear catalog finetune`, as it is typed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="training needs torch: pip install 'reelwear[models]'")

from functions.cli.exits import ExitCode, run  # noqa: E402
from infra.local.cli import build_app  # noqa: E402
from tests.serve_app.models.large.tiny_clip import write_clip  # noqa: E402

torch.set_num_threads(1)
WORDS = ["--batch", "16", "--lr", "2e-3", "--temperature", "0.1", "--threads", "1", "--device", "cpu"]
WAIT_S = 120.0


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A tiny CLIP."""
    folder = tmp_path_factory.mktemp("clip")
    torch.manual_seed(0)
    write_clip(folder)
    return str(folder)


def typed(shop: Path, model: str, out: Path, *more: str) -> list[str]:
    return ["catalog", "finetune", str(shop), "--model", model, "--out", str(out), *WORDS, *more]


def test_it_prints_one_document(shop: Path, model: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(build_app(), typed(shop, model, tmp_path, "--epochs", "2", "--json")) == ExitCode.OK
    told = capfd.readouterr()
    document = json.loads(told.out)
    assert told.err == ""
    assert document == json.loads((tmp_path / "report.json").read_text())
    assert (document["family"], len(document["epochs"]), document["stopped"]) == ("clip", 2, "done")
    assert {"promoted", "reason", "gain"} <= document["promotion"].keys()


def test_what_did_not_help_is_told_with_exit_code_zero(
    shop: Path, model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = typed(shop, model, tmp_path, "--epochs", "1")
    words[words.index("2e-3")] = "0"
    assert run(build_app(), words) == ExitCode.OK
    told = capsys.readouterr().out
    for part in ("36 pictures of 18 products", "before", "not promoted: no epoch was better"):
        assert part in told
    assert not (tmp_path / "model").exists()


def test_a_better_model_is_told_with_the_way_to_use_it(
    shop: Path, model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(build_app(), typed(shop, model, tmp_path, "--epochs", "14", "--patience", "14")) == ExitCode.OK
    told = capsys.readouterr().out
    for part in ("promoted: ", "export REELWEAR_EMBEDDER=", "reelwear catalog index", "reelwear catalog rematch"):
        assert part in told


@pytest.mark.parametrize(
    ("change", "match"),
    [
        pytest.param(["--model", "nowhere"], "nowhere, no folder", id="model"),
        pytest.param(["--device", "cuda:77"], "--device is cuda:77", id="device"),
        pytest.param(["--batch", "1"], "--batch", id="batch"),
        pytest.param(["--temperature", "0"], "--temperature", id="temperature"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    change: list[str], match: str, shop: Path, model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(build_app(), typed(shop, model, tmp_path, *change)) == ExitCode.USAGE
    assert match in capsys.readouterr().err


def story_of(out: Path) -> dict[str, Any]:
    told = torch.load(out / "checkpoints" / "last.pt", weights_only=True)
    found: dict[str, Any] = json.loads(told["story"])
    return found


def test_a_killed_process_goes_on_to_the_same_weights(shop: Path, model: str, tmp_path: Path) -> None:
    program = [sys.executable, "-c", "from infra.local.cli import main; main()"]
    long = ("--epochs", "12", "--patience", "12", "--json")
    process = subprocess.Popen([*program, *typed(shop, model, tmp_path / "cut", *long)], stdout=subprocess.DEVNULL)
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until and process.poll() is None:
        if (tmp_path / "cut" / "checkpoints" / "last.pt").is_file() and story_of(tmp_path / "cut")["epochs"]:
            break
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert 1 <= len(story_of(tmp_path / "cut")["epochs"]) < 12
    assert run(build_app(), typed(shop, model, tmp_path / "cut", *long, "--resume")) == ExitCode.OK
    assert run(build_app(), typed(shop, model, tmp_path / "whole", *long)) == ExitCode.OK
    cut, whole = (
        torch.load(tmp_path / name / "checkpoints" / "last.pt", weights_only=True)["state"]["module"]
        for name in ("cut", "whole")
    )
    assert all(torch.equal(cut[name], whole[name]) for name in whole)
