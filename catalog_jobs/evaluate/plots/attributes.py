"""The plot of the attributes: what was said of garments of each value."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from catalog_jobs.evaluate.document import Document
from catalog_jobs.evaluate.plots.drawing import finish, new_figure, save


def plot_attributes(document: Document, folder: Path) -> Path:
    """One table of counts for each attribute, `attributes.png`."""
    details: dict[str, Any] = document.details["attributes"]  # type: ignore[assignment]  # a dict by construction
    figure, axes = new_figure(5 * len(details), 4.5, len(details))
    for one, (name, found) in zip(axes, details.items(), strict=True):
        draw_counts(one, f"{name}, said from {found['min_confidence']:.2f}", found)
    return save(figure, folder, "attributes")


def draw_counts(axes: Axes, title: str, found: dict[str, Any]) -> None:
    """Counts of what was labelled (rows) and said (columns), shaded by their share of the row."""
    counts = np.array(found["confusion"])
    axes.imshow(counts / counts.sum(1, keepdims=True).clip(1), cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), count in np.ndenumerate(counts):
        if count:
            share = count / counts[row].sum()
            axes.text(column, row, str(count), ha="center", va="center", color="white" if share > 0.6 else "black")
    axes.set_xticks(range(len(found["columns"])), found["columns"], rotation=45, ha="right")
    axes.set_yticks(range(len(found["values"])), found["values"])
    finish(axes, title, "said", "seen by a person")
