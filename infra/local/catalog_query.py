"""`reelwear catalog query`: over HTTP while the host process runs, else in the stores or in an exported folder."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from catalog_jobs.catalog.exporting_faiss.reading import FaissFolder
from catalog_jobs.catalog.options import opened_records
from functions.cli.client import Fields, HostClient
from functions.search.embedding import QueryEmbedder, ServedEmbedder
from functions.search.product_answers import ProductAnswer
from functions.search.product_query import ProductQuery
from functions.search.products import find_products, search_products
from functions.services import open_services
from infra.errors import ErrorCode, ReelwearError
from infra.local.embedder_here import SearchEmbedderHere
from infra.local.faiss_products import FaissProducts
from infra.settings import Settings
from serve_app.client import ModelClient

NO_MODEL = "Start the stack with `reelwear up`, or give --here to embed in this process"


@dataclass(frozen=True)
class CatalogQuery:
    """What was asked. fields: of `ProductQuery`, as they go over the wire. faiss: an exported folder to search in.
    is_here: whether words and pictures are embedded in this process where no model server has to.
    """

    fields: Fields
    picture: bytes | None = None
    faiss: Path | None = None
    is_here: bool = False

    def answer(self, settings: Settings) -> ProductAnswer:
        """The products found. Raises what `search_products` raises, and for a folder what `FaissFolder.open` does."""
        query = checked(self.fields)
        if self.faiss is not None:
            return self.in_folder(settings, query, self.faiss)
        with HostClient.from_settings(settings) as client:
            try:
                return client.search_products(self.fields, self.picture)
            except ReelwearError as error:
                if error.code is not ErrorCode.NOT_RUNNING:
                    raise
        return self.in_stores(settings, query)

    def in_stores(self, settings: Settings, query: ProductQuery) -> ProductAnswer:
        """The same in the stores of the data folder, which nobody else has open."""
        services = open_services(settings, spare_decoders=0)
        try:
            with self.embedder(settings) as embedder:
                return search_products(services, embedder, query, self.picture)
        finally:
            services.close()

    def in_folder(self, settings: Settings, query: ProductQuery, path: Path) -> ProductAnswer:
        """The same in an exported folder. Of what is stored elsewhere, only the garments of videos are looked up."""
        index = FaissProducts.of(FaissFolder.open(path.expanduser()))
        if self.picture is not None and "image" not in index.kinds:
            message = f"{path} has vectors of words alone; export with --kind image to search it by a picture"
            raise ReelwearError(ErrorCode.BAD_REQUEST, message)
        with opened_records(settings.stack.data_dir) if query.crop else nullcontext() as records:
            stored = index.stored(query, records)
        with self.embedder(settings) as embedder:
            return find_products(index, embedder, query, self.picture, stored)

    @contextmanager
    def embedder(self, settings: Settings) -> Iterator[QueryEmbedder]:
        """What embeds words and pictures, asked only where there are any; where it is down the way out is named."""
        if self.is_here:
            yield SearchEmbedderHere(settings.models)
            return
        models = settings.models
        token = models.model_server_token.get_secret_value()
        with ModelClient(models.model_server_url, token, models.model_timeout_s) as client:
            try:
                yield ServedEmbedder(client)
            except ReelwearError as error:
                if error.code is not ErrorCode.MODEL_SERVER_DOWN:
                    raise
                raise ReelwearError(error.code, f"{error.message}. {NO_MODEL}") from error


def checked(fields: Fields) -> ProductQuery:
    """The query of some fields. Raises BAD_REQUEST, naming each that cannot be understood."""
    try:
        query = ProductQuery.model_validate(dict(fields))
    except ValidationError as problem:
        faults = [
            f"{(fault['loc'] or ('query',))[-1]} is {fault['input']!r}: {fault['msg']}"
            for fault in problem.errors(include_url=False)
        ]
        raise ReelwearError(ErrorCode.BAD_REQUEST, "; ".join(faults)) from problem
    return query
