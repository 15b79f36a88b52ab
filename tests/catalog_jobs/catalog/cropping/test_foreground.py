"""Garments drawn on grounds, so that it is known where they are."""

import cv2
import numpy as np
import pytest

from catalog_jobs.catalog.cropping.foreground import find_foreground
from catalog_jobs.catalog.cropping.ground import find_ground, lab_of
from catalog_jobs.catalog.sample.writing import shoot, shots
from serve_app.contract import Mask
from serve_app.models.pictures import Image
from tests.catalog_jobs.catalog.cropping.stock import article, plain
from tests.catalog_jobs.catalog.sample.masks import silhouette


def iou(one: Mask, other: Mask) -> float:
    return float((one & other).sum() / (one | other).sum())


@pytest.mark.parametrize(
    "kind, place",
    [
        pytest.param("t_shirt", 0, id="white on white"),
        pytest.param("t_shirt", 1, id="black"),
        pytest.param("wrap_dress", 0, id="printed"),
        pytest.param("coat", 0, id="camel"),
        pytest.param("pumps", 0, id="a pair that touches"),
        pytest.param("socks", 0, id="a pair"),
        pytest.param("beanie", 0, id="hat"),
    ],
)
def test_a_garment_on_its_ground_is_found_to_its_outline(kind: str, place: int) -> None:
    one = article(kind, place)
    drawing = one.cut.draw()
    shot = shots(one, drawing)[0]
    found = find_foreground(shoot(shot, drawing, seed=1))
    assert found is not None
    assert iou(found.mask, silhouette(drawing, shot.view)) > 0.8


def test_the_hole_of_a_handle_is_an_opening() -> None:
    one = article("shoulder_bag")
    drawing = one.cut.draw()
    shot = shots(one, drawing)[0]
    truth = silhouette(drawing, shot.view)
    found = find_foreground(shoot(shot, drawing, seed=1))
    assert found is not None
    assert iou(found.mask, truth) < 0.6
    assert iou(found.mask & ~found.openings, truth) > 0.8


def blot(pixels: Image, color: tuple[int, int, int]) -> tuple[Image, Mask]:
    """A garment of one colour in the middle, and where it is."""
    inside = np.zeros(pixels.shape[:2], np.uint8)
    height, width = pixels.shape[:2]
    cv2.ellipse(inside, (width // 2, height // 2), (width // 4, height // 4), 0, 0, 360, 1, -1)
    return np.where(inside[..., None] > 0, np.array(color, np.uint8), pixels), inside > 0


@pytest.mark.parametrize(
    "color", [(20, 20, 20), (250, 250, 250), (200, 30, 40), (240, 240, 180)], ids=["black", "white", "red", "cream"]
)
def test_any_colour_is_told_from_a_pale_ground(color: tuple[int, int, int]) -> None:
    picture, truth = blot(plain(ground=225), color)
    found = find_foreground(picture)
    assert found is not None and iou(found.mask, truth) > 0.93
    assert found.score == 1


def test_light_that_falls_off_over_the_ground_is_ground() -> None:
    fall = np.linspace(-45, 10, 400)[:, None, None] + np.linspace(-15, 15, 300)[None, :, None]
    picture, truth = blot(np.clip(plain() + fall, 0, 255).astype(np.uint8), (30, 60, 160))
    found = find_foreground(picture)
    assert found is not None and iou(found.mask, truth) > 0.93


def test_a_soft_shadow_is_ground() -> None:
    _, truth = blot(plain(), (0, 0, 0))
    soft = cv2.GaussianBlur(np.roll(truth, (14, 14), (0, 1)).astype(np.float32), (0, 0), 12)
    shaded = (plain() * (1 - 0.2 * soft[..., None])).astype(np.uint8)
    found = find_foreground(np.where(truth[..., None], np.array((40, 90, 60), np.uint8), shaded))
    assert found is not None and iou(found.mask, truth) > 0.9


def test_what_stands_at_the_border_beside_the_garment_is_left_out() -> None:
    picture, truth = blot(plain(), (30, 60, 160))
    picture = picture.copy()
    picture[180:220, :12] = (90, 60, 30)
    picture[20:24, 20:24] = 0
    found = find_foreground(picture)
    assert found is not None and iou(found.mask, truth) > 0.93


def test_a_garment_that_the_border_cuts_is_found() -> None:
    picture = plain()
    picture[250:, 100:200] = (30, 60, 160)
    found = find_foreground(picture)
    assert found is not None and found.mask[399, 150]
    assert 0.85 < found.score < 0.95


def test_noise_has_no_ground() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (200, 200, 3), np.uint8)
    assert find_foreground(noise) is None


def test_an_empty_ground_holds_nothing() -> None:
    assert find_foreground(plain()) is None


def test_a_ground_says_how_even_it_is() -> None:
    even = find_ground(lab_of(plain()), 0.6)
    rough = np.random.default_rng(1).normal(200, 9, (200, 200, 3)).clip(0, 255).astype(np.uint8)
    uneven = find_ground(lab_of(rough), 0.3)
    assert even is not None and uneven is not None
    assert even.spread < 1 < uneven.spread
