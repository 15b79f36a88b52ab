"""The options that the commands over the catalogue share."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from infra.records.store import Records

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help="Data folder of the stack (REELWEAR_DATA_DIR, else ~/.reelwear).",
        show_default=False,
    ),
]
Images = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Table of id and image_url; it may be a FILE too.", show_default=False),
]
IsPart = Annotated[bool, typer.Option("--part", help="The files are a part of the catalogue: retire nothing.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


def _currency_code(text: str | None) -> str | None:
    from catalog_jobs.catalog.prices import CURRENCY_CODES

    code = text.upper() if text else None
    if code and code not in CURRENCY_CODES:
        raise typer.BadParameter(f"{text} is no code of ISO 4217; give one such as INR")
    return code


Currency = Annotated[
    str | None,
    typer.Option(
        metavar="CODE",
        help="Currency of prices that do not say theirs: INR, EUR, …",
        show_default=False,
        callback=_currency_code,
    ),
]


@contextmanager
def opened_records(data: Path | None) -> Iterator["Records"]:
    """The records that the settings name, brought up to date, whether the stack runs or not. Raises STORE_DOWN."""
    from infra.records.store import Records
    from infra.settings import Settings

    settings = Settings.load(data)
    if not settings.records.records_url.get_secret_value():
        settings.stack.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    records = Records(settings.records_url)
    try:
        records.migrate()
        yield records
    finally:
        records.close()
