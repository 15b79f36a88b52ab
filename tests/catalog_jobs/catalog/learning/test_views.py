"""Views are gentle: no word said of a garment becomes wrong, its colour least of all."""

import cv2
import numpy as np
import pytest

from catalog_jobs.catalog.learning.views import COLORFULNESS, CONTRAST, LEAST_SIDE_SHARE, LIGHT, gentle_view, relit
from functions.tagging.color_names import ciede2000, from_hex, named_colors
from serve_app.models.pictures import Image

# Where a neighbouring basic colour is as good a word; see BORDER_WIDTH of the embedder's captions.
STILL_THE_WORD = 9.0


def swatch(code: str) -> Image:
    """A colour with folds, half of it in the ground's grey."""
    rgb = np.array([int(code[at : at + 2], 16) for at in (1, 3, 5)], np.float32)
    folds = 1 + 0.1 * np.sin(np.linspace(0, 9, 40))[None, :, None]
    picture = np.clip(rgb * np.repeat(folds, 40, 0), 0, 255).astype(np.uint8)
    picture[:20] = 127
    return picture


def lab_of(picture: Image) -> np.ndarray:
    lab = cv2.cvtColor(picture[20:].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    return np.asarray(np.median(lab.reshape(-1, 3), axis=0))


@pytest.mark.parametrize("sign", [-1, 1])
def test_no_named_colour_becomes_another_at_the_utmost(sign: int) -> None:
    turned = []
    for color in named_colors():
        picture = swatch(color.hex)
        changed = relit(picture, 1 + sign * LIGHT, 1 + sign * CONTRAST, 1 + sign * COLORFULNESS)
        turned.append(float(ciede2000(lab_of(picture)[None], lab_of(changed))[0]))
    assert max(turned) < STILL_THE_WORD / 2
    assert max(turned) > 0.5
    assert from_hex("#ffffff").shape == (3,)


def test_the_ground_keeps_its_grey() -> None:
    assert (relit(swatch("#aa2233"), 1.06, 0.94, 1.08)[:20] == 127).all()
    ground = np.full((9, 9, 3), 127, np.uint8)
    assert (relit(ground, 1.06, 1.06, 1.08) == 127).all()


def test_a_view_shows_most_of_the_picture_and_is_another_each_time() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    views = [gentle_view(picture, np.random.default_rng(seed)) for seed in range(30)]
    assert all(
        view.shape[0] >= 60 * LEAST_SIDE_SHARE - 1 and view.shape[1] >= 80 * LEAST_SIDE_SHARE - 1 for view in views
    )
    assert len({view.tobytes() for view in views}) == 30
    again = gentle_view(picture, np.random.default_rng(4))
    assert again.tobytes() == views[4].tobytes()


def test_some_views_are_mirrored() -> None:
    picture = np.zeros((40, 40, 3), np.uint8)
    picture[:, 25:] = 200
    sides = {bool(gentle_view(picture, np.random.default_rng(seed))[:, :10].mean() > 100) for seed in range(20)}
    assert sides == {False, True}
