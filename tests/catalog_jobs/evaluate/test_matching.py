"""The command `matching`, on drawn photos, with the stand-in behind a port."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from serve_app.contract import WordFit
from serve_app.models.calibration import Calibration
from tests.catalog_jobs.evaluate.running import check_plots, run, run_json
from tests.catalog_jobs.evaluate.stand_in import StandIn, served


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served() as address:
        yield f"server:{address}"


def test_pairs_and_tracks_are_measured_and_plotted(url: str, data_folder: Path, tmp_path: Path) -> None:
    found = run_json("matching", "--embedder", url, "--data", str(data_folder), "--plots", str(tmp_path))
    measures = found["measures"]
    for name in ("exact.precision", "exact.recall.top", "similar.balanced_precision", "tracking.purity"):
        assert name in measures
    assert measures["similar.recall"]["value"] > 0.5
    assert found["details"]["similar"]["top"]["cutoff"] == StandIn.cutoffs["default"].similar
    assert found["data"]["has_cutoffs"] is True
    check_plots(tmp_path, {"precision_recall", "cutoffs", "tracks"})


def test_cutoffs_of_a_file_take_the_place_of_the_embedders(url: str, data_folder: Path, tmp_path: Path) -> None:
    strict = {"default": StandIn.cutoffs["default"].model_copy(update={"exact": 2.0})}
    calibration = Calibration(model_version="1", cutoffs=strict, words=WordFit(scale=1, bias=0))
    (tmp_path / "image_text.json").write_text(calibration.model_dump_json())
    arguments = ("--data", str(data_folder), "--cutoffs", str(tmp_path / "image_text.json"))
    found = run_json("matching", "--embedder", url, *arguments)
    assert found["measures"]["exact.recall"]["value"] == 0
    assert found["measures"]["exact.precision"]["value"] is None


def test_a_file_without_cutoffs_is_named(url: str, data_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text(json.dumps({"a": 1}))
    code, _, error = run(
        "matching", "--embedder", url, "--data", str(data_folder), "--cutoffs", str(tmp_path / "other.json")
    )
    assert code == 2
    assert "other.json is no calibration file" in error


def test_nothing_to_match_is_refused(url: str) -> None:
    code, _, error = run("matching", "--embedder", url)
    assert code == 2
    assert "nothing was given; give --data, --reels" in error
