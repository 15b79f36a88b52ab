"""The command that matches stored videos again. What it needs is imported when it runs, so that `--help` is quick."""

from typing import Annotated

import typer

from functions.cli.options import AsJson, DataDir

FAILED = 1


def rematch(
    video: Annotated[
        str | None,
        typer.Argument(
            metavar="VIDEO", help="Id, start of an id, key of the bucket, or a dropped file; all without it.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Also videos that were matched with this very catalogue: prices changed, …")
    ] = False,
    as_json: AsJson = False,
    data: DataDir = None,
) -> None:  # fmt: skip
    """Match stored videos with the catalogue again, after it was indexed anew; no model is asked.

    Results that show another product then are published anew, and webhooks told. It may be stopped and run again; exit
    code 1 if a video could not be matched.

    Example: reelwear catalog rematch
    """
    from rich.console import Console

    from functions.cli.rematching import print_rematched, rematch_anywhere, rematch_bar
    from infra.settings import Settings

    with rematch_bar(Console(stderr=True), is_quiet=as_json) as show:
        report = rematch_anywhere(Settings.load(data), video, force, show)
    print_rematched(report, as_json)
    if report.failed:
        raise typer.Exit(FAILED)
