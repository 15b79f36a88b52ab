"""What every model is described by, and what a loaded one can do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from serve_app.contract import Attribute, Box, Mask, ModelInfo
from serve_app.models.garments import Garment
from serve_app.models.pictures import Image

Role = Literal["detector", "segmenter", "embedder"]
ROLES: tuple[Role, ...] = ("detector", "segmenter", "embedder")
# A picture as a family holds it: an RGB array, or a tensor on its device.
Picture = TypeVar("Picture")
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


class LoadedModels(Protocol[Picture]):
    """The models of one family in memory. As many results as inputs, in their order."""

    def describe(self) -> tuple[ModelInfo, ...]:
        """One row for each role the family fills."""
        ...

    def take(self, picture: Image) -> Picture:
        """A picture (H×W×3 RGB) as the family wants to see it."""
        ...

    def find_garments(self, frames: Sequence[Picture], prompt: Sequence[str] | None = None) -> list[list[Garment]]:
        """The garments in each frame, masks included; frames may differ in size.

        prompt: words to look for, which only detectors with an open vocabulary heed.
        """
        ...

    def crop(self, frame: Picture, garment: Garment) -> Picture:
        """One of the garments found in a frame, alone on grey."""
        ...

    def embed_images(self, pictures: Sequence[Picture]) -> NDArray[np.float32]:
        """Unit vectors (N×D) of RGB pictures; pictures may differ in size."""
        ...

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors (N×D) of texts in the space of the pictures; raises `no_text_embedder` without a text tower."""
        ...

    def read_attributes(self, label: str, vector: NDArray[np.float32]) -> tuple[Attribute, ...]:
        """The attributes of a garment of a type that its unit vector says surely; none where nothing was fitted."""
        ...


@dataclass(frozen=True)
class CutOut:
    """A person of a frame. box_xyxy: of the mask (H×W of the frame). picture: the person alone on white."""

    box_xyxy: Box
    mask: Mask
    picture: Image


@runtime_checkable
class FindsPeople(LoadedModels[Picture], Protocol[Picture]):
    """A family that can tell people apart. It does so where `describe` has a row of the role "people"."""

    def find_people(self, frames: Sequence[Picture]) -> list[list[CutOut]]:
        """The people in each frame, the largest first; frames may differ in size. Raises `no_people_finder` where the
        role is not filled.
        """
        ...


@runtime_checkable
class WarmsItself(Protocol):
    """What a family of large models does besides. peak_flops: FLOP a second of its device at most, 0 if not known."""

    peak_flops: float

    def warm_up(self) -> Mapping[str, int]:
        """Run each part once at the shapes of keyframes; the FLOP of one input of each work."""
        ...
