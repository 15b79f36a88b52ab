"""The fit of how sure finds are recovers what made them right."""

import numpy as np
import pytest

from catalog_jobs.parser.certainty import Find, alike, fit_certainty, framed
from catalog_jobs.parser.photos import Photo
from serve_app.models.certainty import EVIDENCE

NOTHING = (0.0,) * len(EVIDENCE)


def finds(n: int, slope: float, bias: float, seed: int = 0) -> list[Find]:
    """Finds whose first number alone makes them right, on a logistic curve."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(n):
        evidence = tuple(float(x) for x in rng.normal(0, 1, len(EVIDENCE)))
        chance = 1 / (1 + np.exp(-(slope * evidence[0] + bias)))
        made.append(Find("top", evidence, bool(rng.random() < chance)))
    return made


def test_the_curve_that_made_the_finds_is_found_again() -> None:
    fitted = fit_certainty(finds(6000, 2.0, -0.5), ["top", "bag"])
    assert fitted.weights[0] == pytest.approx(2.0, abs=0.2)
    assert np.abs(fitted.weights[1:]).max() < 0.15
    assert fitted.biases["top"] == pytest.approx(-0.5, abs=0.15)
    assert "bag" in fitted.biases


def test_its_chances_come_true() -> None:
    fitted = fit_certainty(finds(4000, 1.5, 0.3), ["top"])
    fresh = finds(4000, 1.5, 0.3, seed=1)
    chances = np.array([fitted.chance("top", find.evidence) for find in fresh])
    right = np.array([find.is_right for find in fresh])
    for low in (0.1, 0.3, 0.5, 0.7):
        inside = (chances >= low) & (chances < low + 0.2)
        assert right[inside].mean() == pytest.approx(chances[inside].mean(), abs=0.06)


def test_a_heavy_find_counts_for_many() -> None:
    few = [Find("top", NOTHING, True)] * 10 + [Find("top", NOTHING, False, 10.0)]
    many = [Find("top", NOTHING, True)] * 10 + [Find("top", NOTHING, False)] * 10
    assert fit_certainty(few, ["top"]).biases["top"] == pytest.approx(fit_certainty(many, ["top"]).biases["top"])


def test_what_is_taken_for_a_group_counts_as_it() -> None:
    assert alike("dress") == {"dress", "skirt", "top", "outerwear"}
    assert alike("hat") == {"hat"}


def test_a_framing_is_a_part_of_the_photo_with_its_groups() -> None:
    groups = np.zeros((300, 200), np.uint8)
    groups[100:200, 50:150] = 3
    photo = Photo("x", np.repeat(groups[..., None] * 60, 3, 2), groups, 5)
    for share in (1.0, 0.5, 0.3):
        pixels, truth = framed(photo, share, np.random.default_rng(1))
        assert pixels.shape[:2] == truth.shape
        assert pixels.shape[1] == 720
        agree = (pixels[..., 0] > 90) == (truth == 3)
        assert agree.mean() > 0.98
