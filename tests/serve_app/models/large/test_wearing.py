"""Garments go to the people who wear them."""

import pytest

torch = pytest.importorskip("torch", reason="the large models need torch: pip install 'reelwear[models]'")

from torch import Tensor  # noqa: E402

from serve_app.models.large.wearing import assign_wearers, mask_boxes  # noqa: E402


def block(rows: slice, columns: slice) -> Tensor:
    mask: Tensor = torch.zeros(40, 60, dtype=torch.bool)
    mask[rows, columns] = True
    return mask


LARGE, SMALL = block(slice(0, 40), slice(0, 30)), block(slice(10, 40), slice(30, 50))
SHIRT, SHOE, SIGN = (
    block(slice(5, 20), slice(5, 25)),
    block(slice(35, 40), slice(32, 40)),
    block(slice(0, 8), slice(52, 60)),
)


def test_a_garment_goes_to_the_person_who_holds_most_of_it() -> None:
    assert assign_wearers(torch.stack([SHIRT, SHOE, SIGN]), torch.stack([LARGE, SMALL])) == [0, 1, None]


def test_people_are_numbered_by_size_in_whatever_order_they_come() -> None:
    assert assign_wearers(torch.stack([SHIRT, SHOE]), torch.stack([SMALL, LARGE])) == [0, 1]


@pytest.mark.parametrize(
    ("columns", "min_share", "wearer"),
    [
        pytest.param(slice(20, 40), 0.5, 0, id="half is enough"),
        pytest.param(slice(21, 41), 0.5, 1, id="the other one holds more"),
        pytest.param(slice(25, 59), 0.5, 1, id="most of it"),
        pytest.param(slice(25, 59), 0.6, None, id="nobody holds so much"),
        pytest.param(slice(50, 60), 0.0, None, id="nobody holds any"),
    ],
)
def test_less_than_the_share_is_nobodys(columns: slice, min_share: float, wearer: int | None) -> None:
    garment = block(slice(12, 22), columns)[None]
    assert assign_wearers(garment, torch.stack([LARGE, SMALL]), min_share) == [wearer]


def test_without_people_nobody_wears_anything() -> None:
    nobody = torch.zeros(0, 40, 60, dtype=torch.bool)
    assert assign_wearers(torch.stack([SHIRT, SHOE]), nobody) == [None, None]
    assert assign_wearers(nobody, torch.stack([LARGE])) == []
    assert assign_wearers(nobody, nobody) == []


def test_an_empty_garment_is_nobodys() -> None:
    assert assign_wearers(torch.zeros(1, 40, 60, dtype=torch.bool), LARGE[None]) == [None]


def test_large_masks_are_counted_to_the_pixel() -> None:
    people = torch.zeros(2, 1080, 1920, dtype=torch.bool)
    people[0, :, :960], people[1, :, 960:] = True, True
    garment = torch.ones(1, 1080, 1920, dtype=torch.bool)
    garment[0, 0, 0] = False
    assert assign_wearers(garment, people) == [1]


def test_boxes_are_tight() -> None:
    ring = LARGE & ~SHIRT
    assert mask_boxes(torch.stack([SHIRT, SHOE, ring, SIGN])).tolist() == [
        [5, 5, 25, 20],
        [32, 35, 40, 40],
        [0, 0, 30, 40],
        [52, 0, 60, 8],
    ]


def test_the_box_of_an_empty_mask_is_all_zeros() -> None:
    assert mask_boxes(torch.zeros(1, 40, 60, dtype=torch.bool)).tolist() == [[0, 0, 0, 0]]
    assert mask_boxes(torch.zeros(0, 40, 60, dtype=torch.bool)).shape == (0, 4)
