"""Vectors on a Qdrant server."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from qdrant_client import QdrantClient
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse
from qdrant_client.models import (
    CreateAlias,
    CreateAliasOperation,
    DeleteAlias,
    DeleteAliasOperation,
    Distance,
    FieldCondition,
    Filter,
    FilterSelector,
    MatchAny,
    MatchValue,
    PayloadSchemaType,
    PointIdsList,
    PointStruct,
    VectorParams,
)

from infra.errors import ErrorCode, ReelwearError
from infra.settings import VectorsSettings
from infra.vectors.backend import Shape
from infra.vectors.point import ASKED_FOR, Equal, Hit, Row, hit_of

PAGE_ROWS = 256
ANSWER_TIMEOUT_S = 10
# What the client says where it stands in for a server.
NO_COLLECTION = re.compile(r"Collection \S+ not found")


class RemoteCollections:
    """The collections of a server."""

    def __init__(self, client: QdrantClient, place: str) -> None:
        self._client = client
        self.place = place

    @contextmanager
    def guarded(self, alias: str) -> Iterator[None]:
        """The faults of the wire, of the server and of its client by name; as many callers at once as like."""
        try:
            yield
        except ResponseHandlingException as error:
            message = f"the vector store at {self.place} does not answer: {error}"
            raise ReelwearError(ErrorCode.STORE_DOWN, message) from error
        except UnexpectedResponse as error:
            raise self._refused(alias, error.status_code or 500, str(error)) from error
        except ValueError as error:
            raise self._refused(alias, 404 if NO_COLLECTION.match(str(error)) else 400, str(error)) from error

    def close(self) -> None:
        """Let the connection go."""
        self._client.close()

    def collections(self) -> list[str]:
        """The names of all collections."""
        return [entry.name for entry in self._client.get_collections().collections]

    def shape(self, collection: str) -> Shape | None:
        """What a collection holds."""
        if not self._client.collection_exists(collection):
            return None
        stored = self._client.get_collection(collection).config.params.vectors
        if isinstance(stored, VectorParams):
            return {"": stored.size}
        return {name: params.size for name, params in (stored or {}).items()}

    def create(self, collection: str, shape: Shape) -> None:
        """Make a collection, with an index of all that is asked for."""
        self._client.create_collection(collection, params_of(shape))
        for key in ASKED_FOR:
            self._client.create_payload_index(collection, key, PayloadSchemaType.KEYWORD, wait=True)

    def drop(self, collection: str) -> None:
        """Remove a collection, and with it its aliases."""
        self._client.delete_collection(collection)

    def live(self, alias: str) -> str | None:
        """The collection that an alias stands for."""
        aliases = self._client.get_aliases().aliases
        return next((entry.collection_name for entry in aliases if entry.alias_name == alias), None)

    def switch(self, alias: str, collection: str) -> None:
        """Let an alias stand for a collection."""
        old = [DeleteAliasOperation(delete_alias=DeleteAlias(alias_name=alias))] if self.live(alias) else []
        new = CreateAliasOperation(create_alias=CreateAlias(collection_name=collection, alias_name=alias))
        self._client.update_collection_aliases([*old, new])

    def upsert(self, collection: str, rows: Sequence[Row]) -> None:
        """Store rows; the server has them when this returns."""
        self._client.upsert(collection, [struct_of(row) for row in rows], wait=True)

    def delete(self, collection: str, equal: Equal) -> None:
        """Remove the rows whose payload holds all of these."""
        self._client.delete(collection, FilterSelector(filter=filter_of(equal)), wait=True)

    def delete_ids(self, collection: str, ids: Sequence[str]) -> None:
        """Remove the rows of these ids."""
        self._client.delete(collection, PointIdsList(points=list(ids)), wait=True)

    def search(
        self, collection: str, name: str, vector: NDArray[np.float32], limit: int, equal: Equal
    ) -> Sequence[Hit]:
        """The nearest rows."""
        found = self._client.query_points(
            collection,
            query=vector.tolist(),
            using=name or None,
            limit=limit,
            query_filter=filter_of(equal) if equal else None,
        )
        return [hit_of(point.payload, point.score) for point in found.points]

    def page(self, collection: str, after: str | None) -> tuple[Sequence[Hit], str | None]:
        """Some rows in the order of their ids."""
        rows, offset = self._client.scroll(collection, limit=PAGE_ROWS, offset=after)
        return [hit_of(row.payload, 0.0) for row in rows], None if offset is None else str(offset)

    def count(self, collection: str) -> int:
        """How many rows a collection has."""
        return self._client.count(collection, exact=True).count

    def _refused(self, alias: str, status: int, text: str) -> ReelwearError:
        if status == 404:
            return ReelwearError(ErrorCode.NOT_FOUND, f"no vectors called {alias} at {self.place}")
        code = ErrorCode.STORE_DOWN if status >= 500 else ErrorCode.BAD_REQUEST
        return ReelwearError(code, f"the vector store at {self.place} refused {alias}: {text}")


def connect(settings: VectorsSettings) -> RemoteCollections:
    """The server that the settings name; it is asked for the first time when it is used."""
    client = QdrantClient(
        url=settings.qdrant_url,
        api_key=settings.qdrant_api_key.get_secret_value() or None,
        timeout=ANSWER_TIMEOUT_S,
        check_compatibility=False,
    )
    return RemoteCollections(client, settings.qdrant_url)


def params_of(shape: Shape) -> VectorParams | Mapping[str, VectorParams]:
    """What a collection is made with: one vector without a name, or several with names."""
    params = {name: VectorParams(size=size, distance=Distance.COSINE) for name, size in shape.items()}
    return params[""] if set(params) == {""} else params


def struct_of(row: Row) -> PointStruct:
    """A row in the server's words."""
    numbers = row.vector.tolist()
    return PointStruct(id=row.id, vector={row.name: numbers} if row.name else numbers, payload=row.payload)


def filter_of(equal: Equal) -> Filter:
    """A filter in the server's words; a value that is a list matches when one of its entries does."""
    return Filter(
        must=[
            FieldCondition(
                key=key, match=MatchValue(value=wanted) if isinstance(wanted, str) else MatchAny(any=list(wanted))
            )
            for key, wanted in equal.items()
        ]
    )
