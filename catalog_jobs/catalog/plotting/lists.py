"""Near-duplicates and outliers of a subject, written as JSON, as CSV and as sheets of pictures."""

from typing import Final

from catalog_jobs.catalog.plotting.drawing import Drawing
from catalog_jobs.catalog.plotting.extras import has
from catalog_jobs.catalog.plotting.findings import near_duplicates, outliers, outliers_csv, twins_csv

PAIRS_ON_SHEETS: Final = 72
PAIR_BLOCKS: Final = 3
OUTLIER_COLUMNS: Final = 6


def write_lists(drawing: Drawing) -> dict[str, int | None]:
    """Write what is asked for; how many of each are listed."""
    counts: dict[str, int | None] = {}
    if drawing.options.duplicate_cosine is not None:
        counts |= _write_duplicates(drawing, drawing.options.duplicate_cosine)
    if drawing.options.outliers:
        counts["outliers"] = _write_outliers(drawing)
    return counts


def _write_duplicates(drawing: Drawing, least_cosine: float) -> dict[str, int | None]:
    # Parts that repeat another of their product are on no map, and are what this list is about.
    points = drawing.gathered
    drawing.on_step(f"near-duplicates of {drawing.name}", 0, None)
    document, found = near_duplicates(points, least_cosine)
    name = f"{drawing.name}_duplicates"
    drawing.folder.write(f"{name}.json", document.model_dump_json(indent=1).encode())
    drawing.wrote(f"{name}.json", f"{len(document.pairs):,} near-duplicate pairs")
    drawing.folder.write(f"{name}.csv", twins_csv(document).encode())
    drawing.wrote(f"{name}.csv", "the same as a table")
    counts: dict[str, int | None] = {"near_duplicates": len(document.pairs), "near_duplicates_total": document.total}
    if not has("matplotlib") or not document.pairs:
        drawing.folder.tidy(f"{name}_[0-9]*.png")
        return counts
    from catalog_jobs.catalog.plotting.figures import save_png
    from catalog_jobs.catalog.plotting.pictures import SHEET_DPI
    from catalog_jobs.catalog.plotting.sheets import ACCENT, TILE_PX, Row, Tile, sheet_pages

    shown = found.positions[:PAIRS_ON_SHEETS]
    ends = sorted(set(shown.ravel().tolist()))
    pictures = dict(zip(ends, drawing.gallery.pictures([points.rows[at] for at in ends], TILE_PX), strict=True))
    rows = []
    for (one, other), twins in zip(shown.tolist(), document.pairs, strict=False):
        whose = "the same" if twins.is_same_owner else "two"
        said = f"{twins.cosine:.3f}, {whose} {_owner_word(points.rows[one].is_of_catalogue, twins.is_same_owner)}"
        first = Tile(points.rows[one], pictures[one])
        rows.append(Row((first, Tile(points.rows[other], pictures[other], said, frame=ACCENT))))
    across = sum(not twins.is_same_owner for twins in document.pairs)
    shown_here = f"; the first {len(rows)}" if len(rows) < document.total else ""
    subtitle = (
        f"{document.total:,} pairs with a cosine of {least_cosine:g} or more, {across:,} of them across "
        f"{_owner_word(points.rows[0].is_of_catalogue, False)}{shown_here} · {points.embedder}"
    )
    pages = sheet_pages(rows, drawing.titled("near-duplicates"), subtitle, 2, PAIR_BLOCKS)
    for page, figure in enumerate(pages, 1):
        save_png(figure, drawing.folder, f"{name}_{page}.png", SHEET_DPI)
        drawing.wrote(f"{name}_{page}.png", "near-duplicate pairs")
    drawing.folder.tidy(f"{name}_[0-9]*.png")
    return counts


def _owner_word(is_of_catalogue: bool, is_one: bool) -> str:
    word = "product" if is_of_catalogue else "video"
    return word if is_one else f"{word}s"


def _write_outliers(drawing: Drawing) -> int:
    points = drawing.points
    drawing.on_step(f"outliers of {drawing.name}", 0, None)
    document, order = outliers(points, drawing.options.outliers)
    name = f"{drawing.name}_outliers"
    drawing.folder.write(f"{name}.json", document.model_dump_json(indent=1).encode())
    drawing.wrote(f"{name}.json", f"{len(document.outliers):,} outliers")
    drawing.folder.write(f"{name}.csv", outliers_csv(document).encode())
    drawing.wrote(f"{name}.csv", "the same as a table")
    if has("matplotlib"):
        from catalog_jobs.catalog.plotting.figures import save_png
        from catalog_jobs.catalog.plotting.pictures import SHEET_DPI
        from catalog_jobs.catalog.plotting.sheets import TILE_PX, Tile, grid_rows, sheet_pages

        chosen = points.take(order)
        pictures = drawing.gallery.pictures(chosen.rows, TILE_PX)
        tiles = [
            Tile(row, picture, f"distance {one.distance:.2f}", drawing.facet.color_of(at))
            for row, picture, one, at in zip(chosen.rows, pictures, document.outliers, order.tolist(), strict=True)
        ]
        subtitle = f"the {len(tiles)} farthest from their five nearest, by mean cosine distance · {points.embedder}"
        pages = sheet_pages(grid_rows(tiles, OUTLIER_COLUMNS), drawing.titled("outliers"), subtitle, OUTLIER_COLUMNS)
        for page, figure in enumerate(pages, 1):
            save_png(figure, drawing.folder, f"{name}_{page}.png", SHEET_DPI)
            drawing.wrote(f"{name}_{page}.png", "outliers")
        drawing.folder.tidy(f"{name}_[0-9]*.png")
    return len(document.outliers)
