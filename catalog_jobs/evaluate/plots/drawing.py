"""One look for all plots: figures without a display, in colours that the colour-blind tell apart."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from catalog_jobs.evaluate.measures.bootstrap import Interval

# Okabe & Ito 2008, "Color Universal Design".
BLUE: Final = "#0072B2"
ORANGE: Final = "#E69F00"
GREEN: Final = "#009E73"
RED: Final = "#D55E00"
PINK: Final = "#CC79A7"
SKY: Final = "#56B4E9"
INK: Final = "#222222"
FAINT: Final = "#DDDDDD"
PALETTE: Final = (BLUE, ORANGE, GREEN, RED, PINK, SKY, "#000000", "#999933")
DPI: Final = 130


def new_figure(width_in: float, height_in: float, n_axes: int = 1) -> tuple[Figure, list[Axes]]:
    """A figure with so many plots side by side."""
    figure = Figure(figsize=(width_in, height_in), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, [figure.add_subplot(1, n_axes, 1 + index) for index in range(n_axes)]


def finish(axes: Axes, title: str, x_label: str = "", y_label: str = "") -> None:
    """Titles and labels, and no frame where it says nothing."""
    axes.set_title(title, loc="left", fontsize=11, color=INK, fontweight="bold")
    axes.set_xlabel(x_label, color=INK)
    axes.set_ylabel(y_label, color=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)


def save(figure: Figure, folder: Path, name: str) -> Path:
    """Write a figure as PNG; raises ValueError if the folder cannot be written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}.png"
        figure.savefig(path, dpi=DPI)
    except OSError as error:
        raise ValueError(f"{folder} cannot be written to ({error}); give --plots another folder") from error
    return path


def bars(axes: Axes, names: Sequence[str], found: Sequence[Interval], color: str = BLUE) -> None:
    """Horizontal bars, the first on top, each with its interval and its value in figures."""
    at = np.arange(len(names))
    values = [row.value or 0.0 for row in found]
    low = [
        max(0.0, value - (row.low if row.low is not None else value)) for value, row in zip(values, found, strict=True)
    ]
    high = [
        max(0.0, (row.high if row.high is not None else value) - value)
        for value, row in zip(values, found, strict=True)
    ]
    axes.barh(at, values, color=color, height=0.7)
    axes.errorbar(values, at, xerr=[low, high], fmt="none", ecolor=INK, elinewidth=1, capsize=2.5)
    for index, (row, value, up) in enumerate(zip(found, values, high, strict=True)):
        text = "none" if row.value is None else f"{value:.2f}"
        axes.text(value + up + 0.015, index, text, va="center", fontsize=8, color=INK)
    axes.set_yticks(at, names, fontsize=9)
    axes.invert_yaxis()
    axes.set_xlim(0, 1.12)
    axes.set_xticks(np.linspace(0, 1, 6))
    axes.grid(axis="x", color=FAINT)


def latency_histogram(axes: Axes, ms: Sequence[float], title: str, x_label: str) -> None:
    """How long single runs took, with the median and the 90th percentile marked."""
    axes.hist(ms, bins=min(30, max(5, len(ms) // 2)), color=SKY, edgecolor="white")
    marks = ((float(np.median(ms)), "median", BLUE, "-"), (float(np.percentile(ms, 90)), "90th percentile", RED, "--"))
    for value, word, color, line in marks:
        axes.axvline(value, color=color, linestyle=line, label=f"{word} {value:.1f} ms")
    axes.legend(frameon=False, fontsize=8)
    finish(axes, title, x_label, "runs")
