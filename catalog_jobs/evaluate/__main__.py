"""`python -m catalog_jobs.evaluate parser|detector|embedder|attributes|matching|products|compare|all`."""

import typer

from catalog_jobs.evaluate import attributes, compare, detector, embedder, everything, matching, parser, products

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Measure models on labelled photos and reels.")
for part in (parser, detector, embedder, attributes, matching, products, compare, everything):
    app.add_typer(part.app)

if __name__ == "__main__":
    app()
