"""The commands over the catalogue that also need the vector store, which the host process owns while it runs."""

from pathlib import Path
from typing import Annotated

import typer

from catalog_jobs.catalog.commands import app, catalog
from catalog_jobs.catalog.options import AsJson, DataDir
from functions.cli.rematch import rematch
from infra.local.catalog_query_command import query

__all__ = ["app"]

# Both of the embedder's passes and of the requests to a model server, which takes 64 pictures in one.
BATCH = 16

catalog.command()(query)
catalog.command()(rematch)


@catalog.command()
def index(
    embedder: Annotated[
        str | None,
        typer.Option(
            metavar="WHERE",
            help="server, here, a large model's name, or a folder (the model server if it answers, else here).",
            show_default=False,
        ),
    ] = None,
    batch: Annotated[int, typer.Option(min=2, max=1024, help="Pictures or texts that are embedded at once.")] = BATCH,
    ray: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Embed on a Ray cluster that sees the pictures' folder; local starts one of this machine.",
            show_default=False,
        ),
    ] = None,
    drop_old: Annotated[
        bool, typer.Option("--drop-old", help="Remove the indexes that another embedder's took over from.")
    ] = False,
    as_json: AsJson = False,
    data: DataDir = None,
) -> None:
    """Embed what was cut out and the words of all products, and let the vector store have them.

    Nothing is embedded twice, and a run that was stopped goes on where it was. With another embedder a second index is
    filled beside the one in use, and takes over when it is whole. Exit code 1 where the run ended early.

    Example: reelwear catalog index --embedder here
    """
    from rich.console import Console

    from infra.local.catalog_index import IndexCommand, exit_code, print_indexed
    from infra.settings import Settings

    settings = Settings.load(data)
    command = IndexCommand(embedder, batch, ray, drop_old)
    indexed = command.run(settings, Console(stderr=True), is_quiet=as_json)
    print_indexed(indexed, as_json)
    code = exit_code(indexed)
    if code:
        raise typer.Exit(code)


@catalog.command()
def load(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE", help="What `catalog import` reads.", show_default=False),
    ] = None,
    images: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Table of id and image_url; it may be a FILE too.", show_default=False),
    ] = None,
    drawn: Annotated[
        bool, typer.Option("--drawn", help="Instead of files: a shop of some 150 drawn garments, to try things on.")
    ] = False,
    part: Annotated[
        bool, typer.Option("--part", help="The files are a part of the catalogue: retire nothing.")
    ] = False,
    currency: Annotated[
        str | None,
        typer.Option(metavar="CODE", help="Currency of prices that do not say theirs: INR, EUR, …", show_default=False),
    ] = None,
    as_json: AsJson = False,
    data: DataDir = None,
) -> None:
    """Import, fetch, crop, index and rematch, one after another: the shop's files all the way to matched videos.

    Each step does what is missing, so that the command may be stopped and run again; it ends at the first that cannot
    go on. The commands of the steps have more options.

    Example: reelwear catalog load products.csv --images images.csv
    """
    from catalog_jobs.catalog.importing import ImportOptions
    from catalog_jobs.catalog.prices import CURRENCY_CODES
    from infra.local.catalog_load import load_catalog
    from infra.settings import Settings

    code = currency.upper() if currency else None
    if code and code not in CURRENCY_CODES:
        raise typer.BadParameter(f"{currency} is no code of ISO 4217; give one such as INR")
    options = ImportOptions(images=images, is_part=part, currency=code)
    ended = load_catalog(Settings.load(data), files or [], options, drawn, BATCH, as_json)
    if ended:
        raise typer.Exit(ended)
