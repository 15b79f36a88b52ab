"""The heat map as a PNG, with the tree of its clusters beside it; needs matplotlib and SciPy."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from catalog_jobs.catalog.plotting.clusters import HeatMap
from catalog_jobs.catalog.plotting.facets import Facet
from catalog_jobs.catalog.plotting.figures import SOFT, titled_figure, words
from catalog_jobs.catalog.plotting.palette import DISTANCE_COLORS
from catalog_jobs.catalog.plotting.points import Point
from catalog_jobs.evaluate.plots.drawing import INK

SIDE_IN: Final = 8.4
TREE_IN: Final = 1.3
STRIP_IN: Final = 0.16
GAP_IN: Final = 0.05
LEFT_IN, HEAD_IN, FOOT_IN, LEGEND_IN = 0.4, 1.0, 0.45, 2.4
MOST_LABELS: Final = 60
LABEL_IN: Final = 1.9


def draw_heat_map(points: Sequence[Point], heat: HeatMap, facet: Facet, title: str, subtitle: str) -> Figure:
    """Distances of points by positions in `points`, with a strip of the facet's colours and the clusters' tree."""
    from scipy.cluster.hierarchy import dendrogram

    count = len(heat.order)
    label_in = LABEL_IN if count <= MOST_LABELS else 0.0
    width = LEFT_IN + TREE_IN + STRIP_IN + 2 * GAP_IN + SIDE_IN + label_in + LEGEND_IN
    height = HEAD_IN + STRIP_IN + GAP_IN + SIDE_IN + FOOT_IN
    figure = titled_figure(width, height, title, subtitle)
    left, bottom = LEFT_IN + TREE_IN + STRIP_IN + 2 * GAP_IN, FOOT_IN

    def placed(x_in: float, y_in: float, w_in: float, h_in: float) -> tuple[float, float, float, float]:
        return x_in / width, y_in / height, w_in / width, h_in / height

    axes = figure.add_axes(placed(left, bottom, SIDE_IN, SIDE_IN))
    colors = LinearSegmentedColormap.from_list("distance", DISTANCE_COLORS)
    picture = axes.imshow(heat.distances, cmap=colors, vmin=0, vmax=heat.most, aspect="auto", interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    if label_in:
        axes.yaxis.tick_right()
        axes.set_yticks(range(count), [words(points[at].title, 26) for at in heat.order], fontsize=7)
        axes.tick_params(length=0, pad=3)
    strip = np.array([[to_rgb(facet.color_of(int(at))) for at in heat.order]])
    for box, pixels in (
        (placed(left - GAP_IN - STRIP_IN, bottom, STRIP_IN, SIDE_IN), strip.transpose(1, 0, 2)),
        (placed(left, bottom + SIDE_IN + GAP_IN, SIDE_IN, STRIP_IN), strip),
    ):
        side = figure.add_axes(box)
        side.imshow(pixels, aspect="auto", interpolation="nearest")
        side.set_axis_off()
    tree = figure.add_axes(placed(LEFT_IN, bottom, TREE_IN, SIDE_IN))
    drawn = dendrogram(heat.links, no_plot=True)
    for ys, xs in zip(drawn["icoord"], drawn["dcoord"], strict=True):
        tree.plot(xs, ys, color=SOFT, linewidth=0.6)
    tree.set_ylim(10 * count, 0)
    tree.set_xlim(max(1e-6, float(np.max(heat.links[:, 2]))) * 1.02, 0)
    tree.set_axis_off()
    scale_left = left + SIDE_IN + label_in + 0.3
    scale = figure.colorbar(picture, cax=figure.add_axes(placed(scale_left, bottom, 0.16, 2.2)))
    scale.outline.set_visible(False)
    scale.ax.tick_params(labelsize=8, length=2)
    scale.set_label("cosine distance", fontsize=8.5, color=INK)
    marks = [Line2D([], [], marker="s", linestyle="", color=one.color, markersize=8) for one in facet.classes]
    names = [f"{words(one.name, 24)}  {one.count:,}" for one in facet.classes]
    legend = figure.legend(
        marks, names, loc="upper left", bbox_to_anchor=(scale_left / width - 0.01, 1 - HEAD_IN / height),
        frameon=False, fontsize=9, title=facet.title, alignment="left",
    )  # fmt: skip
    legend.get_title().set(fontweight="bold", fontsize=9.5, color=INK)
    return figure
