"""The command that fetches. What it needs is imported when it runs, so that `--help` is quick."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catalog_jobs.catalog.fetching.options import FetchOptions
from catalog_jobs.catalog.options import AsJson, DataDir

if TYPE_CHECKING:
    from catalog_jobs.catalog.fetching.report import FetchReport

FAILED = 1
INTERRUPTED = 130
DEFAULTS = FetchOptions()


def fetch(
    to: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Where pictures go (catalog/pictures in the data folder).", show_default=False
        ),
    ] = None,
    product: Annotated[
        str | None, typer.Option(metavar="ID", help="Only the pictures of this product.", show_default=False)
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Ask the servers whether what is here has changed; fetch what has.")
    ] = False,
    at_once: Annotated[int, typer.Option(min=1, max=512, help="Requests at once, to all hosts.")] = DEFAULTS.at_once,
    per_host: Annotated[
        int, typer.Option(min=1, max=512, help="Requests at once, to one host.")
    ] = DEFAULTS.at_once_per_host,
    attempts: Annotated[int, typer.Option(min=1, max=20, help="Attempts at one picture.")] = DEFAULTS.attempts,
    timeout: Annotated[
        float, typer.Option(min=1, help="Seconds that one attempt may take in all.")
    ] = DEFAULTS.total_timeout_s,
    max_bytes: Annotated[int, typer.Option(min=1, help="Largest picture, in bytes.")] = DEFAULTS.max_bytes,
    max_pixels: Annotated[int, typer.Option(min=1, help="Largest picture, width times height.")] = DEFAULTS.max_pixels,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST", help="A host that may lie at a private address; repeatable.", show_default=False),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit code 1 if any picture failed.")] = False,
    as_json: AsJson = False,
    data: DataDir = None,
) -> None:
    """Fetch the catalogue's pictures to product_ID/ID_000.jpg, with a product_info.json beside them.

    What is here already is not fetched again, and a run that was stopped goes on where it was. Pictures that cannot be
    had are told with the reason; exit code 1 if all failed, or the disk is full.

    Example: reelwear catalog fetch --per-host 4
    """
    from rich.console import Console

    from catalog_jobs.catalog.fetching.catalogue import PICTURES_DIR, fetch_catalog
    from catalog_jobs.catalog.fetching.progress import fetch_bar
    from catalog_jobs.catalog.fetching.tables import report_console, report_view
    from catalog_jobs.catalog.options import opened_records
    from infra.settings import Settings

    options = FetchOptions(
        at_once=at_once,
        at_once_per_host=per_host,
        attempts=attempts,
        total_timeout_s=timeout,
        read_timeout_s=min(timeout, DEFAULTS.read_timeout_s),
        max_bytes=max_bytes,
        max_pixels=max_pixels,
        trusted_hosts=frozenset(allow_host or ()),
        is_asking_again=again,
    )
    folder = to.expanduser().absolute() if to else Settings.load(data).stack.data_dir / PICTURES_DIR
    with opened_records(data) as records, fetch_bar(Console(stderr=True), is_quiet=as_json) as show:
        report = fetch_catalog(records, folder, options, show, product)
    if as_json:
        typer.echo(report.model_dump_json())
    else:
        report_console().print(report_view(report))
    code = exit_code(report, strict)
    if code:
        raise typer.Exit(code)


def exit_code(report: "FetchReport", is_strict: bool) -> int:
    """130 for an interrupt, 1 for a run that ended early or brought nothing, or as strictness says; else 0."""
    if report.stopped:
        return INTERRUPTED if report.stopped.code == "interrupted" else FAILED
    has_nothing = report.failed == report.pictures > 0
    return FAILED if has_nothing or (is_strict and report.failed) else 0
