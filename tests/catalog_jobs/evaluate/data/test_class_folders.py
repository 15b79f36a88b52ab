from pathlib import Path

import pytest

from catalog_jobs.evaluate.data.class_folders import classes_of, list_class_photos
from catalog_jobs.evaluate.held_out import is_held_out


def test_every_picture_is_of_the_class_of_its_folder(class_folder: Path) -> None:
    photos = list_class_photos(class_folder, only_held_out=False)
    assert len(photos) == 12
    assert classes_of(photos) == ("blue", "red")
    assert photos[0].read().shape == (60, 50, 3)
    assert len({photo.key for photo in photos}) == 12


def test_of_the_held_out_part_nothing_else_is_taken(class_folder: Path) -> None:
    photos = list_class_photos(class_folder, only_held_out=True)
    assert len(photos) == 4
    assert all(is_held_out(photo.path.name) for photo in photos)


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nowhere is no folder; give a folder of class folders"):
        list_class_photos(tmp_path / "nowhere", only_held_out=False)


def test_a_folder_without_class_folders_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="has no class folders"):
        list_class_photos(tmp_path, only_held_out=False)


def test_an_empty_class_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "hat").mkdir()
    with pytest.raises(ValueError, match=r"class folder .*hat holds no picture; add"):
        list_class_photos(tmp_path, only_held_out=False)


def test_a_file_that_is_no_picture_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "hat").mkdir()
    (tmp_path / "hat" / "a.jpg").write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"a\.jpg is not a picture.*remove or replace it"):
        list_class_photos(tmp_path, only_held_out=False)[0].read()
