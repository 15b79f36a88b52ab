"""The PNGs of a subject: its maps, its heat map, and sheets of neighbours; needs matplotlib."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from catalog_jobs.catalog.plotting.clusters import HeatMap
from catalog_jobs.catalog.plotting.drawing import Drawing, map_name
from catalog_jobs.catalog.plotting.figures import save_png
from catalog_jobs.catalog.plotting.heat_png import draw_heat_map
from catalog_jobs.catalog.plotting.map_png import MOST_PICTURES, PICTURE_PX, draw_map
from catalog_jobs.catalog.plotting.maps import Map
from catalog_jobs.catalog.plotting.nearness import NOBODY, nearest
from catalog_jobs.catalog.plotting.points import Indices, Point, Points
from catalog_jobs.catalog.plotting.sheets import TILE_PX, Row, Tile, sheet_pages

NEIGHBOURS_A_ROW: Final = 5
SHEET_DPI: Final = 170


def write_pictures(drawing: Drawing, maps: Sequence[Map], heat: HeatMap | None) -> None:
    """Write every PNG that was asked for, but those of lists."""
    points = drawing.points
    pictures = None
    if len(points) <= MOST_PICTURES:
        pictures = list(drawing.gallery.pictures(points.rows, PICTURE_PX))
    for number, made in enumerate(maps):
        name = f"{map_name(drawing, made, number)}.png"
        drawing.on_step(f"drawing {name}", 0, None)
        about = ", ".join(filter(None, (made.title, made.settings)))
        subtitle = " · ".join((drawing.count_line(), about, points.embedder))
        figure = draw_map(points.rows, made, drawing.facet, drawing.title, subtitle, pictures)
        save_png(figure, drawing.folder, name)
        drawing.wrote(name, f"map by {made.title}")
    if heat is not None:
        name = f"{drawing.name}_heatmap.png"
        drawing.on_step(f"drawing {name}", 0, None)
        is_part = heat.total > len(heat.order)
        of = f"{len(heat.order)} points, by the seed, of {drawing.count_line()}" if is_part else drawing.count_line()
        subtitle = f"cosine distance of {of} · clustered by average linkage · {points.embedder}"
        figure = draw_heat_map(points.rows, heat, drawing.facet, drawing.titled("distances"), subtitle)
        save_png(figure, drawing.folder, name)
        drawing.wrote(name, "heat map of cosine distances")


def write_neighbours(drawing: Drawing, among: Points) -> None:
    """Sheets of sampled points, each with the nearest of `among` that are not of its own product or video."""
    points = drawing.points
    chosen = np.arange(len(points))
    if len(points) > drawing.options.sheet_rows:
        chance = np.random.default_rng(drawing.options.seed)
        chosen = np.sort(chance.choice(len(points), drawing.options.sheet_rows, replace=False))
    queries = points.take(chosen)
    found = nearest(queries.vectors, among.vectors, NEIGHBOURS_A_ROW, groups=shared_codes(queries, among))
    others = sorted({int(at) for at in found.positions.ravel() if at != NOBODY})
    if not others:
        drawing.notes.append("there is nobody else to be a neighbour: no sheet of neighbours")
        return
    drawing.on_step(f"neighbours of {drawing.name}", 0, None)
    own = list(drawing.gallery.pictures(queries.rows, TILE_PX))
    theirs = dict(zip(others, drawing.gallery.pictures([among.rows[at] for at in others], TILE_PX), strict=True))
    rows = []
    for number, query in enumerate(queries.rows):
        near = zip(found.positions[number].tolist(), found.cosines[number].tolist(), strict=True)
        tiles = [Tile(among.rows[at], theirs[at], f"{cosine:.2f}") for at, cosine in near if at != NOBODY]
        frame = drawing.facet.color_of(int(chosen[number]))
        rows.append(Row((Tile(query, own[number], frame=frame), *tiles), leading=1))
    what = kind_words(queries, among)
    subtitle = f"{len(rows)} of {len(points):,}, each with the nearest {what}, and the cosine · {points.embedder}"
    pages = sheet_pages(rows, drawing.titled("nearest neighbours"), subtitle, NEIGHBOURS_A_ROW + 1)
    for page, figure in enumerate(pages, 1):
        name = f"{drawing.name}_neighbours_{page}.png"
        save_png(figure, drawing.folder, name, SHEET_DPI)
        drawing.wrote(name, f"nearest {what}")
    drawing.folder.tidy(f"{drawing.name}_neighbours_[0-9]*.png")


def shared_codes(points: Points, others: Points) -> tuple[Indices, Indices]:
    """A number for each owner, the same in both."""
    numbers: dict[tuple[bool, str], int] = {}

    def code(row: Point) -> int:
        return numbers.setdefault((row.is_of_catalogue, row.owner), len(numbers))

    return np.array([code(row) for row in points.rows], np.intp), np.array([code(row) for row in others.rows], np.intp)


def kind_words(queries: Points, among: Points) -> str:
    """What the neighbours of a query are."""
    own, theirs = ({row.kind for row in points.rows} for points in (queries, among))
    if len(theirs) > 1:
        return "others"
    word = f"{next(iter(theirs)).value}s"
    return f"other {word}" if own == theirs else word
