"""The command `parser`: how well the garment parser cuts photos into groups, and what it finds where nobody is."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from numpy.typing import NDArray
from pydantic import TypeAdapter
from rich.progress import track
from rich.table import Table

from catalog_jobs.evaluate import options
from catalog_jobs.evaluate.console import refusing, show
from catalog_jobs.evaluate.data.labelled import LabelledFolder
from catalog_jobs.evaluate.data.sources import Given
from catalog_jobs.evaluate.detection import Parser
from catalog_jobs.evaluate.embedders import cores
from catalog_jobs.evaluate.measures.bootstrap import Interval, interval
from catalog_jobs.evaluate.measures.samples import MeanRates, Rates, Samples
from catalog_jobs.evaluate.negatives import FalseFinds, find_on_negatives
from catalog_jobs.parser.measure import confusion, score
from catalog_jobs.parser.photos import IGNORE, Groups
from serve_app.models.garment_parser import FRAME_LONG_SIDE_PX, GarmentParserModel

app = typer.Typer()


@dataclass(frozen=True)
class MsPerImage:
    """Time from decoded photo to group image at the network's grid, over all photos."""

    median: float
    p90: float


@dataclass(frozen=True)
class Report:
    """What a parser reaches on a folder; IoU is null for a group that neither occurs nor is predicted.

    intervals: 95 %, over photos, of `miou`, `pixel_accuracy` and `iou.<group>`. photos_with_group: those whose truth
    has it. negatives: null where no folder of pictures without people was given.
    """

    miou: float
    pixel_accuracy: float
    iou: dict[str, float | None]
    ms_per_image: MsPerImage
    images: int
    long_side_px: int
    threads: int
    model_version: str
    intervals: dict[str, Interval] = field(default_factory=dict)
    photos_with_group: dict[str, int] = field(default_factory=dict)
    ms_of_images: tuple[float, ...] = ()
    negatives: FalseFinds | None = None
    samples: dict[str, Samples] = field(default_factory=dict)


REPORT = TypeAdapter(Report)


@app.command("parser")
def command(
    data: options.Data = None,
    photos: options.Photos = None,
    masks: options.Masks = None,
    labels: options.Labels = None,
    groups: options.GroupsFile = None,
    names: options.Names = None,
    weights: options.Weights = None,
    long_side_px: Annotated[int, typer.Option(min=64, help="Long side of the network's input.")] = FRAME_LONG_SIDE_PX,
    threads: options.Threads = 0,
    negatives: options.Negatives = None,
    min_score: options.MinScore = options.MIN_SCORE,
    as_json: options.AsJson = False,
    plots: options.Plots = None,
) -> None:
    """IoU by group, pixel accuracy and speed of the garment parser, and what it finds on pictures without people."""
    with refusing():
        given = Given(data, None, photos, masks, labels, groups, names)
        report = measure_given(given, weights, long_side_px, threads or cores(), negatives, min_score, not as_json)
        write_plots(report, plots, negatives, given, weights)
    if as_json:
        print(REPORT.dump_json(report).decode())
    else:
        show(report_table(report))


def measure_given(
    given: Given,
    weights: Path | None,
    long_side_px: int,
    threads: int,
    negatives: Path | None,
    min_score: float,
    watch: bool,
) -> Report:
    """The report on the photos that were given; raises ValueError if there are none."""
    folder = given.labelled_photos()
    if folder is None:
        raise ValueError("no photos were given; give --data, or --photos, --masks, --labels and --groups")
    model = GarmentParserModel(weights, threads)
    found = find_on_negatives(model, negatives, min_score) if negatives else None
    return measure(model, folder, long_side_px, threads, watch, found)


def fold_to_model(groups: Groups, model_groups: Sequence[str]) -> NDArray[np.uint8]:
    """For each label its group by the model's numbering, 255 for none; groups are matched by name."""
    unknown = [name for name in groups.names if name not in model_groups]
    if unknown:
        raise ValueError(f"the model has no group {unknown[0]!r}; it knows {', '.join(model_groups)}")
    number = np.full(256, IGNORE, np.uint8)
    number[: len(groups.names)] = [model_groups.index(name) for name in groups.names]
    return number[groups.of_label]


def measure(
    model: Parser,
    folder: LabelledFolder,
    long_side_px: int,
    threads: int,
    watch: bool,
    negatives: FalseFinds | None = None,
) -> Report:
    """Run the model as the server does, its logits scaled up to each photo's full size, and compare."""
    group_of_label = fold_to_model(folder.groups, model.groups)
    matrices: dict[str, NDArray[np.int64]] = {}
    seconds: list[float] = []
    for photo in track(folder.read(), "measuring", total=len(folder), disable=not watch):
        started = time.perf_counter()
        logits = model.infer([model.prepare(photo.pixels, long_side_px)])[0].logits
        seconds.append(time.perf_counter() - started)
        said = winners(logits, (photo.pixels.shape[1], photo.pixels.shape[0]))
        matrices[photo.name] = confusion(group_of_label[photo.labels], said, len(model.groups))
    by_photo = np.stack(list(matrices.values()))
    reached = score(by_photo.sum(0), model.groups)
    samples = samples_of(list(matrices), by_photo, model.groups)
    ms = np.array(seconds) * 1e3
    return Report(
        miou=round(reached.miou, 4),
        pixel_accuracy=round(reached.pixel_accuracy, 4),
        iou={name: None if value is None else round(value, 4) for name, value in reached.iou.items()},
        ms_per_image=MsPerImage(round(float(np.median(ms)), 2), round(float(np.percentile(ms, 90)), 2)),
        images=len(folder),
        long_side_px=long_side_px,
        threads=threads,
        model_version=model.version,
        intervals={name: interval(values) for name, values in samples.items()},
        photos_with_group=dict(zip(model.groups, (by_photo.sum(2) > 0).sum(0).tolist(), strict=True)),
        ms_of_images=tuple(np.round(ms, 2).tolist()),
        negatives=negatives,
        samples=samples,
    )


def samples_of(names: Sequence[str], matrices: NDArray[np.int64], groups: Sequence[str]) -> dict[str, Samples]:
    """The measures from one confusion matrix a photo (P×G×G, rows the truth)."""
    right = np.diagonal(matrices, axis1=1, axis2=2)
    union = matrices.sum(1) + matrices.sum(2) - right
    miou = MeanRates(
        unit="photo",
        keys=tuple(names),
        groups=tuple(groups),
        sums=tuple(map(tuple, right.tolist())),
        counts=tuple(map(tuple, union.tolist())),
    )
    accuracy = Rates.gather("photo", names, right.sum(1), matrices.sum((1, 2)))
    by_group: dict[str, Samples] = {f"iou.{name}": miou.group(name) for name in groups}
    return {"miou": miou, "pixel_accuracy": accuracy, **by_group}


def winners(logits: NDArray[np.float32], size_wh: tuple[int, int]) -> NDArray[np.uint8]:
    """The group of each pixel (H×W) by logits (C×h×w) scaled up bilinearly, one group at a time to stay small."""
    best = cv2.resize(logits[0], size_wh, interpolation=cv2.INTER_LINEAR)
    winner = np.zeros(best.shape, np.uint8)
    for group in range(1, len(logits)):
        rival = cv2.resize(logits[group], size_wh, interpolation=cv2.INTER_LINEAR)
        winner[rival > best] = group
        np.maximum(best, rival, out=best)
    return winner


def report_table(report: Report) -> Table:
    """The report for people."""
    title = f"garment parser {report.model_version} on {report.images} photos"
    table = Table("group", "IoU", "95 % interval", "photos", title=title)
    for name, value in report.iou.items():
        seen = str(report.photos_with_group.get(name, ""))
        table.add_row(name, "–" if value is None else f"{value:.3f}", ends(report, f"iou.{name}"), seen)
    table.add_section()
    table.add_row("mean IoU", f"{report.miou:.3f}", ends(report, "miou"))
    table.add_row("pixel accuracy", f"{report.pixel_accuracy:.3f}", ends(report, "pixel_accuracy"))
    table.add_row("ms per image, median / p90", f"{report.ms_per_image.median:.1f} / {report.ms_per_image.p90:.1f}")
    if report.negatives:
        rate = report.negatives.items_a_frame
        table.add_row(
            "items a frame without people", f"{rate.value:.3f}", f"{rate.low:.3f} to {rate.high:.3f}", str(rate.frames)
        )
    return table


def ends(report: Report, name: str) -> str:
    """The interval of a measure in words."""
    found = report.intervals.get(name)
    return "–" if found is None or found.low is None else f"{found.low:.3f} to {found.high:.3f}"


def write_plots(
    report: Report, folder: Path | None, negatives: Path | None, given: Given, weights: Path | None
) -> None:
    """The plots of a report on what was given, where a folder was given; matplotlib is loaded only then."""
    photos = given.labelled_photos()
    if folder is not None and photos is not None:
        from catalog_jobs.evaluate.plots.failures_parser import plot_parser_failures
        from catalog_jobs.evaluate.plots.parser import plot_parser

        plot_parser(report, negatives, folder)
        plot_parser_failures(report, GarmentParserModel(weights, report.threads), photos, folder)
