"""From a parsing grid to garments, on grids whose garments are known."""

import numpy as np
import pytest

from serve_app.models.garments import VOTE_UNIT_CELLS, Garment, find_garments
from serve_app.models.wearers import Floats

GROUPS = (
    "background", "skin", "hair", "top", "outerwear", "dress", "skirt", "pants", "shorts", "legwear", "shoes", "bag",
    "hat",
)  # fmt: skip
ROWS, COLUMNS = 112, 64
SIZE_WH = (720, 1280)


class Scene:
    """A grid on which garments are painted for people whose centres are known."""

    def __init__(self) -> None:
        self.logits: Floats = np.zeros((len(GROUPS), ROWS, COLUMNS), np.float32)
        self.logits[0] = 4.0
        self.centre = np.zeros((2, ROWS, COLUMNS), np.float32)

    def paint(
        self, group: str, x: int, y: int, w: int, h: int, centre: tuple[int, int] = (32, 56), lead: float = 4.0
    ) -> "Scene":
        rows, columns = slice(y, y + h), slice(x, x + w)
        self.logits[:, rows, columns] = 0.0
        self.logits[GROUPS.index(group), rows, columns] = lead
        self.centre[0, rows, columns], self.centre[1, rows, columns] = centre
        return self

    def garments(self) -> list[Garment]:
        ys, xs = np.mgrid[:ROWS, :COLUMNS]
        votes = (self.centre - np.stack([xs, ys])) / VOTE_UNIT_CELLS
        return find_garments(self.logits, votes.astype(np.float32), GROUPS, SIZE_WH)


def person(scene: Scene, x: int, centre: tuple[int, int]) -> Scene:
    """Hair, face, top, trousers and two shoes, 18 cells wide from x."""
    scene.paint("hair", x + 6, 4, 6, 4, centre).paint("skin", x + 6, 8, 6, 6, centre)
    scene.paint("top", x, 14, 18, 34, centre).paint("pants", x + 2, 48, 14, 44, centre)
    return scene.paint("shoes", x + 1, 94, 6, 8, centre).paint("shoes", x + 11, 94, 6, 8, centre)


def test_an_empty_frame_has_no_garments() -> None:
    assert Scene().garments() == []


def test_skin_and_hair_are_no_garments() -> None:
    assert Scene().paint("hair", 20, 5, 10, 10).paint("skin", 20, 15, 10, 60).garments() == []


def test_one_person_has_one_of_each() -> None:
    found = person(Scene(), 22, (31, 53)).garments()
    assert sorted(garment.label for garment in found) == ["pants", "shoes", "top"]
    assert {garment.wearer for garment in found} == {0}
    assert all(0.5 < garment.score <= 1 for garment in found)


def test_two_people_have_two_tops() -> None:
    scene = person(person(Scene(), 6, (15, 53)), 40, (49, 53))
    tops = [garment for garment in scene.garments() if garment.label == "top"]
    assert len(tops) == 2
    assert {garment.wearer for garment in tops} == {0, 1}
    left, right = sorted(tops, key=lambda garment: garment.box_xyxy[0])
    assert left.box_xyxy[2] < SIZE_WH[0] / 2 < right.box_xyxy[0]


def test_two_people_who_touch_have_two_tops() -> None:
    scene = person(person(Scene(), 14, (23, 53)), 32, (41, 53))
    tops = [garment for garment in scene.garments() if garment.label == "top"]
    assert len(tops) == 2
    assert not (tops[0].mask & tops[1].mask).any()


def test_a_top_cut_in_two_by_a_bag_is_one_top() -> None:
    scene = person(Scene(), 22, (31, 53)).paint("bag", 28, 14, 6, 34, (31, 53))
    tops = [garment for garment in scene.garments() if garment.label == "top"]
    assert len(tops) == 1
    x0, y0, x1, _ = tops[0].box_xyxy
    assert not tops[0].mask[int(y0) + 40, int((x0 + x1) / 2)]
    assert tops[0].mask[int(y0) + 40, int(x0) + 10]
    assert tops[0].mask[int(y0) + 40, int(x1) - 10]


def test_two_shoes_are_one_pair() -> None:
    shoes = [garment for garment in person(Scene(), 22, (31, 53)).garments() if garment.label == "shoes"]
    assert len(shoes) == 1


def test_the_mask_lies_where_the_cells_are() -> None:
    (top,) = Scene().paint("top", 10, 20, 20, 30).garments()
    width, height = SIZE_WH
    wanted = (10 * width / COLUMNS, 20 * height / ROWS, 30 * width / COLUMNS, 50 * height / ROWS)
    assert top.box_xyxy == pytest.approx(wanted, abs=6)
    assert top.mask.shape == (height, width)
    assert top.mask.mean() == pytest.approx(20 * 30 / (ROWS * COLUMNS), rel=0.05)


def test_specks_are_no_part_of_a_garment() -> None:
    scene = Scene().paint("top", 10, 20, 30, 30).paint("top", 55, 100, 2, 1)
    (top,) = scene.garments()
    assert not top.mask[SIZE_WH[1] * 80 // 100 :].any()


def test_a_tiny_item_is_dropped() -> None:
    assert Scene().paint("bag", 10, 20, 2, 2).garments() == []


def test_a_sliver_of_skirt_within_a_dress_is_dress() -> None:
    scene = Scene().paint("hair", 26, 4, 8, 10).paint("dress", 20, 14, 20, 50).paint("skirt", 20, 64, 20, 5, lead=0.2)
    scene.logits[GROUPS.index("dress"), 64:69, 20:40] = 0.1
    scene.logits[[GROUPS.index(name) for name in GROUPS if name not in ("dress", "skirt")], 64:69, 20:40] = -6
    (dress,) = scene.garments()
    assert dress.label == "dress"
    assert dress.box_xyxy[3] == pytest.approx(69 * SIZE_WH[1] / ROWS, abs=12)


def test_a_skirt_that_is_surely_one_stays_beside_a_top() -> None:
    scene = Scene().paint("hair", 26, 4, 8, 10).paint("top", 20, 14, 20, 30).paint("skirt", 20, 44, 20, 20)
    assert sorted(garment.label for garment in scene.garments()) == ["skirt", "top"]


def test_a_garment_on_nobody_counts_for_less_than_one_that_is_worn() -> None:
    alone = Scene().paint("top", 20, 14, 20, 30).garments()[0]
    worn = Scene().paint("top", 20, 14, 20, 30).paint("hair", 26, 4, 8, 10).garments()[0]
    assert alone.score < 0.7 * worn.score


def test_a_hat_on_nobody_counts_for_little() -> None:
    worn = person(Scene(), 22, (31, 53)).paint("hat", 28, 0, 6, 4, (31, 53)).garments()
    alone = Scene().paint("hat", 28, 0, 20, 10, (38, 5)).garments()
    assert [garment.score > 0.5 for garment in worn if garment.label == "hat"] == [True]
    assert [(garment.label, garment.score < 0.4) for garment in alone] == [("hat", True)]
