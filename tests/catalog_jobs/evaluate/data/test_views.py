import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_jobs.evaluate.data.crops import Crop
from catalog_jobs.evaluate.data.views import Style, hide_side, photo_view, random_view, random_window, view_of_crop

PIXELS = np.random.default_rng(0).integers(60, 110, (80, 60, 3), np.uint8)
MASK = np.zeros((80, 60), np.bool_)
MASK[10:70, 20:45] = True
CROP = Crop("photo", "top", 0, "red", PIXELS, MASK)


@settings(max_examples=50)
@given(st.integers(0, 10**6), st.integers(3, 90), st.integers(3, 90))
def test_a_window_has_half_of_the_area_or_more_and_shows_some_of_the_garment(
    seed: int, height: int, width: int
) -> None:
    mask = np.zeros((height, width), np.bool_)
    mask[height // 3 : height // 3 + 1, width // 3] = True
    rows, columns = random_window(mask, np.random.default_rng(seed))
    area = (rows.stop - rows.start) * (columns.stop - columns.start)
    assert area >= 0.5 * height * width - max(height, width)
    assert mask[rows, columns].any()


def test_the_same_seed_makes_the_same_view_and_another_one_another() -> None:
    first, again, other = (random_view(PIXELS, MASK, np.random.default_rng(seed))[0] for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert first.shape != other.shape or not np.array_equal(first, other)


@pytest.mark.parametrize("style, ground", [("grey", 127), ("white", 255), ("hidden", 127)])
def test_styles_differ_in_their_ground(style: Style, ground: int) -> None:
    view = view_of_crop(CROP, style, np.random.default_rng(3))
    assert (view == ground).all(2).mean() > 0.1


def test_on_the_photo_the_surroundings_stay() -> None:
    view = view_of_crop(CROP, "photo", np.random.default_rng(3))
    assert not (view == 127).all(2).any()


@given(st.integers(0, 10**6))
def test_a_fifth_to_two_fifths_of_a_garment_are_hidden(seed: int) -> None:
    visible = hide_side(MASK, np.random.default_rng(seed))
    assert 0.55 < visible.sum() / MASK.sum() < 0.85
    assert not (visible & ~MASK).any()


def test_a_photo_comes_back_closer_with_its_truth_on_the_same_grid() -> None:
    groups = np.zeros((300, 200), np.uint8)
    groups[100:200, 50:150] = 3
    pixels = np.repeat(np.where(groups == 3, 200, 20).astype(np.uint8)[..., None], 3, axis=2)
    plain, truth = photo_view(pixels, groups, (90, 160), None)
    closer, truth_closer = photo_view(pixels, groups, (90, 160), np.random.default_rng(0))
    assert plain.shape == closer.shape == (160, 90, 3)
    assert (truth_closer == 3).sum() > (truth == 3).sum()
    assert plain[truth == 3].mean() > 190 and plain[truth == 0].mean() < 30
