"""The plots of the parser: IoU by group, speed, and what it found where nobody is."""

from collections import defaultdict
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from catalog_jobs.evaluate.data.class_folders import read_or_refuse
from catalog_jobs.evaluate.measures.bootstrap import Interval
from catalog_jobs.evaluate.negatives import FalseFind, FalseFinds
from catalog_jobs.evaluate.parser import Report
from catalog_jobs.evaluate.plots.drawing import BLUE, bars, finish, latency_histogram, new_figure, save
from catalog_jobs.evaluate.plots.failures_sheet import Tile, new_sheet, save_sheet
from serve_app.models.pictures import Image

SHEET_COLUMNS: Final = 6
SHEET_ROWS: Final = 4
TILE_IN: Final = 1.6
TILE_PX: Final = 320
BOX_RGB: Final = (213, 94, 0)
LINE_PX: Final = 3
FALSE_FINDS: Final = "false_finds"


def plot_parser(report: Report, negatives: Path | None, folder: Path) -> list[Path]:
    """IoU and speed, and a contact sheet of what was falsely found if anything was; an earlier one goes."""
    made = [plot_iou(report, folder), plot_speed(report, folder)]
    (folder / f"{FALSE_FINDS}.jpg").unlink(missing_ok=True)
    if report.negatives and negatives and report.negatives.found:
        made.append(plot_false_finds(report.negatives, negatives, folder))
    return made


def plot_iou(report: Report, folder: Path) -> Path:
    """IoU by group, the best on top."""
    names = sorted(report.iou, key=lambda name: -(report.iou[name] or -1))
    missing = Interval(None, None, None, 0, "photo")
    figure, (axes,) = new_figure(8, 1.2 + 0.33 * len(names))
    labels = [f"{name} ({report.photos_with_group.get(name, 0)} photos)" for name in names]
    bars(axes, labels, [report.intervals.get(f"iou.{name}", missing) for name in names], BLUE)
    axes.axvline(report.miou, color="#222222", linestyle="--", linewidth=1)
    finish(
        axes,
        f"Garment parser on {report.images} photos: mean IoU {report.miou:.3f} (dashed)",
        "intersection over union, with 95 % interval over photos",
    )
    return save(figure, folder, "iou")


def plot_speed(report: Report, folder: Path) -> Path:
    """How long a photo takes."""
    figure, (axes,) = new_figure(6, 3.4)
    title = f"Time a photo, long side {report.long_side_px} px"
    latency_histogram(axes, report.ms_of_images, title, f"milliseconds on {report.threads} threads")
    return save(figure, folder, "parser_speed")


def plot_false_finds(negatives: FalseFinds, source: Path, folder: Path) -> Path:
    """The pictures in which something was found, the surest first, with boxes and labels."""
    by_picture: defaultdict[str, list[FalseFind]] = defaultdict(list)
    for find in sorted(negatives.found, key=lambda find: -find.score):
        by_picture[find.picture].append(find)
    shown = list(by_picture.items())[: SHEET_COLUMNS * SHEET_ROWS]
    rate = negatives.items_a_frame
    title = (
        f"Found where nobody is: {rate.count} items in {rate.frames} pictures "
        f"({rate.value:.3f} a picture, 95 % interval {rate.low:.3f} to {rate.high:.3f})"
    )
    grid = new_sheet(title, -(-len(shown) // SHEET_COLUMNS), SHEET_COLUMNS, (TILE_IN, TILE_IN))
    for index, (name, finds) in enumerate(shown):
        caption = "\n".join(f"{find.label} {find.score:.2f}" for find in finds[:2])
        picture = with_boxes(read_or_refuse(source / name), finds)
        grid.place(Tile(picture, caption), index // SHEET_COLUMNS, index % SHEET_COLUMNS)
    return save_sheet(grid.figure, folder, FALSE_FINDS)


def with_boxes(picture: Image, finds: list[FalseFind]) -> Image:
    """A picture with a box around every find."""
    drawn = picture.copy()
    width = LINE_PX * max(1, max(drawn.shape) // TILE_PX)
    for find in finds:
        x0, y0, x1, y1 = (round(edge) for edge in find.box_xyxy)
        cv2.rectangle(drawn, (x0, y0), (x1, y1), BOX_RGB, width)
    return np.asarray(drawn, np.uint8)
