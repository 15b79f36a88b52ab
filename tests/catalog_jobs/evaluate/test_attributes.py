"""The command `attributes`, on towers that take red for solid and green for striped."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from catalog_jobs.evaluate.attributes import judged_garments, load_reader, measure_attributes
from catalog_jobs.evaluate.data.attribute_labels import AttributeLabels, FileLabel, LabelledGarment
from catalog_jobs.evaluate.document import Part
from catalog_jobs.evaluate.embedders import EmbeddedEmbedder
from catalog_jobs.evaluate.measures.bootstrap import interval
from tests.catalog_jobs.evaluate.drawn import write_data
from tests.catalog_jobs.evaluate.running import check_plots, run, run_json
from tests.catalog_jobs.evaluate.seen import FITTED, GREEN, JUDGING, RED, YELLOW, plain, write_class_pictures
from tests.serve_app.models.towers import write_towers

Seen = tuple[str, tuple[int, int, int], str]


@pytest.fixture
def towers(tmp_path: Path) -> Path:
    return write_towers(tmp_path / "towers")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Drawn photos, and dresses of the half that judges (red, green, yellow) and of the half that is fitted on."""
    folder = write_data(tmp_path / "data")
    colors = dict(zip((*JUDGING[:3], FITTED[0]), (RED, GREEN, YELLOW, RED), strict=True))
    write_class_pictures(folder / "clothing", {f"dress/{name}.png": color for name, color in colors.items()})
    return folder


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """Red is solid, green and yellow are striped."""
    values = dict(zip((*JUDGING[:3], FITTED[0]), ("solid", "striped", "striped", "solid"), strict=True))
    rows = [{"file": f"dress/{name}.png", "pattern": value} for name, value in values.items()]
    file = tmp_path / "seen.json"
    file.write_text(json.dumps({"made": {"by": "this test"}, "ccp": [], "clothing": rows}))
    return file


def part_of(towers: Path, seen: Sequence[Seen], kind: str = "dress") -> Part:
    """What is measured of garments given as photo, colour and pattern, every second one cut out."""
    garments = [
        LabelledGarment(photo, kind, {"pattern": pattern}, plain(color), is_cut=bool(number % 2))
        for number, (photo, color, pattern) in enumerate(seen)
    ]
    return measure_attributes(EmbeddedEmbedder(towers, 1), garments)


def value_of(part: Part, name: str) -> float | None:
    return interval(part.samples[f"attributes.pattern.{name}"]).value


def test_what_is_said_is_counted_against_what_was_seen(towers: Path) -> None:
    seen = [("a", RED, "solid"), ("b", GREEN, "striped"), ("c", GREEN, "solid"), ("d", YELLOW, "striped")]
    part = part_of(towers, seen)
    details: Any = part.details["attributes"]
    assert details["pattern"]["confusion"] == [[1, 1, 0], [0, 1, 1]], "of the yellow one nothing is said"
    assert details["pattern"]["columns"] == ["solid", "striped", "nothing"]
    assert details["pattern"]["labelled"] == {"solid": 2, "striped": 2}
    assert details["pattern"]["said"] == {"solid": 1, "striped": 2}
    assert value_of(part, "coverage") == 0.75
    assert value_of(part, "precision") == pytest.approx(2 / 3, abs=1e-6)
    assert value_of(part, "precision.striped") == value_of(part, "recall.striped") == 0.5
    assert value_of(part, "precision.solid") == 1


def test_the_balanced_accuracy_is_not_raised_by_naming_the_commonest(towers: Path) -> None:
    part = part_of(towers, [*((f"red {i}", RED, "solid") for i in range(8)), ("odd", RED, "striped")])
    assert value_of(part, "accuracy") == pytest.approx(8 / 9, abs=1e-6)
    assert value_of(part, "balanced_accuracy") == 0.5


def test_a_pattern_that_is_none_of_those_read_counts_apart(towers: Path) -> None:
    part = part_of(towers, [("a", RED, "solid"), ("b", RED, "other"), ("c", YELLOW, "other")])
    assert value_of(part, "said_on_other") == 0.5
    assert value_of(part, "accuracy") == 1
    assert interval(part.samples["attributes.pattern.accuracy"]).n == 1


def test_garments_cut_out_and_whole_photos_are_told_apart(towers: Path) -> None:
    part = part_of(towers, [("a", RED, "solid"), ("b", GREEN, "solid")])
    assert (value_of(part, "accuracy.whole_photo"), value_of(part, "accuracy.cut_out")) == (1, 0)


def test_garments_of_one_photo_are_drawn_together(towers: Path) -> None:
    part = part_of(towers, [("one", RED, "solid"), ("one", GREEN, "solid"), ("two", RED, "solid")])
    assert part.samples["attributes.pattern.accuracy"].keys == ("one", "two")


def test_a_type_without_the_attribute_is_left_out(towers: Path) -> None:
    part = part_of(towers, [("a", RED, "solid")], kind="scarf")
    assert value_of(part, "accuracy") is None


def test_nothing_is_judged_by_the_half_that_is_fitted_on(data: Path, labels: Path) -> None:
    every = AttributeLabels.load(labels)
    assert {garment.photo for garment in judged_garments(data, every)} == {f"{name}.png" for name in JUDGING[:3]}
    fitted = every.model_copy(update={"clothing": (FileLabel(file=f"dress/{FITTED[0]}.png", pattern="solid"),)})
    assert judged_garments(data, fitted) == []


def test_the_command_prints_one_document_and_draws_one_plot(
    towers: Path, data: Path, labels: Path, tmp_path: Path
) -> None:
    arguments = ("attributes", "--data", str(data), "--labels", str(labels), "--embedder", f"embedded:{towers}")
    found = run_json(*arguments, "--plots", str(tmp_path / "plots"))
    assert found["kind"] == "attributes"
    assert found["data"] == {"garments": 3, "is_held_out_part": True, "labels": {"by": "this test"}}
    assert found["measures"]["attributes.pattern.precision"]["value"] == 1
    assert found["measures"]["attributes.pattern.coverage"]["value"] == pytest.approx(2 / 3, abs=1e-6)
    assert set(found["measures"]) == set(found["samples"])
    check_plots(tmp_path / "plots", {"attributes"})
    code, out, _ = run(*arguments)
    assert code == 0
    assert "attributes.pattern.coverage" in out


@pytest.mark.parametrize("spec", ["server:http://127.0.0.1:9", "transformers:some/model"])
def test_another_embedder_reads_no_attributes_and_is_not_even_loaded(spec: str, data: Path) -> None:
    code, out, error = run("attributes", "--data", str(data), "--embedder", spec)
    assert (code, out, error.count("\n")) == (2, "", 1)
    assert "only our own reads attributes" in error
    with pytest.raises(ValueError, match="give embedded or embedded:FOLDER"):
        load_reader(spec, 1)


@pytest.mark.parametrize(
    "arguments, words",
    [
        pytest.param((), "no pictures were given; give --data", id="no data"),
        pytest.param(("--data", "/nowhere"), "/nowhere/ccp is no folder", id="a folder that is missing"),
        pytest.param(("--labels", "/nowhere.json"), "/nowhere.json holds no labels", id="labels that are missing"),
    ],
)
def test_what_cannot_be_measured_is_said_in_one_line(towers: Path, arguments: tuple[str, ...], words: str) -> None:
    code, out, error = run("attributes", "--embedder", f"embedded:{towers}", *arguments)
    assert (code, out, error.count("\n")) == (2, "", 1)
    assert words in error


def test_data_without_a_labelled_garment_is_refused(towers: Path, data: Path, tmp_path: Path) -> None:
    none = tmp_path / "none.json"
    none.write_text(json.dumps({"made": {}, "ccp": [], "clothing": []}))
    code, _, error = run("attributes", "--embedder", f"embedded:{towers}", "--data", str(data), "--labels", str(none))
    assert code == 2
    assert "holds no labelled garment to judge by" in error


def test_an_embedder_for_which_none_was_fitted_is_refused(towers: Path, data: Path, labels: Path) -> None:
    file = towers / "image_text.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"attributes": []}))
    code, _, error = run("attributes", "--embedder", f"embedded:{towers}", "--data", str(data), "--labels", str(labels))
    assert code == 2
    assert "no attribute was fitted" in error


def test_the_measures_of_our_own_embedder_hold_its_attributes_too(towers: Path, data: Path) -> None:
    # The drawn photos have the names of real ones, of some of which a top and pants are labelled.
    found = run_json("embedder", "--embedder", f"embedded:{towers}", "--data", str(data), "--distractors", "5")
    assert found["measures"]["attributes.pattern.accuracy"]["n"] >= 1
    assert "pattern" in found["details"]["attributes"]
