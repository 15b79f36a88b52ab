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
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


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
