"""What a parser finds where nobody is."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from catalog_jobs.evaluate.data.sources import Given
from catalog_jobs.evaluate.negatives import find_on_negatives, rate_of
from catalog_jobs.evaluate.parser import measure
from catalog_jobs.evaluate.plots.parser import plot_parser
from tests.catalog_jobs.evaluate.drawn import draw_person, labelled_options
from tests.catalog_jobs.evaluate.running import check_plots, run_json
from tests.catalog_jobs.evaluate.stand_in import ColorParser


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A bare wall, and a drawn person in a folder of its own, of whom something is found."""
    (tmp_path / "negatives" / "more").mkdir(parents=True)
    wall, person = np.full((200, 150, 3), 105, np.uint8), draw_person("red", "blue", 0)[0]
    cv2.imwrite(str(tmp_path / "negatives" / "wall.png"), wall)
    cv2.imwrite(str(tmp_path / "negatives" / "more" / "person.png"), person[..., ::-1])
    return tmp_path / "negatives"


def test_finds_are_counted_over_all_pictures_and_named_by_picture(folder: Path) -> None:
    found = find_on_negatives(ColorParser(), folder, 0.4)
    assert [(find.picture, find.label) for find in found.found] == [
        ("more/person.png", kind) for kind in ("top", "pants", "shoes")
    ]
    assert found.detections_a_frame == found.items_a_frame == rate_of(3, 2)
    assert found.pictures_with_items == 1


def test_what_is_less_sure_than_the_least_score_is_not_counted(folder: Path) -> None:
    found = find_on_negatives(ColorParser(), folder, 1.0)
    assert found.items_a_frame == rate_of(0, 2)
    assert found.items_a_frame.high == pytest.approx(3.689 / 2, abs=1e-3)


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds no picture; put"):
        find_on_negatives(ColorParser(), tmp_path, 0.4)


def test_a_contact_sheet_shows_what_was_found(folder: Path, data_folder: Path, tmp_path: Path) -> None:
    labelled = Given(data=data_folder).labelled_photos()
    assert labelled is not None
    groups = replace(labelled.groups, names=("background", "skin", "top", "pants", "shoes", "hair"))
    found = find_on_negatives(ColorParser(), folder, 0.4)
    report = measure(ColorParser(), replace(labelled, groups=groups), 240, 1, watch=False, negatives=found)
    assert report.pixel_accuracy > 0.8
    plot_parser(report, folder, tmp_path / "plots")
    check_plots(tmp_path / "plots", {"iou", "parser_speed"}, {"false_finds"})

    nothing = replace(report, negatives=replace(found, found=()))
    plot_parser(nothing, folder, tmp_path / "plots")
    check_plots(tmp_path / "plots", {"iou", "parser_speed"}, set())


def test_the_report_of_the_command_tells_them(folder: Path, labelled_folder: Path) -> None:
    found = run_json("parser", *labelled_options(labelled_folder), "--negatives", str(folder), "--min-score", "0.3")
    assert found["negatives"]["min_score"] == 0.3
    assert found["negatives"]["items_a_frame"]["frames"] == 2
