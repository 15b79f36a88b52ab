"""What a search compares garments with: the vectors of its words and its picture, and what their cosines mean."""

from dataclasses import dataclass
from math import exp
from typing import Self

import numpy as np

from functions.document import MatchType
from functions.model_calls import embed_picture, embed_text, embedder_of
from infra.errors import ErrorCode, ReelwearError
from serve_app.client import ModelClient
from serve_app.contract import DEFAULT_TYPE, ModelInfo, Vector


@dataclass(frozen=True)
class Wanted:
    """The unit vectors of a search by the embedder that runs now; one of words and picture at least."""

    embedder: ModelInfo
    words: Vector | None = None
    picture: Vector | None = None

    @classmethod
    def of(cls, models: ModelClient, text: str | None, picture: bytes | None) -> Self:
        """Ask the model server. Raises BAD_REQUEST without words and picture, and what `embed_text` and
        `embed_picture` raise.
        """
        if text is None and picture is None:
            raise ReelwearError(ErrorCode.BAD_REQUEST, "nothing to search by; give text, a picture, or both")
        return cls(
            embedder=embedder_of(models),
            words=None if text is None else embed_text(models, text),
            picture=None if picture is None else embed_picture(models, picture),
        )

    @property
    def model(self) -> str:
        """The embedder as name@version."""
        return f"{self.embedder.name}@{self.embedder.version}"

    @property
    def vector(self) -> Vector:
        """Where to search: the unit mean of what is given."""
        given = [vector for vector in (self.words, self.picture) if vector is not None]
        mean = np.mean(given, axis=0)
        return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), np.float32)

    def score(self, garment: Vector) -> float:
        """The cosine, -1 to 1, between what is searched for and a garment's unit vector."""
        return _cosine(self.vector, garment)

    def confidence(self, garment: Vector) -> float | None:
        """The chance that the words fit a garment; None without words, or where nothing was fitted for them."""
        fit = self.embedder.words
        if self.words is None or fit is None:
            return None
        raised = fit.scale * _cosine(self.words, garment) + fit.bias
        return 1 / (1 + exp(-max(-60.0, min(60.0, raised))))

    def match(self, garment: Vector, garment_type: str) -> MatchType | None:
        """How alike the picture and a garment of a type are; None without a picture, or without fitted cut-offs."""
        fitted = self.embedder.cutoffs
        cutoffs = fitted.get(garment_type) or fitted.get(DEFAULT_TYPE)
        if self.picture is None or cutoffs is None:
            return None
        cosine = _cosine(self.picture, garment)
        if cosine >= cutoffs.exact:
            return "exact"
        return "similar" if cosine >= cutoffs.similar else "none"


def _cosine(one: Vector, other: Vector) -> float:
    return max(-1.0, min(1.0, float(one @ other)))
