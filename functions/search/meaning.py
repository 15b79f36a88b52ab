"""What the cosines of an embedder mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from serve_app.contract import DEFAULT_TYPE, Cutoffs, ModelInfo, WordFit


@dataclass(frozen=True)
class Meaning:
    """What the cosines of an embedder (name@version) mean, as its `ModelInfo` tells."""

    embedder: str
    cutoffs: Mapping[str, Cutoffs]
    words: WordFit | None

    @classmethod
    def of(cls, info: ModelInfo) -> Self:
        """As the model server says."""
        return cls(f"{info.name}@{info.version}", info.cutoffs, info.words)

    @classmethod
    def of_index(cls, embedder: str, fit: Mapping[str, object]) -> Self:
        """As the catalogue's index has it; see `CatalogIndex.fit`."""
        cutoffs, words = fit.get("cutoffs") or {}, fit.get("words")
        if not isinstance(cutoffs, Mapping):
            cutoffs = {}
        known = {str(name): Cutoffs.model_validate(row) for name, row in cutoffs.items()}
        return cls(embedder, known, None if words is None else WordFit.model_validate(words))

    def cutoffs_of(self, garment_type: str | None) -> Cutoffs | None:
        """The cut-offs of a type; None where none were fitted."""
        return self.cutoffs.get(garment_type or DEFAULT_TYPE) or self.cutoffs.get(DEFAULT_TYPE)
