"""The evaluation of a parser on a folder, with folders made by code."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from catalog_jobs.evaluate.__main__ import app
from catalog_jobs.evaluate.parser import winners
from serve_app.models.garment_parser import GarmentParserModel

LABELS = ["null", "shirt", "jeans", "umbrella"]
GROUPS = {"background": ["null"], "top": ["shirt"], "pants": ["jeans"]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two photos of odd sizes whose labels are what the shipped parser says, with a corner of no group."""
    model = GarmentParserModel()
    (tmp_path / "photos").mkdir()
    (tmp_path / "masks").mkdir()
    (tmp_path / "labels.json").write_text(json.dumps(LABELS))
    (tmp_path / "groups.json").write_text(json.dumps(GROUPS))
    label_of = {model.groups.index("background"): 0, model.groups.index("top"): 1, model.groups.index("pants"): 2}
    for name, suffix, size in (("a", ".png", (211, 333)), ("b", ".png", (400, 250))):
        photo = np.random.default_rng(len(name)).integers(0, 256, (size[1], size[0], 3), np.uint8)
        photo[size[1] // 4 : size[1] // 2, size[0] // 4 : -size[0] // 4] = (40, 40, 180)
        cv2.imwrite(str(tmp_path / "photos" / f"{name}{suffix}"), photo)
        rgb = np.ascontiguousarray(photo[..., ::-1])
        said = winners(model.infer([model.prepare(rgb)])[0].logits, size)
        mask = np.full(said.shape, 3, np.uint8)
        for group, label in label_of.items():
            mask[said == group] = label
        mask[:20, :20] = 3
        cv2.imwrite(str(tmp_path / "masks" / f"{name}.png"), mask)
    return tmp_path


def evaluate(folder: Path, *more: str) -> tuple[int, str, str]:
    arguments = ["parser", "--photos", str(folder / "photos"), "--masks", str(folder / "masks")]
    arguments += ["--labels", str(folder / "labels.json"), "--groups", str(folder / "groups.json"), *more]
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.stdout, result.stderr


def test_labels_that_the_parser_itself_gave_are_met_and_unknown_ones_left_out(folder: Path) -> None:
    code, out, _ = evaluate(folder, "--json")
    assert code == 0
    report = json.loads(out)
    assert report["images"] == 2
    assert report["pixel_accuracy"] == 1.0
    assert report["iou"]["background"] == 1.0
    assert report["iou"]["scarf"] is None
    assert 0 < report["ms_per_image"]["median"] <= report["ms_per_image"]["p90"]


def test_wrong_labels_are_counted(folder: Path) -> None:
    mask = cv2.imread(str(folder / "masks" / "a.png"), cv2.IMREAD_GRAYSCALE)
    assert mask is not None
    mask[mask.shape[0] // 2 :] = 2
    cv2.imwrite(str(folder / "masks" / "a.png"), mask)
    _, out, _ = evaluate(folder, "--json")
    assert json.loads(out)["pixel_accuracy"] < 0.9


def test_names_choose_the_photos(folder: Path) -> None:
    (folder / "names.txt").write_text("b\n")
    _, out, _ = evaluate(folder, "--json", "--names", str(folder / "names.txt"))
    assert json.loads(out)["images"] == 1


def test_without_json_a_table_is_shown(folder: Path) -> None:
    code, out, _ = evaluate(folder)
    assert code == 0
    assert "mean IoU" in out


def test_a_mask_of_another_size_is_named(folder: Path) -> None:
    cv2.imwrite(str(folder / "masks" / "a.png"), np.zeros((10, 10), np.uint8))
    code, _, error = evaluate(folder, "--json")
    assert code == 2
    assert "a.png is 10×10, its photo 211×333" in error


def test_a_group_that_the_parser_does_not_know_is_named(folder: Path) -> None:
    (folder / "groups.json").write_text(json.dumps({**GROUPS, "cloak": ["umbrella"]}))
    code, _, error = evaluate(folder, "--json")
    assert code == 2
    assert "'cloak'" in error


def test_a_photo_without_a_mask_is_named(folder: Path) -> None:
    (folder / "masks" / "b.png").unlink()
    code, _, error = evaluate(folder, "--json")
    assert code == 2
    assert "'b'" in error


def test_measuring_needs_no_torch() -> None:
    program = "import sys, catalog_jobs.evaluate.__main__; sys.exit('torch' in sys.modules or 'ray' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_every_score_has_an_interval_over_photos_and_samples_to_compare(folder: Path) -> None:
    mask = cv2.imread(str(folder / "masks" / "a.png"), cv2.IMREAD_GRAYSCALE)
    assert mask is not None
    mask[mask.shape[0] // 2 :] = 2
    cv2.imwrite(str(folder / "masks" / "a.png"), mask)
    report = json.loads(evaluate(folder, "--json")[1])
    for name in ("miou", "pixel_accuracy"):
        found = report["intervals"][name]
        assert found["value"] == pytest.approx(report[name], abs=1e-4)
        assert found["low"] < found["value"] < found["high"] <= 1
        assert (found["n"], found["unit"]) == (2, "photo")
    for name, value in report["iou"].items():
        assert (report["intervals"][f"iou.{name}"]["value"] is None) == (value is None)
    assert report["photos_with_group"]["scarf"] == 0
    assert report["photos_with_group"]["background"] == 2
    assert report["samples"]["miou"]["keys"] == ["a", "b"]
    assert report["negatives"] is None


def test_no_photos_are_refused_with_the_way_out() -> None:
    result = CliRunner().invoke(app, ["parser"])
    assert result.exit_code == 2
    assert "no photos were given; give --data, or --photos" in result.stderr
