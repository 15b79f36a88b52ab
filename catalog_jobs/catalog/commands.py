"""The commands over the catalogue. What they need is imported when they run, so that `--help` is quick."""

import json
from pathlib import Path
from typing import Annotated

import typer

from catalog_jobs.catalog.cropping.command import crop
from catalog_jobs.catalog.exporting_faiss.command import write_faiss
from catalog_jobs.catalog.fetching.command import fetch
from catalog_jobs.catalog.learning.command import finetune, prompts
from catalog_jobs.catalog.options import AsJson, Currency, DataDir, Images, IsPart, opened_records
from catalog_jobs.catalog.plotting.command import plot
from catalog_jobs.catalog.reading.rows import Format
from catalog_jobs.catalog.sample.command import draw_sample

FAILED = 1

app = typer.Typer()
catalog = typer.Typer(no_args_is_help=True, help="The shop's catalogue: bring it in, look at it, write it out.")
app.add_typer(catalog, name="catalog")
catalog.command()(fetch)
catalog.command()(crop)
catalog.command(name="export-faiss")(write_faiss)
catalog.command(name="draw")(draw_sample)
catalog.command()(prompts)
catalog.command()(finetune)
catalog.command()(plot)


@catalog.command(name="import")
def import_catalog(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE", help="CSV, XLSX, Shopify's export, JSON or JSON Lines.", show_default=False),
    ],
    images: Images = None,
    file_format: Annotated[
        Format, typer.Option("--format", help="What the files are, if the header is not to decide.")
    ] = Format.AUTO,
    strict: Annotated[bool, typer.Option("--strict", help="Keep nothing if any row is bad.")] = False,
    part: IsPart = False,
    currency: Currency = None,
    types: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.json",
            help='More product types: a list of {"types": [...], "words": [...]}.',
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
    data: DataDir = None,
) -> None:
    """Bring the records in step with the shop's files: new products, changed ones, and those that left.

    Bad rows are told and the good ones kept; exit code 1 if nothing was kept.

    Example: reelwear catalog import products.csv --images images.csv
    """
    from rich.console import Console

    from catalog_jobs.catalog.importing import ImportOptions, import_files
    from catalog_jobs.catalog.progress import import_progress
    from catalog_jobs.catalog.tables import catalog_console, import_view

    options = ImportOptions(images, file_format, strict, part, currency, types)
    with opened_records(data) as records, import_progress(Console(stderr=True), is_quiet=as_json) as show:
        report = import_files(records, files, options, show)
    if as_json:
        typer.echo(report.model_dump_json())
    else:
        catalog_console().print(import_view(report), soft_wrap=False)
    if not report.is_stored:
        raise typer.Exit(FAILED)


@catalog.command(name="export")
def write_catalog(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .csv, .json or .jsonl to write.", show_default=False)],
    images: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where the pictures go (images.csv beside FILE).", show_default=False),
    ] = None,
    file_format: Annotated[
        str | None,
        typer.Option(
            "--format", metavar="FORMAT", help="two-files, catalog-json or json-lines.", show_default="by the name"
        ),
    ] = None,
    retired: Annotated[bool, typer.Option("--retired", help="Also products that left the shop.")] = False,
    as_json: AsJson = False,
    data: DataDir = None,
) -> None:
    """Write the catalogue to files that `catalog import` reads."""
    from catalog_jobs.catalog.exporting import ExportFormat, export_catalog, export_format
    from catalog_jobs.catalog.tables import catalog_console, export_view

    known = [one.value for one in ExportFormat]
    if file_format is not None and file_format not in known:
        raise typer.BadParameter(f"{file_format} is none of {', '.join(known)}")
    chosen = ExportFormat(file_format) if file_format else export_format(file)
    with opened_records(data) as records:
        report = export_catalog(records, file, images, chosen, retired)
    if as_json:
        typer.echo(report.model_dump_json())
    else:
        catalog_console().print(export_view(report))


@catalog.command()
def sample(
    product_id: Annotated[
        str | None, typer.Argument(metavar="ID", help="A product's id; without one, the first.", show_default=False)
    ] = None,
    as_json: AsJson = False,
    data: DataDir = None,
) -> None:
    """Show one product, with what the import made of it."""
    from catalog_jobs.catalog.stats import one_product
    from catalog_jobs.catalog.tables import catalog_console, product_view

    with opened_records(data) as records:
        product, total = one_product(records, product_id)
    if as_json:
        document = {"catalog_version": "1.0", "total_items": total, "first_product": product}
        typer.echo(json.dumps(document, ensure_ascii=False))
    else:
        catalog_console().print(product_view(product, total))


@catalog.command()
def stats(as_json: AsJson = False, data: DataDir = None) -> None:
    """Count the catalogue: types, colours, prices, stock, and what is to be embedded."""
    from catalog_jobs.catalog.stats import catalog_stats
    from catalog_jobs.catalog.tables import catalog_console, stats_view

    with opened_records(data) as records:
        counted = catalog_stats(records)
    if as_json:
        typer.echo(counted.model_dump_json())
    else:
        catalog_console().print(stats_view(counted))
