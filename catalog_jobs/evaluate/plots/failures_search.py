"""Searches by words that found what was not asked for."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from catalog_jobs.evaluate.data.crops import Crop
from catalog_jobs.evaluate.plots.drawing import GREEN, RED
from catalog_jobs.evaluate.plots.failures_sheet import Tile, new_sheet, save_sheet

MOST_QUERIES: Final = 8
SIDE_IN: Final = 1.15
WORDS_IN: Final = 2.1


def plot_search_failures(search: Mapping[str, Any], crops: Sequence[Crop], folder: Path) -> list[Path]:
    """One row a query, the worst first: what came first to fifth, framed by whether it fits; none without mistakes."""
    worst = search["mistakes"][:MOST_QUERIES]
    if not worst:
        return []
    title = "Searches by words, the worst ones: their first five, framed orange where they do not fit"
    grid = new_sheet(title, len(worst), search["asked_from"], (SIDE_IN, SIDE_IN), left_in=WORDS_IN)
    for row, query in enumerate(worst):
        right = sum(query["is_right"])
        grid.write(f"“{query['text']}”", 0.2, row, 0.42, bold=True)
        grid.write(f"{right} of {len(query['is_right'])} right", 0.2, row, 0.6)
        for column, (index, is_right) in enumerate(zip(query["garments"], query["is_right"], strict=True)):
            crop = crops[index]
            caption = f"{crop.type}, {crop.color or 'no colour'}"
            grid.place(Tile(crop.served, caption, GREEN if is_right else RED), row, column)
    return [save_sheet(grid.figure, folder, "failures_search")]
