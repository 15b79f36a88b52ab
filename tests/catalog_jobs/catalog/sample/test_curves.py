"""Outlines: where they run, where they turn, and that halves mirror."""

import numpy as np
import pytest

from catalog_jobs.catalog.sample.curves import (
    AXIS,
    band,
    closed,
    flipped,
    knots_of,
    mirrored,
    moved,
    opened,
    oval,
    rectangle,
    turned,
)  # fmt: skip


def area(points: np.ndarray) -> float:
    x, y = points.T
    return abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2


def test_knots_are_read_as_they_are_written() -> None:
    assert knots_of("10,20 30.5,-40!") == [(10.0, 20.0), (30.5, -40.0, 1)]
    assert knots_of("") == []


def test_an_outline_of_corners_has_straight_sides() -> None:
    square = closed("0,0! 10,0! 10,10! 0,10!")
    assert len(square) == 4
    assert area(square) == 100


def test_an_outline_starts_again_at_a_corner_wherever_it_stands() -> None:
    one, other = closed("0,0! 10,0 10,10 0,10"), closed("10,0 10,10 0,10 0,0!")
    assert np.allclose(one, other)


def test_a_curve_runs_through_its_knots_and_does_not_overshoot() -> None:
    line = opened("0,0 10,0 10,10 20,10")
    for knot in [(0, 0), (10, 0), (10, 10), (20, 10)]:
        assert np.min(np.hypot(*(line - knot).T)) < 1e-9
    assert line[:, 1].min() > -2 and line[:, 1].max() < 12


def test_a_round_of_knots_without_corners_is_near_a_circle() -> None:
    ring = closed(*[(np.cos(a) * 50, np.sin(a) * 50) for a in np.arange(8) * np.pi / 4])
    assert np.allclose(np.hypot(*ring.T), 50, atol=1.0)


def test_a_mirrored_outline_is_its_own_mirror_image() -> None:
    shape = mirrored("0,10 50,20! 60,100 40,200! 0,210")
    image = flipped(shape)
    assert area(shape) == pytest.approx(area(image))
    assert all(np.min(np.hypot(*(shape - point).T)) < 1e-6 for point in image)
    assert (shape.min(axis=0) + shape.max(axis=0))[0] / 2 == pytest.approx(AXIS)


def test_a_band_is_as_wide_as_asked() -> None:
    strip = band(opened("0,0 100,0"), 10, 20)
    assert np.ptp(strip[:, 1]) == pytest.approx(20)
    assert area(strip) == pytest.approx(1500)


def test_turning_by_90_degrees_goes_clockwise_as_seen() -> None:
    assert np.allclose(turned(np.array([[10.0, 0.0]]), (0, 0), 90), [[0, 10]])
    assert np.allclose(moved(rectangle(0, 0, 10, 20), 5, 0, turn=180), rectangle(0, 0, 10, 20)[[2, 3, 0, 1]] + [5, 0])


def test_ovals_and_rounded_rectangles_have_the_area_of_their_measures() -> None:
    assert area(oval(5, 5, 10, 20)) == pytest.approx(np.pi * 200, rel=0.01)
    assert area(rectangle(0, 0, 40, 20, 5)) == pytest.approx(800 - (4 - np.pi) * 25, rel=0.01)
