"""Garments that were not found again, in the very views that were compared."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from catalog_jobs.evaluate.data.class_folders import ClassPhoto
from catalog_jobs.evaluate.data.crops import Crop
from catalog_jobs.evaluate.instances import (
    Source,
    pool_generator,
    pool_sources,
    sources_of_crops,
    sources_of_photos,
    views_generator,
)
from catalog_jobs.evaluate.plots.drawing import GREEN, RED
from catalog_jobs.evaluate.plots.failures_sheet import Tile, new_sheet, save_sheet
from serve_app.models.pictures import Image

SHOWN: Final = 12
BLOCKS: Final = 2
BLOCK_COLUMNS: Final = 3.35
SIDE_IN: Final = 1.2


def plot_instance_failures(
    instance: Mapping[str, Any], crops: Sequence[Crop], photos: Sequence[ClassPhoto], folder: Path
) -> list[Path]:
    """For each miss, the worst first: what was looked for, the right one, what came first; none without misses."""
    misses = instance["misses"][:SHOWN]
    if not misses:
        return []
    of_crops = sources_of_crops(crops)
    rng = views_generator(instance["seed"])
    queries = [miss["query"] for miss in misses]
    asked = views_at(of_crops, rng, queries)
    right = views_at(of_crops, rng, queries)
    rng = pool_generator(instance["seed"])
    pool = pool_sources([*of_crops, *sources_of_photos(photos)], instance["distractors"], rng)
    came = [miss["came_first"] for miss in misses]
    others = views_at(pool[: max(came) + 1], rng, came)
    title = f"Garments not found again among {instance['distractors']:,} others, the worst first"
    n_rows = -(-len(misses) // BLOCKS)
    grid = new_sheet(title, n_rows, BLOCKS * BLOCK_COLUMNS, (SIDE_IN, SIDE_IN))
    types = {crop.garment: crop.type for crop in crops}
    for index, miss in enumerate(misses):
        row, left = index % n_rows, BLOCK_COLUMNS * (index // n_rows)
        other = pool[miss["came_first"]].garment
        kind = types.get(other, other.partition("/")[0])
        tiles = (
            Tile(asked[miss["query"]], f"looked for:\n{crops[miss['query']].type}"),
            Tile(right[miss["query"]], f"the right one,\ncame {ordinal(miss['rank'])}", GREEN),
            Tile(others[miss["came_first"]], f"came first:\n{kind}", RED),
        )
        for column, tile in enumerate(tiles):
            grid.place(tile, row, left + column)
    return [save_sheet(grid.figure, folder, "failures_instances")]


def views_at(sources: Sequence[Source], rng: np.random.Generator, wanted: Iterable[int]) -> dict[int, Image]:
    """The views at some positions; all are made, since each one moves the generator on."""
    chosen = set(wanted)
    return {
        index: view
        for index, source in enumerate(sources)
        if (view := source.view(rng)) is not None and index in chosen
    }


def ordinal(rank: int) -> str:
    """A rank in words.

    >>> ordinal(2), ordinal(11), ordinal(103)
    ('2nd', '11th', '103rd')
    """
    ending = "th" if rank % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    return f"{rank:,}{ending}"
