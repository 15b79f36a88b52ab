"""A map as a PNG: dots, or where there are few points their pictures; needs matplotlib."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from catalog_jobs.catalog.plotting.facets import Facet, kinds_in
from catalog_jobs.catalog.plotting.figures import EDGE, MARKERS, SOFT, titled_figure, words
from catalog_jobs.catalog.plotting.gallery import Image
from catalog_jobs.catalog.plotting.maps import Map
from catalog_jobs.catalog.plotting.points import Point, Vectors
from catalog_jobs.catalog.plotting.spreading import Places, arranged, without_overlap
from catalog_jobs.evaluate.plots.drawing import INK

MOST_PICTURES: Final = 150
MOST_LABELS: Final = 100
SIZE_IN: Final = (12.5, 9.6)
LEGEND_IN: Final = 2.35
HEAD_IN, FOOT_IN, LEFT_IN = 0.95, 0.6, 0.4
PICTURE_PX: Final = 220
MARGIN: Final = 1.06
LONGEST_SIDE: Final = 0.34
DOT_SIDE: Final = 0.03
# Of a label: its height, the gap above it, a letter's width, and the width that it has under a dot.
LABEL_HIGH, LABEL_GAP, LETTER, LEAST_LABEL = 0.034, 0.008, 0.0106, 0.14
# The same as in the page's geometry.
YAW_RAD, PITCH_RAD, NEARNESS, DEPTH_SHARE, CUBE_REACH = 0.62, 0.38, 0.28, 0.9, 0.6
MOST_NEAR, LEAST_NEAR = 2.2, 0.45
# Edges of the cube whose corners are counted in binary, x first.
CUBE_EDGES: Final = ((0, 1), (2, 3), (4, 5), (6, 7), (0, 2), (1, 3), (4, 6), (5, 7), (0, 4), (1, 5), (2, 6), (3, 7))


@dataclass(frozen=True)
class Shown:
    """Where points are drawn (N×2) and how near each is to the eye (N, 1 in the middle)."""

    xy: Places
    nearness: Places


def draw_map(
    points: Sequence[Point],
    made: Map,
    facet: Facet,
    title: str,
    subtitle: str,
    pictures: Sequence[Image | None] | None = None,
) -> Figure:
    """The map of points in their order, coloured by a facet. pictures: of each point, where they are to be shown."""
    figure = titled_figure(*SIZE_IN, title, subtitle)
    width, height = SIZE_IN
    room = (width - LEFT_IN - LEGEND_IN, height - HEAD_IN - FOOT_IN)
    axes = figure.add_axes((LEFT_IN / width, FOOT_IN / height, room[0] / width, room[1] / height))
    shown = seen_places(made.places)
    reach = MARGIN * np.array([max(1.0, room[0] / room[1]), max(1.0, room[1] / room[0])])
    xy = shown.xy * (reach / MARGIN)
    axes.set_xlim(-reach[0], reach[0])
    axes.set_ylim(-reach[1], reach[1])
    if made.dims == 3:
        _draw_cube(axes, reach / MARGIN)
    centres, sizes = xy, np.full_like(xy, DOT_SIDE)
    if pictures is not None and any(picture is not None for picture in pictures):
        centres, sizes = _draw_pictures(axes, xy, points, facet, pictures, reach)
    else:
        _draw_dots(axes, Shown(xy, shown.nearness), points, facet)
    if len(points) <= MOST_LABELS:
        _draw_labels(axes, centres, sizes, points, reach)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set(color=EDGE, linewidth=0.8)
    if made.axes and made.dims == 2:
        axes.set_xlabel(made.axes[0], fontsize=9, color=SOFT)
        axes.set_ylabel(made.axes[1], fontsize=9, color=SOFT)
    _draw_legend(figure, facet, points, 1 - (LEGEND_IN - 0.2) / width, 1 - HEAD_IN / height)
    return figure


def seen_places(given: Vectors) -> Shown:
    """Where places (N×2 or N×3) are seen: as they lie, or in three dimensions from above and aside."""
    places = given.astype(np.float64)
    if places.shape[1] == 2:
        return Shown(places, np.ones(len(places)))
    cos_y, sin_y, cos_p, sin_p = np.cos(YAW_RAD), np.sin(YAW_RAD), np.cos(PITCH_RAD), np.sin(PITCH_RAD)
    x = cos_y * places[:, 0] + sin_y * places[:, 2]
    away = -sin_y * places[:, 0] + cos_y * places[:, 2]
    y, away = cos_p * places[:, 1] - sin_p * away, sin_p * places[:, 1] + cos_p * away
    nearness = np.clip(1 / np.maximum(1 + NEARNESS * away, 1e-3), LEAST_NEAR, MOST_NEAR)
    return Shown(np.stack([x, y], axis=1) * nearness[:, None] * DEPTH_SHARE, nearness)


def _draw_cube(axes: Axes, stretch: Places) -> None:
    corners = CUBE_REACH * np.array(
        [[(number >> bit & 1) * 2 - 1 for bit in range(3)] for number in range(8)], np.float32
    )
    xy = seen_places(corners).xy * stretch
    for start, end in CUBE_EDGES:
        axes.plot(*xy[[start, end]].T, color=EDGE, linewidth=0.9, zorder=0)


def _draw_dots(axes: Axes, shown: Shown, points: Sequence[Point], facet: Facet) -> None:
    size = float(np.clip(9000 / max(1, len(points)), 5, 90))
    colors = np.array([facet.color_of(at) for at in range(len(points))])
    kinds = np.array([point.kind for point in points])
    for kind in kinds_in(points):
        own = np.flatnonzero(kinds == kind)
        own = own[np.argsort(shown.nearness[own], kind="stable")]
        x, y = shown.xy[own].T
        axes.scatter(
            x, y, size * shown.nearness[own] ** 3, colors[own].tolist(), marker=MARKERS[kind], edgecolors=INK,
            linewidths=0.25, alpha=0.9, zorder=2,
        )  # fmt: skip


def _draw_pictures(
    axes: Axes, xy: Places, points: Sequence[Point], facet: Facet, pictures: Sequence[Image | None], reach: Places
) -> tuple[Places, Places]:
    """Draw them; their centres and sizes."""
    shapes = np.array(
        [(1.0, 1.0) if one is None else np.divide(one.shape[1::-1], max(one.shape[:2])) for one in pictures]
    )
    below = LABEL_HIGH if len(points) <= MOST_LABELS else 0.0
    centres, sizes = arranged(xy, shapes, -reach, reach, LONGEST_SIDE, below)
    for at, (centre, size, picture) in enumerate(zip(centres, sizes, pictures, strict=True)):
        color = facet.color_of(at)
        axes.plot(*np.stack([xy[at], centre]).T, color=color, linewidth=0.7, alpha=0.7, zorder=1)
        if picture is None:
            marker = MARKERS[points[at].kind]
            axes.scatter(centre[0], centre[1], 60, color, marker=marker, edgecolors=INK, linewidths=0.4, zorder=3)
            continue
        left, bottom = centre - size / 2
        extent = (left, left + size[0], bottom, bottom + size[1])
        axes.imshow(picture, extent=extent, zorder=3, interpolation="antialiased")
        axes.add_patch(Rectangle((left, bottom), *size, fill=False, edgecolor=color, linewidth=1.8, zorder=4))
    axes.scatter(xy[:, 0], xy[:, 1], 7, [facet.color_of(at) for at in range(len(points))], zorder=2, linewidths=0)
    axes.set_xlim(-reach[0], reach[0])
    axes.set_ylim(-reach[1], reach[1])
    axes.set_aspect("auto")
    return centres, sizes


def _draw_labels(axes: Axes, centres: Places, sizes: Places, points: Sequence[Point], reach: Places) -> None:
    """Titles under dots or pictures, as long as those are wide, but for what would lie on another one."""
    wide = np.maximum(sizes[:, 0], LEAST_LABEL)
    texts = [words(point.title, int(width / LETTER)) for point, width in zip(points, wide, strict=True)]
    half = np.array([LETTER * len(text) / 2 for text in texts])
    x, top = centres[:, 0], centres[:, 1] - sizes[:, 1] / 2 - LABEL_GAP
    boxes = np.stack([x - half, top - LABEL_HIGH + LABEL_GAP, x + half, top], axis=1)
    taken = np.concatenate([centres - sizes / 2, centres + sizes / 2], axis=1)
    is_inside = (np.abs(x) + half < reach[0]) & (boxes[:, 1] > -reach[1])
    edge = [withStroke(linewidth=2, foreground="white")]
    place: dict[str, Any] = {
        "fontsize": 5.2,
        "color": INK,
        "ha": "center",
        "va": "top",
        "path_effects": edge,
        "zorder": 5,
    }
    for at in without_overlap(boxes, taken):
        if is_inside[at]:
            axes.text(x[at], top[at], texts[at], **place)


def _draw_legend(figure: Figure, facet: Facet, points: Sequence[Point], left: float, top: float) -> None:
    look: dict[str, Any] = {
        "marker": "o",
        "linestyle": "",
        "markeredgecolor": INK,
        "markeredgewidth": 0.3,
        "markersize": 8,
    }
    marks = [Line2D([], [], color=one.color, **look) for one in facet.classes]
    names = [f"{words(one.name, 20)}  {one.count:,}" for one in facet.classes]
    place: dict[str, Any] = {"frameon": False, "fontsize": 9, "alignment": "left", "borderaxespad": 0.0}
    first = figure.legend(marks, names, loc="upper left", bbox_to_anchor=(left, top), title=facet.title, **place)
    first.get_title().set(fontweight="bold", fontsize=9.5, color=INK)
    kinds = kinds_in(points)
    if len(kinds) > 1:
        shapes = [Line2D([], [], marker=MARKERS[kind], linestyle="", color=SOFT, markersize=8) for kind in kinds]
        low = (left, FOOT_IN / SIZE_IN[1])
        second = figure.legend(shapes, list(kinds), loc="lower left", bbox_to_anchor=low, title="shown", **place)
        second.get_title().set(fontweight="bold", fontsize=9.5, color=INK)
