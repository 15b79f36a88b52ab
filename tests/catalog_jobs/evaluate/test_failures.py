"""Contact sheets of failures."""

from pathlib import Path

import cv2
import numpy as np

from catalog_jobs.evaluate.data.labelled import LabelledFolder
from catalog_jobs.evaluate.data.sources import Given
from catalog_jobs.evaluate.parser import measure
from catalog_jobs.evaluate.plots.failures_classes import plot_class_failures
from catalog_jobs.evaluate.plots.failures_instances import plot_instance_failures
from catalog_jobs.evaluate.plots.failures_parser import (
    GROUP_RGB,
    colors_of,
    plot_parser_failures,
    with_faces_blurred,
    worst_photos,
)
from catalog_jobs.evaluate.plots.failures_search import plot_search_failures
from catalog_jobs.evaluate.plots.failures_sheet import MOST_BYTES, Tile, fitted, new_sheet, save_sheet
from serve_app.models.garment_parser import GarmentParserModel


def test_a_sheet_of_noise_still_fits_into_a_repository(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), np.uint8)
    grid = new_sheet("noise", 5, 10, (1.2, 1.2))
    for index in range(50):
        grid.place(Tile(noise, "said one thing\ntrue another"), index // 10, index % 10)
    path = save_sheet(grid.figure, tmp_path, "noise")
    assert 50_000 < path.stat().st_size <= MOST_BYTES


def test_tiles_and_their_captions_do_not_overlap() -> None:
    grid = new_sheet("title", 3, 4, (1.2, 1.2))
    picture = np.zeros((50, 80, 3), np.uint8)
    axes = [
        grid.place(Tile(picture, "looked for:\nlongsleeve 0.99"), row, column)
        for row in range(3)
        for column in range(4)
    ]
    grid.figure.canvas.draw()
    renderer = grid.figure.canvas.get_renderer()  # type: ignore[attr-defined]  # an Agg canvas has it
    boxes = [one.get_tightbbox(renderer) for one in axes] + [grid.figure.texts[0].get_window_extent(renderer)]
    assert not [
        (a, b) for i, a in enumerate(boxes) for b in boxes[:i] if a is not None and b is not None and a.overlaps(b)
    ]


def test_a_picture_keeps_its_shape_within_a_tile() -> None:
    tall = fitted(np.zeros((200, 100, 3), np.uint8), (130, 100))
    assert tall.shape == (100, 130, 3)
    assert (tall[:, 45:85] == 0).all()
    assert (tall[:, :30] == 255).all()


def test_without_mistakes_there_is_no_sheet(tmp_path: Path) -> None:
    assert plot_class_failures({"mistakes": []}, [], tmp_path) == []
    assert plot_search_failures({"mistakes": [], "asked_from": 5}, [], tmp_path) == []
    assert plot_instance_failures({"misses": [], "distractors": 5, "seed": 0}, [], [], tmp_path) == []


def test_wrong_classes_are_shown(class_folder: Path, tmp_path: Path) -> None:
    photos = Given(images=class_folder).class_photos()
    mistakes = [{"picture": photo.key, "said": "blue", "true": photo.kind, "chance": 0.5} for photo in photos[:3]]
    made = plot_class_failures({"mistakes": mistakes}, photos, tmp_path)
    assert [path.name for path in made] == ["failures_classes.jpg"]
    assert cv2.imread(str(made[0])) is not None


def test_the_photos_with_the_lowest_pixel_accuracy_are_shown(data_folder: Path, tmp_path: Path) -> None:
    folder = Given(data=data_folder).labelled_photos()
    assert isinstance(folder, LabelledFolder)
    model = GarmentParserModel()
    report = measure(model, folder, 240, 1, watch=False)
    accuracy = report.samples["pixel_accuracy"]
    worst = [float(accuracy.only([name]).values(np.ones((1, 1)))[0]) for name in worst_photos(report)]
    assert len(worst) == 6
    assert worst == sorted(worst)
    (made,) = plot_parser_failures(report, model, folder, tmp_path)
    assert 10_000 < made.stat().st_size <= MOST_BYTES


def test_each_group_has_a_colour_of_its_own() -> None:
    groups = GarmentParserModel().groups
    assert len(set(colors_of(groups))) == len(groups) == len(GROUP_RGB) + 1


def test_nobody_can_be_recognised_on_a_sheet() -> None:
    stripes = np.zeros((200, 200, 3), np.uint8)
    stripes[:, ::2] = 255
    face = np.zeros((200, 200), np.bool_)
    face[50:90, 60:100] = True
    seen = with_faces_blurred(stripes, face)
    assert seen[50:90, 60:100].std() < 5
    assert (seen[150:] == stripes[150:]).all()
