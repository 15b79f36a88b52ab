"""The plots of matching: precision against recall by type, quality at the cut-offs, and tracks."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from catalog_jobs.evaluate.document import Document
from catalog_jobs.evaluate.pair_quality import WANTED_PRECISION, Task
from catalog_jobs.evaluate.plots.drawing import BLUE, FAINT, GREEN, INK, ORANGE, PALETTE, bars, finish, new_figure, save

LINES = ("-", "--")
# A curve of fewer pairs that belong together is a few steps of noise.
LEAST_PAIRS = 10
TASKS: tuple[tuple[Task, str], ...] = (
    ("exact", "Exact: two views of one garment"),
    ("similar", "Similar: one type and one colour"),
)


def plot_matching(document: Document, folder: Path) -> list[Path]:
    """Every plot that the document has data for."""
    made = []
    details: Mapping[str, Any] = document.details
    if "exact" in details:
        made.append(plot_curves(details, folder))
    if "exact.precision" in document.measures:
        made.append(plot_cutoffs(document, folder))
    tracks = [name for name in document.measures if name.startswith("tracking")]
    if tracks:
        made.append(plot_tracks(document, tracks, folder))
    return made


def plot_curves(details: Mapping[str, Any], folder: Path) -> Path:
    """Precision against recall, a line a type with pairs enough, and a dot at the stored cut-off."""
    figure, axes = new_figure(14, 5.6, 2)
    for plot, (task, title) in zip(axes, TASKS, strict=True):
        enough = {kind: found for kind, found in details[task].items() if found["belong_together"] >= LEAST_PAIRS}
        for index, (kind, found) in enumerate(enough.items()):
            color, line = PALETTE[index % len(PALETTE)], LINES[index // len(PALETTE) % len(LINES)]
            curve = found["curve"]
            label = f"{kind} (AP {found['average_precision']:.2f})"
            plot.plot(curve["recall"], curve["precision"], color=color, linestyle=line, linewidth=1.5, label=label)
            mark_cutoff(plot, found, color)
        plot.axhline(WANTED_PRECISION[task], color=INK, linewidth=0.8, linestyle=":")
        plot.set_xlim(0, 1.02)
        plot.set_ylim(0.4, 1.02)
        plot.grid(color=FAINT)
        if enough:
            plot.legend(frameon=False, fontsize=8, loc="lower left", ncols=2)
        finish(plot, title, "recall", "precision, if half of the pairs belonged together")
    return save(figure, folder, "precision_recall")


def mark_cutoff(axes: Axes, found: Mapping[str, Any], color: str) -> None:
    """A dot where the stored cut-off lies on the curve, if there is one."""
    cutoffs = np.array(found["curve"]["cutoffs"])
    if found["cutoff"] is None or not (cutoffs >= found["cutoff"]).any():
        return
    at = int(np.flatnonzero(cutoffs >= found["cutoff"])[-1])
    axes.plot(found["curve"]["recall"][at], found["curve"]["precision"][at], "o", color=color, markersize=6)


def plot_cutoffs(document: Document, folder: Path) -> Path:
    """Precision and recall at the stored cut-offs, by type."""
    figure, axes = new_figure(15, 0.7 + 0.33 * (1 + len(document.details)) + 4, 4)
    panels = [(task, measure) for task, _ in TASKS for measure in ("balanced_precision", "recall")]
    for plot, (task, measure) in zip(axes, panels, strict=True):
        prefix = f"{task}.{measure}"
        found = {
            name: row for name, row in document.measures.items() if name == prefix or name.startswith(f"{prefix}.")
        }
        names = [name.removeprefix(prefix).removeprefix(".") or "all types" for name in found]
        bars(plot, names, list(found.values()), BLUE if measure == "recall" else ORANGE)
        finish(plot, f"{task.capitalize()}: {measure.replace('_', ' ')}", "at the stored cut-offs")
    return save(figure, folder, "cutoffs")


def plot_tracks(document: Document, names: list[str], folder: Path) -> Path:
    """Purity and fragmentation of tracks."""
    figure, (axes,) = new_figure(9, 1.5 + 0.4 * len(names))
    found = [document.measures[name] for name in names]
    words = [name.replace("tracking_reels", "reels").replace("tracking", "returning shots") for name in names]
    bars(axes, [word.replace(".", ": ").replace("_", " ") for word in words], found, GREEN)
    axes.set_xlim(0, 1.1 * max(1.2, *(row.high or 1 for row in found)))
    axes.set_xticks(np.arange(0, axes.get_xlim()[1], 0.2))
    finish(axes, "Garments joined over shots", "purity (share) and fragmentation (rows a garment), with 95 % interval")
    return save(figure, folder, "tracks")
