"""`reelwear catalog load`: the shop's files all the way to matched videos, one step after another."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import typer
from pydantic import BaseModel, ConfigDict
from rich.console import Console, RenderableType

from catalog_jobs.catalog.cropping.command import exit_code as crop_code
from catalog_jobs.catalog.cropping.job import crop_catalog
from catalog_jobs.catalog.cropping.looking import opened_looks
from catalog_jobs.catalog.cropping.options import CropOptions, Where
from catalog_jobs.catalog.cropping.progress import crop_bar
from catalog_jobs.catalog.cropping.report import CropReport
from catalog_jobs.catalog.cropping.tables import report_view as crop_view
from catalog_jobs.catalog.fetching.catalogue import PICTURES_DIR, fetch_catalog
from catalog_jobs.catalog.fetching.command import exit_code as fetch_code
from catalog_jobs.catalog.fetching.options import FetchOptions
from catalog_jobs.catalog.fetching.progress import fetch_bar
from catalog_jobs.catalog.fetching.report import FetchReport
from catalog_jobs.catalog.fetching.tables import report_view as fetch_view
from catalog_jobs.catalog.importing import ImportOptions, import_files
from catalog_jobs.catalog.options import opened_records
from catalog_jobs.catalog.progress import import_progress
from catalog_jobs.catalog.report import ImportReport
from catalog_jobs.catalog.sample.writing import write_sample
from catalog_jobs.catalog.tables import catalog_console, import_view
from functions.catalog.rematched import RematchReport
from functions.cli.rematching import print_rematched, rematch_anywhere, rematch_bar
from infra.errors import ErrorCode, ReelwearError
from infra.local.catalog_index import IndexCommand, Indexed, print_indexed
from infra.local.catalog_index import exit_code as index_code
from infra.settings import Settings

FAILED: Final = 1
# Where the shop is drawn that comes with the product.
DRAWN_DIR: Final = Path("catalog") / "drawn"


class Loaded(BaseModel):
    """What `reelwear catalog load --json` prints: the report of each step, null for those that it did not come to."""

    model_config = ConfigDict(frozen=True)

    imported: ImportReport
    fetched: FetchReport | None = None
    cut: CropReport | None = None
    indexed: Indexed | None = None
    matched: RematchReport | None = None


@dataclass
class CatalogLoad:
    """One run. Each step is the command of its name: it does what is missing, so that a second run does nothing."""

    settings: Settings
    is_quiet: bool
    batch: int

    def __post_init__(self) -> None:
        self._console = Console(stderr=True)
        self._folder = self.settings.stack.data_dir / PICTURES_DIR

    def run(self, files: Sequence[Path], options: ImportOptions) -> tuple[Loaded, int]:
        """Import, fetch, cut, index, match; the reports, and the exit code of the step that ended it early, else 0."""
        data = self.settings.stack.data_dir
        with opened_records(data) as records:
            with import_progress(self._console, self.is_quiet) as on_rows:
                loaded = Loaded(imported=import_files(records, files, options, on_rows))
            self._tell("import", import_view(loaded.imported))
            if not loaded.imported.is_stored:
                return loaded, FAILED
            with fetch_bar(self._console, self.is_quiet) as on_pictures:
                fetched = fetch_catalog(records, self._folder, FetchOptions(), on_pictures)
            self._tell("fetch", fetch_view(fetched))
            loaded = loaded.model_copy(update={"fetched": fetched})
            # A shop whose pictures all fail still has words to be matched by.
            if fetched.stopped:
                return loaded, fetch_code(fetched, is_strict=False)
            crop = CropOptions()
            with (
                opened_looks(self.settings.models, Where.AUTO, crop.min_score) as (looks, where),
                crop_bar(self._console, self.is_quiet) as on_cuts,
            ):
                cut = crop_catalog(records, self._folder, looks, where, crop, on_cuts)
            self._tell("crop", crop_view(cut))
            loaded = loaded.model_copy(update={"cut": cut})
            if cut.stopped:
                return loaded, crop_code(cut)
        indexed = IndexCommand(None, self.batch, None, is_dropping_old=False).run(
            self.settings, self._console, self.is_quiet
        )
        loaded = loaded.model_copy(update={"indexed": indexed})
        if not self.is_quiet:
            self._title("index")
            print_indexed(indexed, is_json=False)
        if index_code(indexed):
            return loaded, index_code(indexed)
        with rematch_bar(self._console, self.is_quiet) as on_videos:
            matched = rematch_anywhere(self.settings, None, is_forced=False, show=on_videos)
        if not self.is_quiet:
            self._title("rematch")
            print_rematched(matched, is_json=False)
        return loaded.model_copy(update={"matched": matched}), FAILED if matched.failed else 0

    def draw(self) -> tuple[list[Path], ImportOptions]:
        """The drawn shop, made where it is not there yet, and how it is imported."""
        folder = self.settings.stack.data_dir / DRAWN_DIR
        report = write_sample(folder)
        if not self.is_quiet:
            self._title("draw")
            catalog_console().print(f"{report.product_count} garments drawn in {report.took_s:.0f} s")
        return [Path(report.products)], ImportOptions(images=Path(report.images))

    def _tell(self, step: str, view: RenderableType) -> None:
        if not self.is_quiet:
            self._title(step)
            catalog_console().print(view)

    def _title(self, step: str) -> None:
        catalog_console().print(step, style="bold")


def load_catalog(
    settings: Settings, files: Sequence[Path], options: ImportOptions, is_drawn: bool, batch: int, is_json: bool
) -> int:
    """Run all steps and print what they say; the exit code. Raises BAD_REQUEST where there is nothing to load."""
    load = CatalogLoad(settings, is_json, batch)
    if bool(files) == is_drawn:
        message = "name the files of the catalogue, or give --drawn for a shop to try things on; one of the two"
        raise ReelwearError(ErrorCode.BAD_REQUEST, message)
    chosen, how = load.draw() if is_drawn else (files, options)
    loaded, code = load.run(chosen, how)
    if is_json:
        typer.echo(loaded.model_dump_json())
    return code
