"""Outlines in the units of a picture (600×800): smooth curves through knots, mirrored halves, bands, ovals."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 600, 800
AXIS = WIDTH / 2
STEPS = 12

Points = NDArray[np.float64]
# (x, y) where the curve runs on smoothly; a third number, of any value, makes it a corner.
Knot = tuple[float, ...]


def knots_of(text: str) -> list[Knot]:
    """Knots as they are written: "x,y" where the curve runs on smoothly, "x,y!" at a corner.

    >>> knots_of("10,20 30.5,40!")
    [(10.0, 20.0), (30.5, 40.0, 1)]
    """
    knots: list[Knot] = []
    for word in text.split():
        x, y = word.rstrip("!").split(",")
        knots.append((float(x), float(y), 1) if word.endswith("!") else (float(x), float(y)))
    return knots


def _all(given: Sequence[Knot | str]) -> list[Knot]:
    return [knot for one in given for knot in (knots_of(one) if isinstance(one, str) else [one])]


def closed(*given: Knot | str) -> Points:
    """The outline (N×2) through the knots and back to the first."""
    knots = _all(given)
    sharp = [index for index, knot in enumerate(knots) if len(knot) > 2]
    if not sharp:
        return _spline([(*knot[:2], 0) if index == 0 else knot for index, knot in enumerate(knots)], is_loop=True)
    turned = [*knots[sharp[0] :], *knots[: sharp[0]], knots[sharp[0]]]
    return _runs(turned)[:-1]


def opened(*given: Knot | str) -> Points:
    """The line (N×2) through the knots."""
    return _runs(_all(given))


def mirrored(*half: Knot | str) -> Points:
    """A symmetric outline from its half: knots (distance from the middle, y), from the top to the bottom."""
    return closed(*both_sides(_all(half)))


def both_sides(half: Sequence[Knot]) -> list[Knot]:
    """The knots of both halves in one round, clockwise from the top; those on the axis come once."""
    right = [(AXIS + knot[0], *knot[1:]) for knot in half]
    left = [(AXIS - knot[0], *knot[1:]) for knot in half if knot[0] != 0]
    return [*right, *reversed(left)]


def flipped(points: Points) -> Points:
    """The mirror image about the vertical axis of the picture."""
    return np.asarray((points * [-1, 1] + np.array([WIDTH, 0]))[::-1], np.float64)


def moved(points: Points, dx: float = 0, dy: float = 0, scale: float = 1, turn: float = 0) -> Points:
    """Scaled and turned (degrees, clockwise) about the middle of the points, then moved."""
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    return np.asarray(turned(points, (float(middle[0]), float(middle[1])), turn, scale) + np.array([dx, dy]))


def turned(points: Points, about: tuple[float, float], turn: float, scale: float = 1) -> Points:
    """Turned (degrees, clockwise as seen) and scaled about a point."""
    angle = np.radians(turn)
    spin = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.asarray((points - about) @ spin * scale + about)


def band(spine: Points, *widths: float) -> Points:
    """The outline of a strip along a line, its width running evenly through the values given."""
    left, right = rails(spine, *widths)
    return np.concatenate([left, right[::-1]])


def rails(spine: Points, *widths: float) -> tuple[Points, Points]:
    """The two edges of such a strip, left and right of the way along it."""
    steps = np.gradient(spine, axis=0)
    length = np.maximum(np.hypot(*steps.T), 1e-6)
    normals = np.column_stack([steps[:, 1], -steps[:, 0]]) / length[:, None]
    way = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(spine, axis=0).T))])
    half = np.interp(way / way[-1], np.linspace(0, 1, len(widths)), widths)[:, None] / 2
    return spine + normals * half, spine - normals * half


def oval(x: float, y: float, rx: float, ry: float | None = None, turn: float = 0) -> Points:
    """An ellipse, or a circle where one radius is given."""
    angles = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    shape = np.column_stack([np.cos(angles) * rx, np.sin(angles) * (rx if ry is None else ry)])
    return turned(shape + np.array([x, y]), (x, y), turn)


def rectangle(x0: float, y0: float, x1: float, y1: float, corner: float = 0) -> Points:
    """A rectangle, its corners rounded."""
    if corner == 0:
        return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float64)
    arcs = []
    for cx, cy, start in ((x1, y0, -90), (x1, y1, 0), (x0, y1, 90), (x0, y0, 180)):
        angles = np.radians(np.linspace(start, start + 90, 8))
        middle = (cx - corner if cx == x1 else cx + corner, cy - corner if cy == y1 else cy + corner)
        arcs.append(np.column_stack([np.cos(angles), np.sin(angles)]) * corner + middle)
    return np.concatenate(arcs)


def _runs(knots: list[Knot]) -> Points:
    ends = [0, *(i for i in range(1, len(knots) - 1) if len(knots[i]) > 2), len(knots) - 1]
    runs = [_spline(knots[start : end + 1]) for start, end in pairwise(ends)]
    return np.concatenate([run[:-1] for run in runs] + [runs[-1][-1:]])


def _spline(knots: Sequence[Knot], is_loop: bool = False) -> Points:
    """Centripetal Catmull-Rom through the knots (Yuksel 2011): no loops and no overshoot between near knots."""
    points = np.array([knot[:2] for knot in knots], np.float64)
    if is_loop:
        points = np.concatenate([points[-1:], points, points[:2]])
    elif len(points) == 2:
        return points
    else:
        points = np.concatenate([[2 * points[0] - points[1]], points, [2 * points[-1] - points[-2]]])
    pieces = [_segment(*points[i : i + 4]) for i in range(len(points) - 3)]
    line = np.concatenate([piece[:-1] for piece in pieces])
    return line if is_loop else np.concatenate([line, pieces[-1][-1:]])


def _segment(p0: Points, p1: Points, p2: Points, p3: Points) -> Points:
    t1, t2, t3 = np.cumsum([max(float(np.hypot(*(b - a))) ** 0.5, 1e-6) for a, b in ((p0, p1), (p1, p2), (p2, p3))])
    t = np.linspace(t1, t2, STEPS)[:, None]
    a1 = (t1 - t) / t1 * p0 + t / t1 * p1
    a2 = (t2 - t) / (t2 - t1) * p1 + (t - t1) / (t2 - t1) * p2
    a3 = (t3 - t) / (t3 - t2) * p2 + (t - t2) / (t3 - t2) * p3
    b1 = (t2 - t) / t2 * a1 + t / t2 * a2
    b2 = (t3 - t) / (t3 - t1) * a2 + (t - t1) / (t3 - t1) * a3
    return np.asarray((t2 - t) / (t2 - t1) * b1 + (t - t1) / (t2 - t1) * b2)
