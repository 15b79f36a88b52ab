"""What was fitted on labelled data for an embedder: what its cosines mean. Kept as JSON beside the weights."""

import json
from pathlib import Path
from typing import Literal, Self

from pydantic import Field

from serve_app.contract import Cutoffs, WordFit, Wire

DEFAULT = "default"


class AttributeFit(Wire):
    """How one attribute is read. prompts: value → the texts that describe it, whose vectors are averaged.

    scale: what the differences of the cosines are multiplied by before the softmax over the values. min_confidence:
    below it nothing is said. types: the garment types that have the attribute.
    """

    name: Literal["pattern", "sleeve", "length"]
    prompts: dict[str, tuple[str, ...]]
    biases: dict[str, float]
    scale: float
    min_confidence: float
    types: tuple[str, ...]


class Calibration(Wire):
    """Everything fitted for one embedder. cutoffs: by garment type, "default" among them."""

    model_version: str
    cutoffs: dict[str, Cutoffs]
    words: WordFit
    attributes: tuple[AttributeFit, ...] = Field(default=())

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the file that `catalog_jobs.embedder.fit` writes."""
        return cls.model_validate(json.loads(path.read_text("utf-8")))
