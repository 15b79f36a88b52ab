"""What every model is described by, and what a loaded one can do."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from serve_app.contract import Attribute, ModelInfo
from serve_app.models.garments import Garment
from serve_app.models.pictures import Image

Role = Literal["detector", "segmenter", "embedder"]
ROLES: tuple[Role, ...] = ("detector", "segmenter", "embedder")
WEIGHTS_DIR = Path(__file__).with_name("weights")


@dataclass(frozen=True)
class ModelRow:
    """One model of a family. dimension: of its vectors, None where it makes none. files, card: under `weights/`."""

    name: str
    roles: tuple[Role, ...]
    licence: str
    dimension: int | None
    files: tuple[str, ...]
    card: str


class LoadedModels(Protocol):
    """The models of one family in memory. As many results as inputs, in their order."""

    def describe(self) -> tuple[ModelInfo, ...]:
        """One row for each role the family fills."""
        ...

    def find_garments(self, frames: Sequence[Image]) -> list[list[Garment]]:
        """The garments in each RGB frame, masks included; frames may differ in size."""
        ...

    def embed_images(self, pictures: Sequence[Image]) -> NDArray[np.float32]:
        """Unit vectors (N×D) of RGB pictures; pictures may differ in size."""
        ...

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors (N×D) of texts in the space of the pictures; raises `no_text_embedder` without a text tower."""
        ...

    def read_attributes(self, label: str, vector: NDArray[np.float32]) -> tuple[Attribute, ...]:
        """The attributes of a garment of a type that its unit vector says surely; none where nothing was fitted."""
        ...
