"""The commands over the catalogue that also need the vector store, which the host process owns while it runs."""

from pathlib import Path
from typing import Annotated

import typer

from catalog_jobs.catalog.commands import app, catalog
from catalog_jobs.catalog.options import AsJson, Currency, DataDir, Images, IsPart
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
    images: Images = None,
    drawn: Annotated[
        bool, typer.Option("--drawn", help="Instead of files: a shop of some 150 drawn garments, to try things on.")
    ] = False,
    part: IsPart = False,
    currency: Currency = None,
    as_json: AsJson = False,
    data: DataDir = None,
) -> None:
    """Import, fetch, crop, index and rematch, one after another: the shop's files all the way to matched videos.

    Each step does what is missing, so that the command may be stopped and run again; it ends at the first that cannot
    go on. The commands of the steps have more options.

    Example: reelwear catalog load products.csv --images images.csv
    """
    from catalog_jobs.catalog.importing import ImportOptions
    from infra.local.catalog_load import load_catalog
    from infra.settings import Settings

    options = ImportOptions(images=images, is_part=part, currency=currency)
    ended = load_catalog(Settings.load(data), files or [], options, drawn, BATCH, as_json)
    if ended:
        raise typer.Exit(ended)
