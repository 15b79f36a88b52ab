"""Views change what a camera changes and keep what the garment is."""

import numpy as np
import pytest

from catalog_jobs.embedder.garments import Garment
from catalog_jobs.embedder.views import GREY, PRINTS, drawing, lettering, partly_hidden, printed, recoloured, view
from functions.tagging.color import cloth_color, name_color


def red_square() -> Garment:
    """A plain red garment in the middle of a green picture."""
    pixels = np.full((120, 100, 3), (30, 140, 40), np.uint8)
    mask = np.zeros((120, 100), np.bool_)
    mask[20:100, 20:80] = True
    pixels[mask] = (190, 30, 35)
    cloth = cloth_color(pixels, mask)
    assert cloth is not None
    return Garment(pixels, mask, "top", cloth, name_color(cloth).basic, {"pattern": "solid"}, "x")


def test_a_cut_view_shows_nothing_of_the_surroundings() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        seen = view(red_square(), 96, rng, "cut").astype(int)
        greenish = (seen[..., 1] - seen[..., 0] > 40) & (seen[..., 1] - seen[..., 2] > 40)
        assert seen.shape == (96, 96, 3)
        assert greenish.mean() < 0.36  # only what is held before it may be green


def test_views_differ_and_the_same_seed_repeats_them() -> None:
    one, other = (view(red_square(), 64, np.random.default_rng(5)) for _ in range(2))
    assert (one == other).all()
    assert (one != view(red_square(), 64, np.random.default_rng(6))).any()


def test_a_recoloured_garment_has_the_colour_that_it_says() -> None:
    rng = np.random.default_rng(1)
    agreed = []
    for _ in range(30):
        changed = recoloured(red_square(), rng)
        assert changed.mask is not None
        measured = cloth_color(changed.pixels, changed.mask)
        assert measured is not None
        agreed.append(name_color(measured).basic == changed.basic)
        assert np.abs(changed.pixels[:10].astype(int) - red_square().pixels[:10]).max() <= 2
    assert np.mean(agreed) > 0.8


@pytest.mark.parametrize("pattern", PRINTS)
def test_a_print_covers_some_of_the_cloth_and_is_told(pattern: str) -> None:
    rng = np.random.default_rng(2)
    changed = printed(red_square(), pattern, rng)
    assert changed.known["pattern"] == pattern
    assert changed.mask is not None
    moved = np.abs(changed.pixels.astype(int) - red_square().pixels).sum(2) > 40
    assert 0.01 < moved[changed.mask].mean() < 0.99
    assert moved[~changed.mask].mean() < 0.02
    ink = drawing(pattern, (80, 60), 60.0, (30.0, 40.0), rng)
    assert ink.shape == (80, 60)
    assert 0 <= ink.min() <= ink.max() <= 1.0001


def test_stripes_have_one_direction_and_checks_two() -> None:
    def evenness(pattern: str, seed: int) -> float:
        """The weaker over the stronger eigenvalue of the structure tensor: 0 for one direction, 1 for all alike."""
        ink = drawing(pattern, (200, 200), 200.0, (100.0, 100.0), np.random.default_rng(seed))
        dy, dx = np.gradient(ink)
        weak, strong = np.linalg.eigvalsh([[(dx * dx).sum(), (dx * dy).sum()], [(dx * dy).sum(), (dy * dy).sum()]])
        return float(weak / strong)

    assert np.median([evenness("striped", seed) for seed in range(9)]) < 0.2
    assert np.median([evenness("checked", seed) for seed in range(9)]) > 0.5


def test_something_may_stand_before_it() -> None:
    hidden = partly_hidden(np.full((64, 64, 3), GREY + 50, np.uint8), np.random.default_rng(3))
    assert 0.03 < (hidden != GREY + 50).any(2).mean() < 0.5


def test_lettering_has_ink_and_ground() -> None:
    colors = np.unique(lettering(np.random.default_rng(9)).reshape(-1, 3), axis=0)
    assert len(colors) >= 2
