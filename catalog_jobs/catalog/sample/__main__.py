"""`python -m catalog_jobs.catalog.sample --out DIR`: draw the sample catalogue."""

import sys
from collections.abc import Sequence

import typer

from catalog_jobs.catalog.sample.command import draw_sample
from infra.errors import ReelwearError

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
app.command()(draw_sample)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and give its exit status: 1 where the folder cannot be written."""
    try:
        app(argv)
    except ReelwearError as error:
        typer.echo(f"{error.code.code}: {error.message}", err=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
