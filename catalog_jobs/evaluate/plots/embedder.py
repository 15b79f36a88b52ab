"""The plots of an embedder: confusion of classes, search by words, recognition, reliability, speed."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from catalog_jobs.evaluate.document import Document
from catalog_jobs.evaluate.measures.bootstrap import Interval
from catalog_jobs.evaluate.plots.drawing import (
    BLUE,
    FAINT,
    GREEN,
    INK,
    ORANGE,
    bars,
    finish,
    latency_histogram,
    new_figure,
    save,
)

Details = Mapping[str, Any]


def plot_embedder(document: Document, folder: Path) -> list[Path]:
    """Every plot that the document has data for."""
    details: Details = document.details
    made = []
    if "zero_shot" in details:
        made.append(plot_confusion(details["zero_shot"], document.measures, folder))
    if "search" in details:
        made.append(plot_search(document.measures, folder))
    instance = {name: row for name, row in document.measures.items() if name.startswith(("instance", "across_styles"))}
    made.append(plot_instances(instance, details["instance"]["distractors"], folder))
    if any(name in details for name in RELIABILITY_TITLES):
        made.append(plot_reliability(details, document.measures, folder))
    made.append(plot_speed(details["speed"], folder))
    return made


def plot_confusion(zero_shot: Details, measures: Mapping[str, Interval], folder: Path) -> Path:
    """Which class is taken for which, as shares of the true class, with the counts in figures."""
    classes: Sequence[str] = zero_shot["classes"]
    counts = np.array(zero_shot["confusion"])
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    side = 2.2 + 0.52 * len(classes)
    figure, (axes,) = new_figure(side + 0.6, side)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.argwhere(counts > 0):
        color = "white" if shares[row, column] > 0.55 else INK
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", fontsize=8, color=color)
    axes.set_xticks(range(len(classes)), classes, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(classes)), classes)
    accuracy = measures["zero_shot.accuracy"]
    finish(axes, f"Classes by words alone: {(accuracy.value or 0):.0%} of {accuracy.n} pictures right", "said", "true")
    return save(figure, folder, "confusion")


SEARCH_ROWS = {
    "p_at_5.type": "first five right, by type",
    "p_at_5.color": "first five right, by colour",
    "p_at_5.type_color": "first five right, by type and colour",
    "category_to_product.p_at_1": "category → product, P@1",
    "text_to_product.recall_at_1": "text → product, recall@1",
    "text_to_product.recall_at_10": "text → product, recall@10",
    "text_to_product.mrr": "text → product, MRR",
}


def plot_search(measures: Mapping[str, Interval], folder: Path) -> Path:
    """Search by words, of garments as they are served and of plain boxes."""
    figure, axes = new_figure(13, 4.2, 2)
    for plot, prefix, title, color in (
        (axes[0], "search", "Search by words among garments as served", BLUE),
        (axes[1], "search_boxes", "Search by words among plain boxes", ORANGE),
    ):
        bars(plot, list(SEARCH_ROWS.values()), [measures[f"{prefix}.{name}"] for name in SEARCH_ROWS], color)
        finish(plot, title, "share, with 95 % interval")
    return save(figure, folder, "search")


def plot_instances(measures: Mapping[str, Interval], distractors: int, folder: Path) -> Path:
    """Finding one garment again."""
    names = [name.replace("_", " ").replace(".", ": ").replace(" at ", "@") for name in measures]
    figure, (axes,) = new_figure(9, 1.6 + 0.32 * len(names))
    bars(axes, names, list(measures.values()), GREEN)
    finish(axes, f"One garment found again among {distractors:,} others", "share, with 95 % interval")
    return save(figure, folder, "recognition")


RELIABILITY_TITLES = {
    "zero_shot": "Is the class right as often as it says?",
    "words_fit": "Do words fit as often as it says? (few do)",
    "words_fit_half": "The same where half of the words do",
}


def plot_reliability(details: Details, measures: Mapping[str, Interval], folder: Path) -> Path:
    """Chances against what came true, for classes and for words."""
    shown = [name for name in RELIABILITY_TITLES if name in details]
    figure, axes = new_figure(5 * len(shown), 4.6, len(shown))
    for plot, name in zip(axes, shown, strict=True):
        draw_reliability(plot, details[name]["bins"])
        error = measures[f"{name}.ece"]
        finish(
            plot,
            f"{RELIABILITY_TITLES[name]}\nECE {(error.value or 0):.3f}",
            "chance that is claimed",
            "share that is true",
        )
    return save(figure, folder, "reliability")


def draw_reliability(axes: Axes, bins: Sequence[Details]) -> None:
    """One reliability diagram; a dot's area grows with the number of cases."""
    counts = np.array([row["count"] for row in bins], np.float64)
    chances, true = [row["chance"] for row in bins], [row["came_true"] for row in bins]
    axes.plot([0, 1], [0, 1], color=INK, linestyle="--", linewidth=1, label="perfect")
    axes.plot(chances, true, color=BLUE, linewidth=1.2)
    axes.scatter(chances, true, s=20 + 240 * counts / counts.max(), color=BLUE, alpha=0.75, label="measured")
    axes.set_xlim(-0.03, 1.03)
    axes.set_ylim(-0.03, 1.03)
    axes.set_aspect("equal")
    axes.grid(color=FAINT)
    axes.legend(frameon=False, fontsize=8, loc="upper left")


def plot_speed(speed: Details, folder: Path) -> Path:
    """How long crops and texts take."""
    shown = [name for name in ("ms_per_crop", "ms_per_text") if name in speed]
    figure, axes = new_figure(5 * len(shown), 3.4, len(shown))
    titles = {"ms_per_crop": f"Time a crop, in batches of {speed['batch']}", "ms_per_text": "Time a text, one by one"}
    for plot, name in zip(axes, shown, strict=True):
        latency_histogram(plot, speed[name]["runs"], titles[name], f"milliseconds on {speed['cores']} cores")
    return save(figure, folder, "speed")
