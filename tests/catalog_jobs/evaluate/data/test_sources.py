import shutil
from pathlib import Path

import pytest

from catalog_jobs.evaluate.data.sources import Given
from tests.catalog_jobs.evaluate.drawn import NAMES, write_data


def test_data_stands_for_the_held_out_parts(tmp_path: Path) -> None:
    data = write_data(tmp_path / "data")
    shutil.copy(data / "ccp" / "photos" / f"{NAMES[0]}.jpg", data / "ccp" / "photos" / "trained_on.jpg")
    shutil.copy(data / "ccp" / "masks" / f"{NAMES[0]}.png", data / "ccp" / "masks" / "trained_on.png")
    labelled = Given(data=data).labelled_photos()
    assert labelled is not None
    assert sorted(photo.stem for photo, _ in labelled.pairs) == sorted(NAMES)
    assert len(Given(data=data).class_photos()) == 4
    assert Given(data=data).reels_folder() is None


def test_folders_given_by_themselves_are_used_whole(data_folder: Path, tmp_path: Path) -> None:
    ccp = data_folder / "ccp"
    (tmp_path / "names.txt").write_text(f"{NAMES[2]}\n{NAMES[1]}")
    given = Given(
        images=data_folder / "clothing",
        photos=ccp / "photos",
        masks=ccp / "masks",
        labels=ccp / "labels.json",
        groups=ccp / "groups.json",
        names=tmp_path / "names.txt",
    )
    labelled = given.labelled_photos()
    assert labelled is not None
    assert [photo.stem for photo, _ in labelled.pairs] == [NAMES[2], NAMES[1]]
    assert len(given.class_photos()) == 12


def test_nothing_given_is_nothing_to_measure_on() -> None:
    assert Given().labelled_photos() is None
    assert Given().class_photos() == []
    assert Given().reels_folder() is None


def test_photos_without_their_masks_are_refused_by_the_missing_option(data_folder: Path) -> None:
    with pytest.raises(ValueError, match="--masks is missing"):
        Given(photos=data_folder / "ccp" / "photos").labelled_photos()


def test_data_without_a_part_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"clothing is no folder; give --data a folder with clothing/ and ccp/"):
        Given(data=tmp_path).class_photos()


def test_data_without_held_out_photos_names_the_way_out(tmp_path: Path) -> None:
    data = write_data(tmp_path / "data")
    for index, name in enumerate(NAMES):
        (data / "ccp" / "photos" / f"{name}.jpg").rename(data / "ccp" / "photos" / f"other{index}.jpg")
        (data / "ccp" / "masks" / f"{name}.png").rename(data / "ccp" / "masks" / f"other{index}.png")
    with pytest.raises(ValueError, match=r"no held-out photo; give --photos"):
        Given(data=data).labelled_photos()
