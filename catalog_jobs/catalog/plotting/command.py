"""The command that plots. What it needs is imported when it runs, so that `--help` is quick."""

import math
from pathlib import Path
from typing import Annotated

import typer

from catalog_jobs.catalog.options import AsJson, DataDir, opened_records
from catalog_jobs.catalog.plotting.options import (
    DEFAULT_DUPLICATE_COSINE,
    DEFAULT_SEED,
    ColorBy,
    MapOptions,
    Method,
    PlotOptions,
    Subject,
)

PLOTS_DIR = Path("catalog") / "plots"
DEFAULT_NEIGHBOURS = 15


def plot(
    of: Annotated[
        Subject | None,
        typer.Option("--of", help="What is drawn (products, or with --everything all).", show_default=False),
    ] = None,
    method: Annotated[
        list[Method] | None,
        typer.Option(help="How the map is made; repeat it for several in one page (t-SNE).", show_default=False),
    ] = None,
    dims: Annotated[int, typer.Option(min=2, max=3, help="Dimensions of the map.")] = 2,
    color: Annotated[
        ColorBy | None, typer.Option(help="What colours tell at first (what tells most).", show_default=False)
    ] = None,
    perplexity: Annotated[
        str, typer.Option(metavar="auto|N", help="Of t-SNE; auto is a fifth of the points, 5 to 30.")
    ] = "auto",
    neighbours: Annotated[
        int, typer.Option(min=2, max=1000, help="Of UMAP: how many make a point's surroundings.")
    ] = DEFAULT_NEIGHBOURS,
    sample: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Draw only so many, by the seed.", show_default=False)
    ] = None,
    heatmap: Annotated[bool, typer.Option("--heatmap", help="Also the clustered matrix of cosine distances.")] = False,
    sheet: Annotated[
        int, typer.Option("--neighbours-sheet", min=0, metavar="N", help="Also N points, each with its five nearest.")
    ] = 0,
    among: Annotated[
        Subject | None,
        typer.Option(help="Where a sheet seeks neighbours (for items products, else the same).", show_default=False),
    ] = None,
    duplicates: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=1.0,
            metavar="T",
            help=f"Also list pairs with a cosine of T or more; {DEFAULT_DUPLICATE_COSINE} is usual.",
            show_default=False,
        ),
    ] = None,
    outliers: Annotated[int, typer.Option(min=0, metavar="N", help="Also list the N points farthest from others.")] = 0,
    everything: Annotated[
        bool, typer.Option("--everything", help="All of it for all there is, and an index.html that links it.")
    ] = False,
    seed: Annotated[
        int, typer.Option(min=0, max=2**32 - 1, help="Another seed, another t-SNE, UMAP and sample.")
    ] = DEFAULT_SEED,
    embedder: Annotated[
        str | None, typer.Option(metavar="NAME@VERSION", help="Whose vectors (the live one's).", show_default=False)
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="DIR", help="Where files go (catalog/plots in the data folder).", show_default=False
        ),
    ] = None,
    as_json: AsJson = False,
    data: DataDir = None,
) -> None:
    """Draw vectors as a map: one HTML page to explore, with pictures, and a PNG; no model is asked.

    Products, worn items, frames, videos and texts by t-SNE, PCA or UMAP in two or three dimensions; heat maps, nearest
    neighbours, near-duplicates and outliers besides. Exit code 4 where there are no vectors.

    Example: reelwear catalog plot --of products --method tsne --heatmap --duplicates 0.95
    """
    from rich.console import Console

    from catalog_jobs.catalog.fetching.catalogue import PICTURES_DIR
    from catalog_jobs.catalog.plotting.job import default_maps
    from catalog_jobs.catalog.plotting.job import plot as draw
    from catalog_jobs.catalog.plotting.progress import plot_progress
    from catalog_jobs.catalog.plotting.tables import plot_view
    from catalog_jobs.catalog.tables import catalog_console
    from infra.bucket import Bucket
    from infra.settings import Settings

    settings = Settings.load(data)
    asked = MapOptions(Method.TSNE, dims, read_perplexity(perplexity), neighbours, seed)
    maps, note = default_maps(method or (), dims, asked)
    options = PlotOptions(
        subject=of or (Subject.ALL if everything else Subject.PRODUCTS),
        maps=maps,
        color=color,
        sample=sample,
        seed=seed,
        embedder=embedder,
        has_heatmap=heatmap,
        sheet_rows=sheet,
        among=among,
        duplicate_cosine=duplicates,
        outliers=outliers,
        note=note,
    )
    folder = out.expanduser().absolute() if out else settings.stack.data_dir / PLOTS_DIR
    pictures = settings.stack.data_dir / PICTURES_DIR
    with opened_records(data) as records, plot_progress(Console(stderr=True), is_quiet=as_json) as on_step:
        report = draw(
            records, pictures, lambda: Bucket(settings.bucket, timeout_s=10), folder, options, everything, on_step
        )
    if as_json:
        typer.echo(report.model_dump_json())
    else:
        catalog_console().print(plot_view(report))


def read_perplexity(text: str) -> float | None:
    """A number above 1, None for auto; raises BadParameter for anything else."""
    if text.strip().lower() == "auto":
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 1):
        raise typer.BadParameter(f"--perplexity is {text}, which is neither auto nor a number above 1")
    return value
