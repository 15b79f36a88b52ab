"""The vector store: Qdrant, in a folder owned by one process or on a server. It can be rebuilt from the records."""

import json
import re
import threading
import uuid
import warnings
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import structlog
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
    MatchValue,
    PayloadSchemaType,
    PointStruct,
    VectorParams,
)

from infra.errors import ErrorCode, ReelwearError
from infra.settings import VectorsSettings

POINT_NAMESPACE = uuid.UUID("5f0f6f0e-6c0b-5d0c-9a53-7d6c0b8f2a11")
OWNER, PART = "owner", "part"
# What searches and deletions ask for; a server answers these from an index.
ASKED_FOR = (OWNER, "run_id", "type", "color")
# Local mode compares with every point: its own documentation gives this bound.
LOCAL_COMFORT_POINTS = 20_000
PAGE_POINTS = 256
ANSWER_TIMEOUT_S = 10

log = structlog.get_logger()


@dataclass(frozen=True)
class Point:
    """A vector of some part of an owner: an item of a video, a photo of a product. `vector` is float32, any length."""

    owner: str
    part: str
    vector: NDArray[np.float32]
    payload: dict[str, object]


@dataclass(frozen=True)
class Hit:
    """A point found; `score` is the cosine similarity, -1 to 1, and 0 where nothing was compared."""

    owner: str
    part: str
    score: float
    payload: dict[str, object]


class Vectors:
    """All vectors, by alias (`items`, `products`, `videos`); each alias stands for a collection of one model's vectors.

    Safe to use from many threads. Methods raise STORE_DOWN when the server does not answer (a retry helps), NOT_FOUND
    for an alias that was never ensured, BAD_REQUEST for what the store refuses.
    """

    def __init__(self, settings: VectorsSettings, local_path: Path, comfort_points: int = LOCAL_COMFORT_POINTS) -> None:
        """Over `comfort_points` the local store warns. Raises ALREADY_RUNNING when another process holds its folder."""
        self._comfort_points = comfort_points
        self._is_local = not settings.qdrant_url
        self._lock: AbstractContextManager[object] = threading.RLock() if self._is_local else nullcontext()
        self._warned: set[str] = set()
        if self._is_local:
            self._place = str(local_path)
            self._client = _open_local(local_path)
        else:
            self._place = settings.qdrant_url
            self._client = QdrantClient(
                url=settings.qdrant_url,
                api_key=settings.qdrant_api_key.get_secret_value() or None,
                timeout=ANSWER_TIMEOUT_S,
                check_compatibility=False,
            )

    def close(self) -> None:
        """Let the folder or the connection go."""
        with self._lock:
            self._client.close()

    def ensure(self, alias: str, model: str, dimension: int, is_live: bool = True) -> None:
        """Make the model's collection unless it is there, and let the alias stand for it.

        With `is_live` false the alias stays where it is, so that a new model's collection can be filled before it is
        switched to. Raises BAD_SETTING when the model's vectors had another dimension before.
        """
        name = collection_name(alias, model)
        with self._exclusive(alias):
            if not self._client.collection_exists(name):
                self._client.create_collection(name, VectorParams(size=dimension, distance=Distance.COSINE))
                if not self._is_local:
                    for key in ASKED_FOR:
                        self._client.create_payload_index(name, key, PayloadSchemaType.KEYWORD, wait=True)
            self._check_dimension(name, dimension)
            if is_live and self._live(alias) != name:
                self._switch(alias, name)

    def upsert(self, alias: str, model: str, points: Sequence[Point]) -> None:
        """Store points; one of the same owner and part is replaced. They are stored when this returns."""
        if not points:
            return
        name = collection_name(alias, model)
        rows = [_row(point, model) for point in points]
        with self._exclusive(alias):
            self._client.upsert(name, rows, wait=True)
            if self._is_local:
                self._warn_when_large(name)

    def delete(self, alias: str, key: str, value: str) -> None:
        """Remove all points, of whatever model, whose payload (or owner, or part) has this value."""
        with self._exclusive(alias):
            for name in self._collections(alias):
                self._client.delete(name, FilterSelector(filter=_all_equal({key: value})), wait=True)

    def delete_owner(self, alias: str, owner: str) -> None:
        """Remove all points of an owner, of whatever model."""
        self.delete(alias, OWNER, owner)

    def keep_models(self, alias: str, models: Collection[str]) -> None:
        """Remove the collections of all other models."""
        kept = {collection_name(alias, model) for model in models}
        with self._exclusive(alias):
            for name in self._collections(alias):
                if name not in kept:
                    self._client.delete_collection(name)

    def search(
        self, alias: str, vector: NDArray[np.float32], limit: int, model: str | None = None, **equal: str
    ) -> list[Hit]:
        """The nearest points by cosine, best first, among those whose payload (or owner, or part) equals `equal`.

        With a model they are looked for among its vectors alone, whatever the alias stands for.
        """
        condition = _all_equal(equal) if equal else None
        with self._exclusive(alias):
            name = _name(alias, model)
            found = self._client.query_points(name, query=vector.tolist(), limit=limit, query_filter=condition)
        return [_hit(point.payload, point.score) for point in found.points]

    def points(self, alias: str, model: str | None = None) -> Iterator[Hit]:
        """All points of a model's collection, or of the alias's live one."""
        offset: Any = None
        while True:
            with self._exclusive(alias):
                rows, offset = self._client.scroll(_name(alias, model), limit=PAGE_POINTS, offset=offset)
            yield from (_hit(row.payload, 0.0) for row in rows)
            if offset is None:
                return

    def count(self, alias: str, model: str | None = None) -> int:
        """How many points a model's collection, or the alias's live one, has."""
        with self._exclusive(alias):
            return self._client.count(_name(alias, model), exact=True).count

    def _live(self, alias: str) -> str | None:
        aliases = self._client.get_aliases().aliases
        return next((entry.collection_name for entry in aliases if entry.alias_name == alias), None)

    def _switch(self, alias: str, name: str) -> None:
        old = [DeleteAliasOperation(delete_alias=DeleteAlias(alias_name=alias))] if self._live(alias) else []
        new = CreateAliasOperation(create_alias=CreateAlias(collection_name=name, alias_name=alias))
        self._client.update_collection_aliases([*old, new])

    def _collections(self, alias: str) -> list[str]:
        prefix = collection_name(alias, "")
        names = (entry.name for entry in self._client.get_collections().collections)
        return [name for name in names if name.startswith(prefix)]

    def _check_dimension(self, name: str, dimension: int) -> None:
        stored = self._client.get_collection(name).config.params.vectors
        if isinstance(stored, VectorParams) and stored.size != dimension:
            message = (
                f"the vectors in {name} have {stored.size} numbers, the model gives {dimension}; "
                "give the model another version, so that it gets a collection of its own"
            )
            raise ReelwearError(ErrorCode.BAD_SETTING, message)

    def _warn_when_large(self, name: str) -> None:
        size = self._client.count(name, exact=True).count
        if size > self._comfort_points and name not in self._warned:
            self._warned.add(name)
            log.warning(
                "the local vector store grows slow; start a Qdrant server and set REELWEAR_QDRANT_URL",
                collection=name,
                points=size,
                comfortable_up_to=self._comfort_points,
            )

    @contextmanager
    def _exclusive(self, alias: str) -> Iterator[None]:
        """One at a time in the local store, which is not safe across threads; its faults and the server's by name."""
        with self._lock:
            try:
                yield
            except ResponseHandlingException as error:
                message = f"the vector store at {self._place} does not answer: {error}"
                raise ReelwearError(ErrorCode.STORE_DOWN, message) from error
            except UnexpectedResponse as error:
                raise self._refused(alias, error.status_code or 500, str(error)) from error
            except ValueError as error:
                raise self._refused(alias, 404 if "not found" in str(error) else 400, str(error)) from error

    def _refused(self, alias: str, status: int, text: str) -> ReelwearError:
        if status == 404:
            return ReelwearError(ErrorCode.NOT_FOUND, f"no vectors called {alias} at {self._place}")
        code = ErrorCode.STORE_DOWN if status >= 500 else ErrorCode.BAD_REQUEST
        return ReelwearError(code, f"the vector store at {self._place} refused {alias}: {text}")


def collection_name(alias: str, model: str) -> str:
    """The collection of one model's vectors.

    >>> collection_name("items", "marqo/fashionSigLIP@1")
    'items--marqo-fashionsiglip-1'
    """
    return f"{alias}--{re.sub(r'[^a-z0-9.]+', '-', model.lower())}"


def _name(alias: str, model: str | None) -> str:
    return alias if model is None else collection_name(alias, model)


def point_id(owner: str, part: str, model: str) -> str:
    """The same point of the same model always has the same id, so that a retry overwrites."""
    return str(uuid.uuid5(POINT_NAMESPACE, json.dumps([owner, part, model])))


def _open_local(path: Path) -> QdrantClient:
    # Said once, and with the way on, by _warn_when_large.
    warnings.filterwarnings("ignore", message="Local mode is not recommended", category=UserWarning)
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        return QdrantClient(path=str(path), force_disable_check_same_thread=True)
    except RuntimeError as error:
        message = f"another process holds the vectors in {path}; ask it over HTTP, or stop it with `reelwear down`"
        raise ReelwearError(ErrorCode.ALREADY_RUNNING, message) from error


def _row(point: Point, model: str) -> PointStruct:
    return PointStruct(
        id=point_id(point.owner, point.part, model),
        vector=point.vector.tolist(),
        payload={**point.payload, OWNER: point.owner, PART: point.part},
    )


def _hit(payload: dict[str, Any] | None, score: float) -> Hit:
    rest = dict(payload or {})
    return Hit(owner=rest.pop(OWNER), part=rest.pop(PART), score=score, payload=rest)


def _all_equal(values: dict[str, str]) -> Filter:
    return Filter(must=[FieldCondition(key=key, match=MatchValue(value=value)) for key, value in values.items()])
