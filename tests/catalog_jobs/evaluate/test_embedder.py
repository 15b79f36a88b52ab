"""The command `embedder`, on drawn folders, with the stand-in behind a port."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.catalog_jobs.evaluate.drawn import labelled_options
from tests.catalog_jobs.evaluate.running import check_plots, run, run_json
from tests.catalog_jobs.evaluate.stand_in import WordlessHandler, served

FEW = ("--distractors", "20")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served() as address:
        yield f"server:{address}"


@pytest.fixture(scope="module")
def report(url: str, labelled_folder: Path, class_folder: Path) -> Any:
    return run_json(
        "embedder", "--embedder", url, "--images", str(class_folder), *labelled_options(labelled_folder), *FEW
    )


def test_classes_that_differ_in_colour_are_told_apart_by_words(report: Any) -> None:
    assert report["measures"]["zero_shot.accuracy"] == {"value": 1, "low": 1, "high": 1, "n": 12, "unit": "picture"}
    assert report["details"]["zero_shot"]["confusion"] == [[6, 0], [0, 6]]
    assert report["details"]["zero_shot"]["prompts"]["red"][0] == "a red"


def test_only_what_five_garments_fit_is_asked_for(report: Any) -> None:
    search = report["details"]["search"]
    asked = [query["text"] for query in search["queries"] if query["relevant"] >= 5]
    assert asked == [
        "shoes",
        "a top",
        "pants",
        "something black",
        "something red",
        "something blue",
        "black shoes",
        "a red top",
    ]
    assert search["garments"] == 32
    for group, number in (("type", 3), ("color", 3), ("type_color", 2)):
        assert report["measures"][f"search.p_at_5.{group}"]["n"] == number


def test_what_an_embedder_of_colours_can_do_is_measured_high_and_what_it_cannot_low(report: Any) -> None:
    measures = report["measures"]
    assert measures["search.p_at_5.color"]["value"] > 0.8
    assert measures["search.p_at_5.type"]["value"] < 0.8
    assert (
        measures["search.text_to_product.recall_at_10"]["value"]
        > measures["search.text_to_product.recall_at_1"]["value"]
    )
    assert measures["instance.recall_at_5"]["value"] >= measures["instance.recall_at_1"]["value"] > 0


def test_every_measure_has_an_interval_and_samples_to_compare(report: Any) -> None:
    assert set(report["measures"]) == set(report["samples"])
    for name, found in report["measures"].items():
        if found["value"] is not None:
            assert found["low"] <= found["high"], name
    assert report["measures"]["instance.recall_at_1"]["unit"] == "photo"
    assert report["measures"]["instance.recall_at_1"]["n"] == 8


def test_distractors_are_counted_by_their_sources(report: Any) -> None:
    distinct = report["details"]["instance"]["distinct_sources"]
    # Twenty, and two to spare for the shoes, of which a photo has two.
    assert distinct["instance"] == 22
    assert distinct["across_styles.white_to_photo"] == 22


def test_speed_is_told_a_crop_and_a_text(report: Any) -> None:
    for name in ("ms_per_crop", "ms_per_text"):
        found = report["details"]["speed"][name]
        assert 0 < found["low"] <= found["median"] <= found["high"] <= max(found["runs"])
        assert found["median"] <= found["p90"]


def test_the_same_seed_measures_the_same(url: str, labelled_folder: Path, report: Any, class_folder: Path) -> None:
    arguments = ("--images", str(class_folder), *labelled_options(labelled_folder), *FEW)
    again = run_json("embedder", "--embedder", url, *arguments)
    other = run_json("embedder", "--embedder", url, *arguments, "--seed", "5")
    assert again["measures"] == report["measures"]
    assert other["samples"]["instance.recall_at_1"] != report["samples"]["instance.recall_at_1"]


def test_class_folders_alone_are_enough(url: str, class_folder: Path) -> None:
    found = run_json("embedder", "--embedder", url, "--images", str(class_folder), "--distractors", "5")
    assert "zero_shot.accuracy" in found["measures"]
    assert "search.p_at_5.type" not in found["measures"]
    assert "instance_class_photos.recall_at_1" in found["measures"]


def test_an_embedder_without_texts_is_measured_by_pictures_alone(data_folder: Path) -> None:
    with served(WordlessHandler) as address:
        found = run_json("embedder", "--embedder", f"server:{address}", "--data", str(data_folder), *FEW)
    assert not {name for name in found["measures"] if not name.startswith(("instance", "across_styles"))}
    assert "ms_per_text" not in found["details"]["speed"]
    assert found["data"] == {"class_photos": 4, "labelled_photos": 8, "crops": 32, "is_held_out_part": True}


def test_there_is_a_plot_for_each(url: str, data_folder: Path, tmp_path: Path) -> None:
    code, out, _ = run("embedder", "--embedder", url, "--data", str(data_folder), *FEW, "--plots", str(tmp_path))
    assert code == 0
    assert "zero_shot.accuracy" in out
    check_plots(tmp_path, {"confusion", "search", "recognition", "reliability", "speed"})


@pytest.mark.parametrize(
    "arguments, words",
    [
        pytest.param((), "no pictures were given; give --data", id="nothing"),
        pytest.param(("--images", "/nowhere"), "/nowhere is no folder; give a folder of class folders", id="missing"),
        pytest.param(("--data", "/nowhere"), "/nowhere/clothing is no folder", id="missing data"),
        pytest.param(("--photos", "/nowhere"), "--masks is missing", id="half"),
    ],
)
def test_what_cannot_be_measured_is_said_in_one_line(url: str, arguments: tuple[str, ...], words: str) -> None:
    code, out, error = run("embedder", "--embedder", url, *arguments)
    assert (code, out, error.count("\n")) == (2, "", 1)
    assert words in error


def test_a_server_that_is_not_there_is_said_in_one_line(class_folder: Path) -> None:
    code, _, error = run("embedder", "--embedder", "server:http://127.0.0.1:9", "--images", str(class_folder))
    assert (code, error.count("\n")) == (2, 1)
    assert "cannot be reached" in error
