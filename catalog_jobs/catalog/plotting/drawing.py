"""One subject while it is drawn: its points, their colours, the files and notes so far."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from catalog_jobs.catalog.plotting.facets import Facet, chosen_facet, facets_of
from catalog_jobs.catalog.plotting.files import Folder
from catalog_jobs.catalog.plotting.gallery import Gallery
from catalog_jobs.catalog.plotting.maps import Map
from catalog_jobs.catalog.plotting.options import ColorBy, PlotOptions, Subject
from catalog_jobs.catalog.plotting.points import Points
from catalog_jobs.catalog.plotting.report import FileReport

TITLES: Final = {
    Subject.PRODUCTS: "Products by how they look",
    Subject.TEXTS: "Products by their words",
    Subject.ITEMS: "Garments worn in reels",
    Subject.FRAMES: "Frames of reels",
    Subject.VIDEOS: "Reels by how they look",
    Subject.ALL: "Catalogue and reels together",
}
SHORT_TITLES: Final = {
    Subject.PRODUCTS: "Products",
    Subject.TEXTS: "Products’ words",
    Subject.ITEMS: "Worn garments",
    Subject.FRAMES: "Frames",
    Subject.VIDEOS: "Reels",
    Subject.ALL: "Catalogue and reels",
}

OnStep = Callable[[str, int, int | None], None]


@dataclass
class Drawing:
    """One subject while it is drawn. points: those shown. facets: what they may be coloured by, `facet` at first."""

    options: PlotOptions
    points: Points
    gathered: Points
    facets: dict[ColorBy, Facet]
    facet: Facet
    folder: Folder
    gallery: Gallery
    on_step: OnStep
    files: list[FileReport] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        """What stands above everything that is drawn of it."""
        return TITLES[self.options.subject]

    def titled(self, what: str) -> str:
        """What stands above a sheet or a heat map of it."""
        return f"{SHORT_TITLES[self.options.subject]}: {what}"

    @property
    def name(self) -> str:
        """What its files begin with."""
        return self.options.subject.value

    def wrote(self, name: str, what: str) -> None:
        """Note a file that was written."""
        size = (self.folder.path / name).stat().st_size
        self.files.append(FileReport(name=name, bytes=size, what=what))

    def count_line(self) -> str:
        """How many points of what, in words."""
        count, usable = len(self.points), len(self.gathered.distinct())
        of = f" of {usable:,}, sampled by seed {self.options.seed}" if count < usable else ""
        return f"{count:,} {_noun(self.options.subject, count)}{of}"


def begin(options: PlotOptions, gathered: Points, folder: Folder, gallery: Gallery, on_step: OnStep) -> Drawing:
    """What is to be drawn of the points that the records have."""
    points = gathered.distinct().sampled(options.sample, options.seed)
    facets = facets_of(points.rows)
    facet = chosen_facet(facets, options.subject, points.rows, options.color)
    drawing = Drawing(options, points, gathered, {**facets, facet.by: facet}, facet, folder, gallery, on_step)
    if options.note:
        drawing.notes.append(options.note)
    if gathered.left_out:
        others = ", ".join(f"{count:,} of {name}" for name, count in gathered.left_out.items())
        drawing.notes.append(f"vectors of other embedders are left out: {others}; --embedder NAME draws theirs")
    if gathered.unusable:
        count = gathered.unusable
        vectors = f"{count:,} vector{'s' * (count != 1)}"
        drawing.notes.append(f"{vectors} cannot be used: of another length, not finite, or zero")
    if len(points) == 1:
        drawing.notes.append("there is one point: nothing to compare it with")
    return drawing


def map_name(drawing: Drawing, made: Map, asked: int) -> str:
    """The name of a map's files without its ending: by what was asked for, so that it is known beforehand."""
    return f"{drawing.name}_{drawing.options.maps[asked].method.value}_{made.dims}d"


def _noun(subject: Subject, count: int) -> str:
    one = {
        Subject.PRODUCTS: "picture of products",
        Subject.TEXTS: "product",
        Subject.ITEMS: "garment",
        Subject.FRAMES: "frame",
        Subject.VIDEOS: "reel",
        Subject.ALL: "point",
    }[subject]
    if count == 1:
        return one
    return one.replace("picture", "pictures") if subject is Subject.PRODUCTS else f"{one}s"
