"""The command that cuts. What it needs is imported when it runs, so that `--help` is quick."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catalog_jobs.catalog.cropping.options import CropOptions
from catalog_jobs.catalog.options import AsJson, DataDir

if TYPE_CHECKING:
    from catalog_jobs.catalog.cropping.report import CropReport

FAILED = 1
INTERRUPTED = 130
DEFAULTS = CropOptions()


def crop(
    product: Annotated[
        str | None, typer.Option(metavar="ID", help="Only the pictures of this product.", show_default=False)
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Cut pictures again that are cut already.")] = False,
    min_score: Annotated[
        float, typer.Option(min=0, max=1, metavar="S", help="Leave out what the models are less sure of.")
    ] = DEFAULTS.min_score,
    max_pixels: Annotated[
        int, typer.Option(min=1024, help="Largest picture, width times height.")
    ] = DEFAULTS.max_pixels,
    here: Annotated[
        bool | None,
        typer.Option(
            "--here/--server",
            help="Run the parser of the package in this process, or ask nobody but the model server. By default the "
            "server is asked; where none answers on this machine, and the settings name the models of the package, the "
            "parser runs here and sees the same.",
            show_default=False,
        ),
    ] = None,
    at_once: Annotated[
        int, typer.Option(min=1, max=64, help=f"Batches of {DEFAULTS.batch} pictures under way.")
    ] = DEFAULTS.at_once,
    ray: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Run the parser on a Ray cluster, on `local` one of this machine's own; each machine of it must see "
            "the pictures under the same path. Needs the extra `jobs`.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
    data: DataDir = None,
    pictures: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="DIR",
            help="Where `catalog fetch` put the pictures (catalog/pictures in the data folder).",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Cut the garment that is sold out of the pictures that were fetched.

    Of all garments in a picture, the one of the product's type is sold; of a set, one for each piece. It is what the
    models find on a person, what lies on a plain ground, or else the whole picture. Box crops, masked crops and masks
    (COCO run lengths) go beside the pictures. What is cut already is left alone, and a run that was stopped goes on
    where it was. Exit code 1 if all pictures failed, or the models do not answer.

    Example: reelwear catalog crop --product 7843 --force
    """
    from contextlib import ExitStack

    from rich.console import Console

    from catalog_jobs.catalog.cropping.job import crop_catalog
    from catalog_jobs.catalog.cropping.looking import opened_looks
    from catalog_jobs.catalog.cropping.options import Where
    from catalog_jobs.catalog.cropping.progress import crop_bar
    from catalog_jobs.catalog.cropping.tables import report_view
    from catalog_jobs.catalog.fetching.catalogue import PICTURES_DIR
    from catalog_jobs.catalog.options import opened_records
    from catalog_jobs.catalog.tables import catalog_console
    from infra.settings import Settings

    options = CropOptions(min_score=min_score, max_pixels=max_pixels, at_once=at_once, is_forced=force)
    settings = Settings.load(data)
    folder = pictures.expanduser().absolute() if pictures else settings.stack.data_dir / PICTURES_DIR
    if ray and here is False:
        raise typer.BadParameter("--ray runs the parser on a cluster, --server asks the model server; give one of them")
    where = Where.AUTO if here is None else Where.HERE if here else Where.SERVER
    with ExitStack() as opened:
        records = opened.enter_context(opened_records(data))
        cut = None
        if ray:
            from catalog_jobs.catalog.cropping.on_ray import OnRay
            from catalog_jobs.catalog.indexing.on_ray import cluster

            cut, where = OnRay(opened.enter_context(cluster(ray))), Where.HERE
        looks, ran = opened.enter_context(opened_looks(settings.models, where, min_score))
        show = opened.enter_context(crop_bar(Console(stderr=True), is_quiet=as_json))
        report = crop_catalog(records, folder, looks, Where.RAY if cut else ran, options, show, product, cut)
    if as_json:
        typer.echo(report.model_dump_json())
    else:
        catalog_console().print(report_view(report))
    code = exit_code(report)
    if code:
        raise typer.Exit(code)


def exit_code(report: "CropReport") -> int:
    """130 for an interrupt, 1 for a run that ended early or of which every picture failed; else 0."""
    if report.stopped:
        return INTERRUPTED if report.stopped.code == "interrupted" else FAILED
    return FAILED if report.failed and not (report.done or report.kept) else 0
