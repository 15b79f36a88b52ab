"""What was fitted on labelled data for an embedder: what its cosines mean. Kept as JSON beside the weights."""

import json
from pathlib import Path
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from serve_app.contract import DEFAULT_TYPE, Cutoffs, Wire, WordFit

DEFAULT = DEFAULT_TYPE


class AttributeFit(Wire):
    """How one attribute is read. prompts: value → the texts that describe it, whose vectors are averaged.

    biases: by the same values. scale: what the differences of the cosines are multiplied by before the softmax over
    the values. min_confidence: below it nothing is said. types: the garment types that have the attribute.
    """

    name: Literal["pattern", "sleeve", "length"]
    prompts: dict[str, tuple[str, ...]]
    biases: dict[str, float]
    scale: float
    min_confidence: float
    types: tuple[str, ...]

    @model_validator(mode="after")
    def _check_values(self) -> Self:
        if self.prompts.keys() != self.biases.keys() or not all(self.prompts.values()):
            raise ValueError(
                f"{self.name} has prompts for {sorted(self.prompts)} and biases for {sorted(self.biases)}; each value "
                "needs a bias and one prompt at least"
            )
        return self

    def chances(self, cosines: NDArray[np.floating]) -> NDArray[np.float64]:
        """The chance of each value from the cosines with them (…×V), in the order of `prompts`."""
        raised = self.scale * cosines.astype(np.float64) + np.array([self.biases[value] for value in self.prompts])
        powers = np.exp(raised - raised.max(-1, keepdims=True))
        return np.asarray(powers / powers.sum(-1, keepdims=True), np.float64)


class Calibration(Wire):
    """Everything fitted for one embedder.

    cutoffs: by garment type, "default" among them. class_scale: what the cosines of a picture and the words of several
    classes are multiplied by before the softmax over the classes.
    """

    model_version: str
    cutoffs: dict[str, Cutoffs]
    words: WordFit
    class_scale: float = 20.0
    attributes: tuple[AttributeFit, ...] = Field(default=())

    @model_validator(mode="after")
    def _check_default(self) -> Self:
        if DEFAULT not in self.cutoffs:
            raise ValueError(f"cutoffs has {sorted(self.cutoffs)}; {DEFAULT!r} must be there for all other types")
        return self

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the file that `catalog_jobs.embedder.fit` writes. Raises ValueError for what is no calibration."""
        return cls.model_validate(json.loads(path.read_text("utf-8")))
