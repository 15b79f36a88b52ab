"""The pictures whose class was named wrongly."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from catalog_jobs.evaluate.data.class_folders import ClassPhoto
from catalog_jobs.evaluate.plots.failures_sheet import Tile, new_sheet, rows_of, save_sheet

COLUMNS: Final = 8
SIDE_IN: Final = 1.2


def plot_class_failures(zero_shot: Mapping[str, Any], photos: Sequence[ClassPhoto], folder: Path) -> list[Path]:
    """One sheet, the surest mistakes first; none without mistakes."""
    by_key = {photo.key: photo for photo in photos}
    tiles = [
        Tile(by_key[row["picture"]].read(), f"said {row['said']}, {row['chance']:.2f}\ntrue {row['true']}")
        for row in zero_shot["mistakes"]
    ]
    if not tiles:
        return []
    title = "Classes named wrongly by words alone, the surest mistakes first (with the chance that it claimed)"
    grid = new_sheet(title, rows_of(tiles, COLUMNS), COLUMNS, (SIDE_IN, SIDE_IN))
    for index, tile in enumerate(tiles):
        grid.place(tile, index // COLUMNS, index % COLUMNS)
    return [save_sheet(grid.figure, folder, "failures_classes")]
