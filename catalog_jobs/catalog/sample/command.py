"""The command that draws the sample catalogue. What it needs is imported when it runs, so that `--help` is quick."""

from pathlib import Path
from typing import Annotated

import typer

from catalog_jobs.catalog.sample import DEFAULT_SEED


def draw_sample(
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder that the catalogue goes to.", show_default=False)
    ],
    seed: Annotated[
        int, typer.Option(min=0, help="Another seed draws other folds and gives other discounts.")
    ] = DEFAULT_SEED,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")] = False,
) -> None:
    """Draw a shop of some 150 garments to try things on: products.csv, images.csv and their pictures.

    Example: reelwear catalog draw --out shop && reelwear catalog import shop/products.csv --images shop/images.csv
    """
    from rich.console import Console
    from rich.progress import Progress

    from catalog_jobs.catalog.sample.writing import write_sample

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=as_json or not console.is_terminal) as bars:
        task = bars.add_task("drawing", total=None)
        report = write_sample(out, seed, on_progress=lambda done, of: bars.update(task, completed=done, total=of))
    if as_json:
        typer.echo(report.model_dump_json())
        return
    typer.echo(
        f"{report.product_count} products in {report.group_count} styles, {report.picture_count} pictures, "
        f"{report.bytes / 1e6:.1f} MB, in {report.took_s:.0f} s"
    )
    typer.echo(f"reelwear catalog import {report.products} --images {report.images}")
