"""`catalog crop`, as it is typed."""

import json
from pathlib import Path

import pytest

from catalog_jobs.catalog.cropping.progress import line_text
from catalog_jobs.catalog.cropping.report import Progress
from functions.cli.exits import ExitCode, run
from infra.local.cli import build_app
from serve_app.loopback import free_port
from tests.catalog_jobs.catalog.cropping.stock import Stock, article, as_file, photos, plain, stocked


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The command with its data folder, where no model server answers."""
    monkeypatch.delenv("REELWEAR_RECORDS_URL", raising=False)
    monkeypatch.setenv("REELWEAR_MODEL_SERVER_URL", f"http://127.0.0.1:{free_port()}")
    return ["catalog", "crop", "--data", str(tmp_path), "--from", str(tmp_path / "pictures")]


@pytest.fixture
def shop(tmp_path: Path) -> Stock:
    products = {"7": ("dress", [*photos(article("wrap_dress"), 1), as_file(plain(20, 90))]), "9": ("none", [])}
    with stocked(tmp_path, products) as stock:
        return stock


@pytest.mark.usefixtures("shop")
def test_people_are_told_what_was_cut_and_what_failed(typed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(build_app(), typed) == ExitCode.OK
    told = capsys.readouterr().out
    for words in ("2 pictures of 1 products", "1 cut", "1 failed", "too_small", "20×90", "50.0% succeeded"):
        assert words in told
    for words in ("cut from a plain ground", "in this process", "1 products have no garment type"):
        assert words in told


@pytest.mark.usefixtures("shop")
def test_machines_get_one_document(typed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(build_app(), [*typed, "--json"]) == ExitCode.OK
    captured = capsys.readouterr()
    report = json.loads(captured.out)
    assert captured.err == ""
    assert (report["done"], report["failed"], report["ran"]) == (1, 1, "here")
    assert report["sources"] == {"detected": 0, "ground": 1, "whole": 0}
    assert report["failures"][0]["reason"] == "too_small"
    assert report["seconds_a_picture"] > 0 and report["pictures_per_s"] > 0


def test_no_server_is_an_error_with_the_way_out(
    typed: list[str], shop: Stock, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(build_app(), [*typed, "--server"]) == ExitCode.FAILED
    assert "reelwear up" in capsys.readouterr().err
    assert shop.files() == {}


@pytest.mark.usefixtures("shop")
def test_an_unknown_product_is_not_found(typed: list[str]) -> None:
    assert run(build_app(), [*typed, "--here", "--product", "77"]) == ExitCode.NOT_FOUND


@pytest.mark.usefixtures("shop")
def test_before_a_fetch_the_way_out_is_told(
    typed: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(build_app(), [*typed[:4], "--from", str(tmp_path / "empty"), "--here"]) == ExitCode.OK
    assert "2 pictures are not here yet; run `reelwear catalog fetch`" in capsys.readouterr().out


def test_what_was_cut_before_takes_no_time() -> None:
    assert line_text(Progress(done=120, total=200, cut=19, failed=1), 10.0) == (
        "120 of 200 pictures, 2.0/s, 1 failed, 40 s left"
    )
