"""The photos that the parser cuts worst: photo, truth and what it says, side by side."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from matplotlib.patches import Patch
from numpy.typing import NDArray

from catalog_jobs.evaluate.data.labelled import LabelledFolder, LabelledPhoto
from catalog_jobs.evaluate.detection import Parser
from catalog_jobs.evaluate.parser import Report, fold_to_model, winners
from catalog_jobs.evaluate.plots.drawing import INK
from catalog_jobs.evaluate.plots.failures_sheet import Tile, new_sheet, save_sheet
from catalog_jobs.parser.photos import IGNORE
from serve_app.models.pictures import Image

SHOWN: Final = 6
BLOCKS: Final = 2
BLOCK_COLUMNS: Final = 3.3
TILE_WH_IN: Final = (1.3, 1.95)
LEGEND_IN: Final = 0.75
PHOTO_SHARE: Final = 0.25
UNKNOWN_RGB: Final = (255, 255, 255)
# One for each group that is not background, far apart; the rest repeat them.
GROUP_RGB: Final = (
    (245, 205, 175), (110, 75, 45), (0, 114, 178), (230, 159, 0), (213, 94, 0), (204, 121, 167), (0, 158, 115),
    (86, 180, 233), (120, 94, 200), (30, 30, 30), (150, 150, 30), (255, 105, 97), (60, 230, 220), (190, 30, 60),
    (250, 230, 60), (170, 240, 110),
)  # fmt: skip
# Where faces are. The sheet goes into a repository, and who is in a photo is of no concern there.
BARE: Final = ("skin", "hair", "eyewear")
BLUR_SHARE: Final = 0.02
BACKGROUND_RGB: Final = (225, 225, 225)


def plot_parser_failures(report: Report, model: Parser, photos: LabelledFolder, folder: Path) -> list[Path]:
    """One sheet of the photos with the lowest pixel accuracy."""
    worst = worst_photos(report)
    paths = {pair[0].stem: pair for pair in photos.pairs}
    read = LabelledFolder(tuple(paths[name] for name in worst), photos.groups).read()
    colors = colors_of(model.groups)
    bare = [index for index, name in enumerate(model.groups) if name in BARE]
    group_of_label = fold_to_model(photos.groups, model.groups)
    n_rows = -(-len(worst) // BLOCKS)
    title = (
        f"The {len(worst)} of {report.images} photos with the lowest pixel accuracy: photo, truth, what the parser says"
    )
    grid = new_sheet(title, n_rows, BLOCKS * BLOCK_COLUMNS, TILE_WH_IN, foot_in=LEGEND_IN)
    for index, photo in enumerate(read):
        row, left = index % n_rows, BLOCK_COLUMNS * (index // n_rows)
        said, truth = say(model, photo, report.long_side_px), group_of_label[photo.labels]
        is_person = np.isin(said, bare) | np.isin(truth, bare)
        pixels = with_faces_blurred(photo.pixels, is_person)
        tiles = (
            Tile(pixels, f"photo {photo.name}"),
            Tile(painted(pixels, truth, colors), "truth"),
            Tile(painted(pixels, said, colors), scores(report, photo.name)),
        )
        for column, tile in enumerate(tiles):
            grid.place(tile, row, left + column)
    patches = [
        Patch(color="#{:02x}{:02x}{:02x}".format(*rgb), label=name)
        for name, rgb in zip(model.groups, colors, strict=False)
    ]
    patches.append(Patch(facecolor="white", edgecolor=INK, label="not labelled"))
    grid.figure.legend(handles=patches, loc="lower center", ncols=9, fontsize=8, frameon=False)
    return [save_sheet(grid.figure, folder, "failures_parser")]


def with_faces_blurred(pixels: Image, is_person: NDArray[np.bool_]) -> Image:
    """The photo, blurred beyond recognition wherever the mask (H×W) is, and a little around it."""
    radius_px = max(3.0, BLUR_SHARE * max(is_person.shape))
    soft = cv2.GaussianBlur(pixels, (0, 0), radius_px)
    around = cv2.GaussianBlur(is_person.astype(np.float32), (0, 0), radius_px / 3) > 0.1
    return np.asarray(np.where(around[..., None], soft, pixels), np.uint8)


def worst_photos(report: Report) -> list[str]:
    """The names of the photos with the lowest pixel accuracy, the lowest first."""
    accuracy = report.samples["pixel_accuracy"]
    return sorted(accuracy.keys, key=lambda name: value_of(report, "pixel_accuracy", name))[:SHOWN]


def value_of(report: Report, measure: str, name: str) -> float:
    """A measure of one photo."""
    return float(report.samples[measure].only([name]).values(np.ones((1, 1)))[0])


def scores(report: Report, name: str) -> str:
    """What the photo scores, in two lines."""
    accuracy, iou = (value_of(report, measure, name) for measure in ("pixel_accuracy", "miou"))
    return f"parser: {accuracy:.0%} of pixels\nmean IoU {iou:.2f}"


def say(model: Parser, photo: LabelledPhoto, long_side_px: int) -> NDArray[np.uint8]:
    """The group of each pixel by the parser (H×W)."""
    logits = model.infer([model.prepare(photo.pixels, long_side_px)])[0].logits
    return winners(logits, (photo.pixels.shape[1], photo.pixels.shape[0]))


def colors_of(groups: Sequence[str]) -> list[tuple[int, int, int]]:
    """RGB of each group; the background is a light grey."""
    others = iter(GROUP_RGB * -(-len(groups) // len(GROUP_RGB)))
    return [BACKGROUND_RGB if name == "background" else next(others) for name in groups]


def painted(pixels: Image, groups: NDArray[np.uint8], colors: Sequence[tuple[int, int, int]]) -> Image:
    """A group image (H×W) in colours, the photo faintly behind it; what has no group is white."""
    table = np.full((256, 3), UNKNOWN_RGB, np.float32)
    table[: len(colors)] = colors
    table[IGNORE] = UNKNOWN_RGB
    grey = pixels.mean(2, keepdims=True)
    return np.asarray((1 - PHOTO_SHARE) * table[groups] + PHOTO_SHARE * grey, np.uint8)
