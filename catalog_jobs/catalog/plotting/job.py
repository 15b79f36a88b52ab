"""A run: the vectors gathered, each subject drawn, and the page that links all."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic

from catalog_jobs.catalog.plotting.drawing import OnStep, begin
from catalog_jobs.catalog.plotting.extras import has, need
from catalog_jobs.catalog.plotting.files import Folder
from catalog_jobs.catalog.plotting.gallery import Gallery
from catalog_jobs.catalog.plotting.gathering import gather, kinds_there
from catalog_jobs.catalog.plotting.options import (
    DEFAULT_DUPLICATE_COSINE,
    DEFAULT_OUTLIERS,
    DEFAULT_SHEET_ROWS,
    SUBJECT_OF,
    MapOptions,
    Method,
    PlotOptions,
    Subject,
)
from catalog_jobs.catalog.plotting.page.index import index_page
from catalog_jobs.catalog.plotting.points import Points
from catalog_jobs.catalog.plotting.report import PlotReport, SubjectReport
from catalog_jobs.catalog.plotting.subject import draw_subject
from infra.bucket import Bucket
from infra.errors import ErrorCode, ReelwearError
from infra.records.store import Records

INDEX = "index.html"
PACKAGE_OF = {Method.TSNE: "scikit-learn", Method.UMAP: "umap-learn"}


def plot(
    records: Records,
    pictures: Path,
    open_bucket: Callable[[], Bucket],
    to: Path,
    options: PlotOptions,
    is_everything: bool = False,
    on_step: OnStep = lambda _what, _done, _total: None,
) -> PlotReport:
    """Draw what the options ask for into a folder; nothing is asked of a model.

    pictures: the folder of the catalogue's. open_bucket: called if a picture of a reel is needed. is_everything: every
    subject, method, list and sheet that there is something for, and a page that links them.
    Raises NOT_FOUND where there are no vectors, BAD_SETTING where an extra is missing that was asked for.
    """
    began_s = monotonic()
    check_extras(options)
    folder, gallery = Folder(to), Gallery(pictures, open_bucket)
    asked = everything(records, options) if is_everything else [options]
    subjects: list[SubjectReport] = []
    files = []
    for one in asked:
        on_step(f"reading {one.subject.value}", 0, None)
        gathered = gather(records, one.subject.kinds, one.embedder)
        if not len(gathered):
            raise ReelwearError(ErrorCode.NOT_FOUND, nothing_usable(gathered, one.subject))
        drawing = begin(one, gathered, folder, gallery, on_step)
        among = neighbourhood(records, one, gathered) if one.sheet_rows else None
        subjects.append(draw_subject(drawing, among))
        files += drawing.files
    report = PlotReport(
        folder=str(to),
        subjects=tuple(subjects),
        files=tuple(files),
        seconds=round(monotonic() - began_s, 3),
        index=INDEX if is_everything else None,
    )
    if is_everything:
        folder.write(INDEX, index_page(report).encode())
    return report


def check_extras(options: PlotOptions) -> None:
    """Raises BAD_SETTING, before any work, where something asked for by name needs a package that is missing."""
    for asked in options.maps:
        if asked.method in PACKAGE_OF:
            need(PACKAGE_OF[asked.method], f"a map by {asked.method.spelled}")
    if options.has_heatmap:
        need("SciPy", "the heat map")
    if options.sheet_rows:
        need("matplotlib", "a sheet of neighbours")


def everything(records: Records, options: PlotOptions) -> list[PlotOptions]:
    """What there is to draw: each subject that has vectors, by each method that is installed, and all extras."""
    _, kinds = kinds_there(records, options.subject.kinds, options.embedder)
    subjects = [SUBJECT_OF[kind] for kind in kinds]
    subjects += [Subject.ALL] if len(subjects) > 1 else []
    first = options.maps[0]
    methods = [method for method in Method if method not in PACKAGE_OF or has(PACKAGE_OF[method])]
    ordered = [first.method, *(method for method in methods if method is not first.method)]
    maps = (*(replace(first, method=method, dims=2) for method in ordered), replace(first, dims=3))
    full = replace(
        options,
        maps=maps,
        has_heatmap=has("SciPy"),
        sheet_rows=(options.sheet_rows or DEFAULT_SHEET_ROWS) if has("matplotlib") else 0,
        duplicate_cosine=options.duplicate_cosine or DEFAULT_DUPLICATE_COSINE,
        outliers=options.outliers or DEFAULT_OUTLIERS,
    )
    return [replace(full, subject=subject) for subject in subjects]


def neighbourhood(records: Records, options: PlotOptions, gathered: Points) -> Points:
    """What the neighbours on a sheet are sought in: as asked, else products for items, else the subject itself.

    Raises NOT_FOUND where it is asked for and the embedder has none.
    """
    among = options.among
    if among is None and options.subject is Subject.ITEMS:
        among = Subject.PRODUCTS
    if among is None or among is options.subject:
        return gathered.distinct()
    try:
        found = gather(records, among.kinds, gathered.embedder).distinct()
    except ReelwearError as fault:
        if options.among is not None or fault.code is not ErrorCode.NOT_FOUND:
            raise
        return gathered.distinct()
    return found if len(found) else gathered.distinct()


def nothing_usable(gathered: Points, subject: Subject) -> str:
    """Why nothing can be drawn though there are rows."""
    if gathered.unusable:
        return (
            f"none of the {gathered.unusable:,} vectors of {subject.value} by {gathered.embedder} can be used: "
            "they are of another length, not finite, or zero"
        )
    gone = f"all {subject.value} with vectors by {gathered.embedder} have left the shop"
    return f"{gone}; `reelwear catalog import` brings others"


def default_maps(methods: Sequence[Method], dims: int, settings: MapOptions) -> tuple[tuple[MapOptions, ...], str]:
    """The maps of some methods; without any, t-SNE, or PCA where that is not installed, with a note on it."""
    if methods:
        return tuple(replace(settings, method=method, dims=dims) for method in dict.fromkeys(methods)), ""
    if has("scikit-learn"):
        return (replace(settings, method=Method.TSNE, dims=dims),), ""
    note = "t-SNE needs scikit-learn, which is not installed: laid out by PCA"
    return (replace(settings, method=Method.PCA, dims=dims),), note
