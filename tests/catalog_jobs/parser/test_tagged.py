"""A parser's label images for tagged photos keep to what people saw."""

import numpy as np
import pytest

from catalog_jobs.parser.photos import IGNORE, Groups
from catalog_jobs.parser.tagged import label_image, tagged_groups
from serve_app.models.garment_parser import Parsing

LABELS = ["null", "skin", "hair", "dress", "skirt", "boots"]
GROUPS = Groups(
    ("background", "skin", "hair", "dress", "skirt", "shoes"), np.array([0, 1, 2, 3, 4, 5] + [IGNORE] * 250, np.uint8)
)


class Certain:
    """A parser that takes the left half for a skirt, a little less for a dress, and the right for background."""

    def prepare(self, picture: np.ndarray, _long_side_px: int) -> np.ndarray:
        return picture

    def infer(self, prepared: list[np.ndarray]) -> list[Parsing]:
        height, width = prepared[0].shape[:2]
        is_left = prepared[0][::4, ::4, 0] > 127
        logits = np.full((6, height // 4, width // 4), -4, np.float32)
        logits[0][~is_left] = 6
        logits[4][is_left] = 6
        logits[3][is_left] = 5
        return [Parsing(logits, np.zeros((2, *is_left.shape), np.float32))]


def test_the_groups_that_are_allowed_are_those_of_the_tags_and_the_body() -> None:
    assert tagged_groups(GROUPS, LABELS, ["null", "boots"]).tolist() == [True, True, True, False, False, True]


@pytest.mark.parametrize(("tags", "wanted"), [(["dress"], 3), (["skirt"], 4), (["dress", "skirt"], 4)])
def test_what_nobody_saw_is_never_answered(tags: list[str], wanted: int) -> None:
    pixels = np.zeros((80, 80, 3), np.uint8)
    pixels[:, :40] = 255
    image = label_image([Certain()], pixels, tagged_groups(GROUPS, LABELS, tags))  # type: ignore[list-item]
    assert (image[10:70, 4:34] == wanted).all()
    assert (image[10:70, 46:76] == 0).all()
