"""Measure a shipped model on a folder of labelled photos: `python -m catalog_jobs.evaluate parser --help`."""

import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from catalog_jobs.parser.measure import confusion, score
from catalog_jobs.parser.photos import IGNORE, Groups, read_mask, read_rgb
from serve_app.models.embedded import FRAME_LONG_SIDE_PX, GarmentParserModel

PHOTO_SUFFIXES = (".jpg", ".jpeg", ".png", ".JPG", ".JPEG", ".PNG")

app = typer.Typer(no_args_is_help=True, add_completion=False)


@dataclass(frozen=True)
class MsPerImage:
    """Time from decoded photo to group image at the network's grid, over all photos."""

    median: float
    p90: float


@dataclass(frozen=True)
class Report:
    """What a parser reaches on a folder; IoU is null for a group that neither occurs nor is predicted."""

    miou: float
    pixel_accuracy: float
    iou: dict[str, float | None]
    ms_per_image: MsPerImage
    images: int
    long_side_px: int
    threads: int
    model_version: str


@app.callback()
def jobs() -> None:
    """Measure a shipped model."""


@app.command()
def parser(
    photos: Annotated[Path, typer.Option(help="Folder of photos.", exists=True, file_okay=False)],
    masks: Annotated[Path, typer.Option(help="Folder of label images (8-bit PNG).", exists=True, file_okay=False)],
    labels: Annotated[Path, typer.Option(help="JSON list of label names.", exists=True, dir_okay=False)],
    groups: Annotated[Path, typer.Option(help="JSON table group → labels.", exists=True, dir_okay=False)],
    names: Annotated[Path | None, typer.Option(help="File of photo names to measure on; all if left out.")] = None,
    weights: Annotated[Path | None, typer.Option(help="ONNX file; the shipped one if left out.")] = None,
    long_side_px: Annotated[int, typer.Option(min=64, help="Long side of the network's input.")] = FRAME_LONG_SIDE_PX,
    threads: Annotated[int, typer.Option(min=0, help="Threads; 0 is one a core.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")] = False,
) -> None:
    """IoU by group, pixel accuracy and speed of the garment parser."""
    try:
        threads = threads or len(os.sched_getaffinity(0))
        model = GarmentParserModel(weights, threads)
        pairs = list_pairs(photos, masks, names)
        table = fold_to_model(Groups.load(labels, groups), model.groups)
        report = measure(model, pairs, table, long_side_px, threads, watch=not as_json)
    except ValueError as error:
        print(f"evaluate: {error}", file=sys.stderr)
        raise typer.Exit(2) from error
    if as_json:
        print(json.dumps(asdict(report)))
    else:
        Console().print(report_table(report))


def measure_file(weights: Path, data: Path, names_file: Path) -> Report:
    """An exported file on the named photos of a folder with photos/, masks/, labels.json and groups.json."""
    threads = len(os.sched_getaffinity(0))
    model = GarmentParserModel(weights, threads)
    pairs = list_pairs(data / "photos", data / "masks", names_file)
    table = fold_to_model(Groups.load(data / "labels.json", data / "groups.json"), model.groups)
    return measure(model, pairs, table, FRAME_LONG_SIDE_PX, threads, watch=False)


def list_pairs(photos_dir: Path, masks_dir: Path, names_file: Path | None) -> list[tuple[Path, Path]]:
    """Photo and label image of every name; raises ValueError for a photo without one, or an empty folder."""
    by_stem = {path.stem: path for path in sorted(photos_dir.iterdir()) if path.suffix in PHOTO_SUFFIXES}
    names = list(by_stem) if names_file is None else [n for n in names_file.read_text().split() if n]
    if not names:
        raise ValueError(f"{photos_dir} holds no photo; .jpg and .png are read")
    pairs = []
    for name in names:
        mask = masks_dir / f"{name}.png"
        if name not in by_stem:
            raise ValueError(f"{photos_dir} has no photo named {name!r}, which {names_file} lists")
        if not mask.is_file():
            raise ValueError(f"the photo {name!r} has no label image {mask}")
        pairs.append((by_stem[name], mask))
    return pairs


def fold_to_model(groups: Groups, model_groups: Sequence[str]) -> NDArray[np.uint8]:
    """For each label its group by the model's numbering, 255 for none; groups are matched by name."""
    unknown = [name for name in groups.names if name not in model_groups]
    if unknown:
        raise ValueError(f"the model has no group {unknown[0]!r}; it knows {', '.join(model_groups)}")
    number = np.full(256, IGNORE, np.uint8)
    number[: len(groups.names)] = [model_groups.index(name) for name in groups.names]
    return number[groups.of_label]


def measure(
    model: GarmentParserModel,
    pairs: Sequence[tuple[Path, Path]],
    group_of_label: NDArray[np.uint8],
    long_side_px: int,
    threads: int,
    watch: bool,
) -> Report:
    """Run the model as the server does, its logits scaled up to each photo's full size, and compare."""
    total = np.zeros((len(model.groups), len(model.groups)), np.int64)
    seconds: list[float] = []
    for photo_path, mask_path in track(pairs, "measuring", disable=not watch):
        photo, mask = read_rgb(photo_path), read_mask(mask_path)
        if mask.shape != photo.shape[:2]:
            raise ValueError(
                f"{mask_path} is {mask.shape[1]}×{mask.shape[0]}, "
                f"its photo {photo.shape[1]}×{photo.shape[0]}; they must agree"
            )
        started = time.perf_counter()
        logits = model.infer([model.prepare(photo, long_side_px)])[0].logits
        seconds.append(time.perf_counter() - started)
        total += confusion(group_of_label[mask], winners(logits, (photo.shape[1], photo.shape[0])), len(model.groups))
    reached = score(total, model.groups)
    ms = np.array(seconds) * 1e3
    return Report(
        miou=round(reached.miou, 4),
        pixel_accuracy=round(reached.pixel_accuracy, 4),
        iou={name: None if value is None else round(value, 4) for name, value in reached.iou.items()},
        ms_per_image=MsPerImage(round(float(np.median(ms)), 2), round(float(np.percentile(ms, 90)), 2)),
        images=len(pairs),
        long_side_px=long_side_px,
        threads=threads,
        model_version=model.version,
    )


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
    table = Table("group", "IoU", title=f"garment parser {report.model_version} on {report.images} photos")
    for name, value in report.iou.items():
        table.add_row(name, "–" if value is None else f"{value:.3f}")
    table.add_section()
    table.add_row("mean IoU", f"{report.miou:.3f}")
    table.add_row("pixel accuracy", f"{report.pixel_accuracy:.3f}")
    table.add_row("ms per image, median / p90", f"{report.ms_per_image.median:.1f} / {report.ms_per_image.p90:.1f}")
    return table


if __name__ == "__main__":
    app()
