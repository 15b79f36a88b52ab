"""Whoever turns words and pictures into vectors for a search: the model server, or a model in this process."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from functions.model_calls import embed_picture, embed_texts, embedder_of
from functions.search.meaning import Meaning
from serve_app.client import ModelClient
from serve_app.contract import Vector


class QueryEmbedder(Protocol):
    """One embedder. Hashable: what was fitted for it is kept by it."""

    def meaning(self) -> Meaning:
        """Which embedder it is, and what its cosines mean."""

    def words(self, texts: Sequence[str]) -> list[Vector]:
        """A unit vector of each text."""

    def picture(self, data: bytes) -> Vector:
        """The unit vector of a JPEG or PNG."""

    def __hash__(self) -> int: ...


@dataclass(frozen=True)
class ServedEmbedder:
    """The embedder of the model server. Raises as `embed_texts` and `embed_picture` do."""

    models: ModelClient

    def meaning(self) -> Meaning:
        """Which embedder runs there now."""
        return Meaning.of(embedder_of(self.models))

    def words(self, texts: Sequence[str]) -> list[Vector]:
        """A unit vector of each text."""
        return embed_texts(self.models, texts)

    def picture(self, data: bytes) -> Vector:
        """The unit vector of a JPEG or PNG."""
        return embed_picture(self.models, data)
