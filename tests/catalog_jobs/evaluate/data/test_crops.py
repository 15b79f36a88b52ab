import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from catalog_jobs.evaluate.data.crops import cut_garments, pieces
from catalog_jobs.evaluate.data.labelled import LabelledFolder
from catalog_jobs.evaluate.data.sources import open_labelled
from serve_app.models.pictures import crop_masked
from tests.catalog_jobs.evaluate.drawn import NAMES, PANTS, TOPS


def opened(folder: Path) -> LabelledFolder:
    return open_labelled(folder / "photos", folder / "masks", folder / "labels.json", folder / "groups.json", None)


def test_every_garment_is_a_crop_with_its_type_and_the_colour_of_its_pixels(labelled_folder: Path) -> None:
    crops = cut_garments(opened(labelled_folder))
    of_first = [crop for crop in crops if crop.photo == NAMES[0]]
    assert [(crop.type, crop.number) for crop in of_first] == [("top", 0), ("pants", 0), ("shoes", 0), ("shoes", 1)]
    for name, top, pants in zip(NAMES, TOPS, PANTS, strict=True):
        named = {crop.type: crop.color for crop in crops if crop.photo == name}
        assert (named["top"], named["pants"], named["shoes"]) == (top, pants, "black")


def test_both_shoes_of_a_photo_are_one_garment(labelled_folder: Path) -> None:
    shoes = [crop for crop in cut_garments(opened(labelled_folder)) if crop.type == "shoes"]
    assert len({crop.garment for crop in shoes}) == len(shoes) / 2


def test_a_crop_is_cut_as_the_server_cuts_it_and_its_box_has_the_same_margin(labelled_folder: Path) -> None:
    folder = opened(labelled_folder)
    photo = next(iter(folder.read()))
    top = cut_garments(folder)[0]
    served = crop_masked(photo.pixels, photo.labels == 2)
    assert np.array_equal(top.served, served)
    assert top.pixels.shape == served.shape


def test_pieces_under_the_least_size_are_left_out() -> None:
    mask = np.zeros((40, 40), np.bool_)
    mask[2:10, 2:10] = mask[20:22, 20:22] = True
    assert [int(piece.sum()) for piece in pieces(mask, 10)] == [64]


def test_label_images_without_garments_are_refused(labelled_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bare"
    shutil.copytree(labelled_folder, folder)
    for path in (folder / "masks").iterdir():
        cv2.imwrite(str(path), np.zeros((240, 160), np.uint8))
    with pytest.raises(ValueError, match=r"no garment was found in 8 label images"):
        cut_garments(opened(folder))
