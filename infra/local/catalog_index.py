"""`reelwear catalog index`: the job that embeds, and then the step that the vector store's owner does."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import typer
from pydantic import BaseModel, ConfigDict
from rich.console import Console

from catalog_jobs.catalog.fetching.catalogue import PICTURES_DIR
from catalog_jobs.catalog.indexing.here import ModelChoice
from catalog_jobs.catalog.indexing.job import Line, index_catalog, note_embedded, only_indexer
from catalog_jobs.catalog.indexing.progress import index_progress
from catalog_jobs.catalog.indexing.report import IndexReport, Stopped
from catalog_jobs.catalog.indexing.server import EmbedderOnServer
from catalog_jobs.catalog.indexing.tables import VIA, index_view
from catalog_jobs.catalog.indexing.threads import Threads
from catalog_jobs.catalog.options import opened_records
from catalog_jobs.catalog.tables import catalog_console
from functions.catalog.answers import SyncReport
from functions.catalog.vectors import sync_products
from functions.cli.client import HostClient
from functions.services import open_services
from infra.errors import ErrorCode, ReelwearError
from infra.settings import Settings
from serve_app.client import ModelClient
from serve_app.errors import ModelServerError

FAILED: Final = 1
INTERRUPTED: Final = 130
# As many as one copy of the models works at, so that its batches fill while one runs.
REQUESTS_AT_ONCE: Final = 4


class Indexed(BaseModel):
    """What `reelwear catalog index --json` prints. sync: what came to the vector store of it; None where nothing did,
    for a run that ended early or for `sync_error`.
    """

    model_config = ConfigDict(frozen=True)

    index: IndexReport
    sync: SyncReport | None = None
    sync_error: Stopped | None = None


@dataclass(frozen=True)
class IndexCommand:
    """What was typed. embedder: server, here, a name or a folder; None is the server if it answers, else here. ray: the
    address of a cluster.
    """

    embedder: str | None
    batch: int
    ray: str | None
    is_dropping_old: bool

    def run(self, settings: Settings, console: Console, is_quiet: bool) -> Indexed:
        """Embed, store, and note it. Raises BAD_SETTING, MODEL_SERVER_DOWN and ALREADY_RUNNING before anything is
        embedded.
        """
        folder = settings.stack.data_dir / PICTURES_DIR
        with (
            opened_records(settings.stack.data_dir) as records,
            only_indexer(folder.parent),
            self.line(settings) as line,
        ):
            with index_progress(console, f"embedding {VIA[line.via]}", is_quiet) as show:
                report = index_catalog(records, folder, line, show)
            if report.stopped:
                return Indexed(index=report)
            try:
                sync = sync_anywhere(settings, self.is_dropping_old)
            except ReelwearError as error:
                return Indexed(index=report, sync_error=Stopped(code=error.code.code, message=error.message))
            if sync.is_switched:
                note_embedded(records, folder, line.card)
        return Indexed(index=report, sync=sync)

    @contextmanager
    def line(self, settings: Settings) -> Iterator[Line]:
        """The way of parts through the embedder that was chosen."""
        models = settings.models
        where = models.embedder if self.embedder in (None, "here", "server") else str(self.embedder)
        choice = ModelChoice(where, models.model_threads, self.batch)
        if self.ray is not None:
            if self.embedder == "server":
                message = "--ray holds the embedder itself; give --embedder here, a name or a folder beside it"
                raise ReelwearError(ErrorCode.BAD_SETTING, message)
            from catalog_jobs.catalog.indexing.on_ray import OnRay, cluster

            with cluster(self.ray) as actors:
                yield OnRay(choice, actors)
            return
        if self.embedder in (None, "server"):
            with server_client(settings) as client:
                served = on_server(client, is_needed=self.embedder == "server")
                if served:
                    yield Threads(served, "server", self.batch, REQUESTS_AT_ONCE)
                    return
        yield Threads(choice.load(), "here", self.batch, 1)


def server_client(settings: Settings) -> ModelClient:
    """A client of the model server that the settings name."""
    models = settings.models
    return ModelClient(models.model_server_url, models.model_server_token.get_secret_value(), models.model_timeout_s)


def on_server(client: ModelClient, is_needed: bool) -> EmbedderOnServer | None:
    """The model server's embedder; None where it does not answer. Raises MODEL_SERVER_DOWN instead if it is needed."""
    try:
        return EmbedderOnServer(client)
    except ModelServerError as fault:
        if fault.code == "unreachable" and not is_needed:
            return None
        code = ErrorCode.MODEL_SERVER_DOWN if fault.is_retryable else ErrorCode.MODEL_REFUSED
        message = f"{fault.message}; start the stack with `reelwear up`, or give --embedder here"
        raise ReelwearError(code, message) from fault


def sync_anywhere(settings: Settings, is_dropping_old: bool = False) -> SyncReport:
    """Have the host process do it, which owns the vectors while it runs; where none runs, open the stores here."""
    with HostClient.from_settings(settings) as client:
        try:
            return client.sync_catalog(is_dropping_old)
        except ReelwearError as error:
            if error.code is not ErrorCode.NOT_RUNNING:
                raise
    services = open_services(settings, spare_decoders=0)
    try:
        return sync_products(services, is_dropping_old)
    finally:
        services.close()


def print_indexed(indexed: Indexed, is_json: bool) -> None:
    """The document, or what people read."""
    if is_json:
        typer.echo(indexed.model_dump_json())
        return
    console = catalog_console()
    console.print(index_view(indexed.index))
    console.print(sync_line(indexed), soft_wrap=True, markup=False)


def sync_line(indexed: Indexed) -> str:
    """What came to the vector store, in one line."""
    if indexed.sync_error:
        return f"{indexed.sync_error.code}: {indexed.sync_error.message}; the host brings it in order by itself"
    sync = indexed.sync
    if sync is None:
        return "the vector store is as it was"
    words = [f"vector store: {sync.stored:,} stored, {sync.removed:,} removed"]
    words += [f"{sync.recovered:,} of them were lost before"] if sync.recovered else []
    words += [f"{sync.embedder} is matched against from now on"] if sync.is_switched else []
    words += [f"dropped {', '.join(sync.dropped)}"] if sync.dropped else []
    return "; ".join(words)


def exit_code(indexed: Indexed) -> int:
    """130 for an interrupt, 1 for a run that ended early, else 0."""
    if indexed.index.stopped:
        return INTERRUPTED if indexed.index.stopped.code == "interrupted" else FAILED
    return FAILED if indexed.sync_error else 0
