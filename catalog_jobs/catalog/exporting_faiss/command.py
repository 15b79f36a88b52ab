"""The command that exports for FAISS. What it needs is imported when it runs, so that `--help` is quick."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catalog_jobs.catalog.options import AsJson, DataDir

if TYPE_CHECKING:
    from catalog_jobs.catalog.exporting_faiss.writing import FaissReport


class KindName(StrEnum):
    """What can be exported."""

    IMAGE = "image"
    TEXT = "text"


def write_faiss(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write to.", show_default=False)],
    kind: Annotated[
        KindName, typer.Option(help="Vectors of garments cut out of pictures, or of products' words.")
    ] = KindName.IMAGE,
    hnsw: Annotated[
        bool, typer.Option("--hnsw", help="A graph, which finds nearly all in a fraction of the time.")
    ] = False,
    as_json: AsJson = False,
    data: DataDir = None,
) -> None:
    """Write the catalogue's index for FAISS: index.faiss, metadata.json with what each vector is of, manifest.json.

    Nothing needs to run. What is there already stays if it says the same. `catalog query --faiss DIR` searches it.

    Example: reelwear catalog export-faiss faiss/ --hnsw
    """
    from rich.console import Console

    from catalog_jobs.catalog.exporting_faiss.folder import HnswParameters
    from catalog_jobs.catalog.exporting_faiss.progress import export_bar
    from catalog_jobs.catalog.exporting_faiss.writing import export_faiss
    from catalog_jobs.catalog.options import opened_records
    from catalog_jobs.catalog.tables import catalog_console

    target = folder.expanduser().absolute()
    parameters = HnswParameters() if hnsw else None
    with opened_records(data) as records, export_bar(Console(stderr=True), is_quiet=as_json) as show:
        report = export_faiss(records, target, kind.value, parameters, show)
    if as_json:
        typer.echo(report.model_dump_json())
    else:
        catalog_console().print(told(report), soft_wrap=True, markup=False)


def told(report: "FaissReport") -> str:
    """What was written, in one line."""
    what = f"{report.vectors:,} {report.kind} vectors of {report.products:,} products, {report.structure}"
    return f"{what} {'were there already in' if report.is_unchanged else '→'} {report.folder}"
