from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from catalog_jobs.evaluate.data.returning import returning_reels
from catalog_jobs.evaluate.data.sources import Given


def test_two_of_five_photos_come_back_and_not_next_to_themselves(data_folder: Path) -> None:
    folder = Given(data=data_folder).labelled_photos()
    assert folder is not None
    ((name, shots),) = returning_reels(folder, 0)
    photos = [shot.photo for shot in shots]
    assert name == "returning_000"
    assert len(photos) == 7 and len(set(photos)) == 5
    assert all(one != other for one, other in pairwise(photos))
    assert all(shot.frame.shape[:2] == shot.groups.shape for shot in shots)
    again = [shot.photo for _, shots in returning_reels(folder, 0) for shot in shots]
    assert again == photos


def test_too_few_photos_are_refused(data_folder: Path) -> None:
    folder = Given(data=data_folder).labelled_photos()
    assert folder is not None
    with pytest.raises(ValueError, match="a reel is made of 5 photos, and 4 were given"):
        next(returning_reels(replace(folder, pairs=folder.pairs[:4]), 0))
