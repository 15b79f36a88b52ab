"""The page that links all that a run has drawn."""

from collections.abc import Mapping
from typing import Final

from rich.filesize import decimal

from catalog_jobs.catalog.plotting.page.making import asset, templates
from catalog_jobs.catalog.plotting.report import FileReport, PlotReport

PREVIEW: Final = ".png"
PAGE: Final = ".html"


def index_page(report: PlotReport) -> str:
    """HTML beside the files that it links; it shows the PNGs and loads nothing else."""
    return templates().get_template("index.html.j2").render(
        report=report,
        files={subject.subject: _files(report, subject.subject) for subject in report.subjects},
        embedders=sorted({subject.embedder for subject in report.subjects}),
        style=asset("index.css"),
        size=decimal,
    )  # fmt: skip


def _files(report: PlotReport, subject: str) -> Mapping[str, list[FileReport]]:
    own = [one for one in report.files if one.name.startswith(f"{subject}_") or one.name == f"{subject}{PAGE}"]
    return {
        "pages": [one for one in own if one.name.endswith(PAGE)],
        "previews": [one for one in own if one.name.endswith(PREVIEW)],
        "others": [one for one in own if one.name.endswith((".json", ".csv"))],
    }
