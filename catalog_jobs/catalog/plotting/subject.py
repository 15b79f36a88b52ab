"""One subject drawn: its maps, its page, and the lists and sheets that were asked for."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from catalog_jobs.catalog.plotting.clusters import HeatMap, heat_map
from catalog_jobs.catalog.plotting.contacts import Contacts, contact_sheets, tile_side
from catalog_jobs.catalog.plotting.drawing import Drawing, map_name
from catalog_jobs.catalog.plotting.extras import PIP_LINE, has
from catalog_jobs.catalog.plotting.maps import Map, make_map
from catalog_jobs.catalog.plotting.nearness import nearest
from catalog_jobs.catalog.plotting.options import NEIGHBOURS_ON_A_CARD
from catalog_jobs.catalog.plotting.page.content import PageContent, data_uri
from catalog_jobs.catalog.plotting.page.making import PageWords, map_page
from catalog_jobs.catalog.plotting.points import Points
from catalog_jobs.catalog.plotting.report import MapReport, SubjectReport


def draw_subject(drawing: Drawing, among: Points | None = None) -> SubjectReport:
    """Draw all that is asked for. among: what the neighbours on sheets are sought in.

    Raises BAD_SETTING where an extra is missing that was asked for by name.
    """
    options, points = drawing.options, drawing.points
    maps = [_mapped(drawing, number) for number in range(len(options.maps))]
    heat = _heat_map(drawing) if options.has_heatmap else None
    contacts = _contacts(drawing)
    _write_page(drawing, maps, heat, contacts)
    counts: dict[str, int | None] = {}
    if has("matplotlib"):
        from catalog_jobs.catalog.plotting.pictures import write_neighbours, write_pictures

        write_pictures(drawing, maps, heat)
        if options.sheet_rows and among is not None:
            write_neighbours(drawing, among)
    else:
        drawing.notes.append(f"PNGs need matplotlib, which is not installed: {PIP_LINE}")
    if options.duplicate_cosine is not None or options.outliers:
        from catalog_jobs.catalog.plotting.lists import write_lists

        counts = write_lists(drawing)
    distinct = len(drawing.gathered.distinct())
    return SubjectReport(
        subject=drawing.name,
        embedder=points.embedder,
        points=dict(Counter(row.kind.value for row in points.rows)),
        total=distinct,
        repeated=len(drawing.gathered) - distinct,
        left_out=points.left_out,
        unusable=points.unusable,
        colored_by=drawing.facet.title,
        maps=tuple(MapReport(method=one.method, dims=one.dims, settings=one.settings, note=one.note) for one in maps),
        pictures=contacts.count,
        without_picture=len(points) - contacts.count,
        notes=tuple(drawing.notes),
        near_duplicates=counts.get("near_duplicates"),
        near_duplicates_total=counts.get("near_duplicates_total"),
        outliers=counts.get("outliers"),
    )


def _mapped(drawing: Drawing, number: int) -> Map:
    asked = drawing.options.maps[number]
    drawing.on_step(f"mapping {drawing.name} by {asked.method.spelled} {asked.dims}D", 0, None)
    made = make_map(drawing.points.vectors, asked)
    if made.note and made.note not in drawing.notes:
        drawing.notes.append(made.note)
    return made


def _heat_map(drawing: Drawing) -> HeatMap | None:
    if len(drawing.points) < 2:
        drawing.notes.append("a heat map needs two points")
        return None
    drawing.on_step(f"clustering {drawing.name}", 0, None)
    return heat_map(drawing.points, drawing.options.seed)


def _contacts(drawing: Drawing) -> Contacts:
    points = drawing.points.rows
    what = f"pictures of {drawing.name}"
    side_px = tile_side(len(points))
    pictures = drawing.gallery.pictures(points, side_px, lambda done: drawing.on_step(what, done, len(points)))
    made = contact_sheets(pictures, side_px)
    in_bucket = sum(point.picture is not None and point.picture.place == "bucket" for point in points)
    if drawing.gallery.is_bucket_down and in_bucket:
        drawing.notes.append(
            f"the object store does not answer: {in_bucket:,} points are without their picture; `reelwear up` starts it"
        )
    elif missing := sum(tile < 0 and point.picture is not None for tile, point in zip(made.tiles, points, strict=True)):
        drawing.notes.append(f"{missing:,} picture{'s' * (missing != 1)} cannot be read, or are gone")
    return made


def _write_page(drawing: Drawing, maps: Sequence[Map], heat: HeatMap | None, contacts: Contacts) -> None:
    drawing.on_step(f"writing the page of {drawing.name}", 0, None)
    stem = map_name(drawing, maps[0], 0) if len(maps) == 1 else drawing.name
    points = drawing.points
    near = nearest(points.vectors, points.vectors, NEIGHBOURS_ON_A_CARD, np.arange(len(points)))
    facets = list(drawing.facets.values())
    content = PageContent(
        points=points.rows,
        maps=maps,
        facets=facets,
        facet=facets.index(drawing.facet),
        near=near,
        contacts=contacts,
        sheets=_sheet_urls(drawing, contacts, stem),
        heat=heat,
    )
    facts = [drawing.count_line(), f"coloured by {drawing.facet.title} at first"]
    footer = [("embedder", points.embedder), ("seed", str(drawing.options.seed))]
    words = PageWords(drawing.title, points.embedder, facts, drawing.notes, footer)
    drawing.folder.write(f"{stem}.html", map_page(words, content).encode())
    drawing.wrote(f"{stem}.html", "interactive map" + (" and heat map" if heat else ""))


def _sheet_urls(drawing: Drawing, contacts: Contacts, stem: str) -> list[str]:
    if contacts.bytes <= drawing.options.most_embedded_bytes:
        drawing.folder.tidy(f"{stem}_pictures/*.jpg")
        return [data_uri(sheet) for sheet in contacts.sheets]
    names = [f"{stem}_pictures/{number:03d}.jpg" for number in range(len(contacts.sheets))]
    for name, sheet in zip(names, contacts.sheets, strict=True):
        drawing.folder.write(name, sheet)
        drawing.wrote(name, "small pictures of the page")
    drawing.folder.tidy(f"{stem}_pictures/*.jpg")
    drawing.notes.append(
        f"the small pictures weigh {contacts.bytes / 1e6:.0f} MB, too much for one file: they lie in {stem}_pictures, "
        "which has to stay beside the page"
    )
    return names
