"""What each part of a family of large models can do; a family is put together from one of each.

Frames are uint8 tensors (3×H×W, RGB) on the parts' device and may differ in size. As many results as frames, in their
order. A part makes no batch of its own out of a frame that another one needs: results alone and in a batch are equal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from serve_app.contract import Box


@dataclass(frozen=True)
class Found:
    """A garment before its mask is known. box_xyxy: pixels of the frame, inside it. label: the detector's own word."""

    box_xyxy: Box
    label: str
    score: float


class Detector(Protocol):
    """Finds garments."""

    def detect(self, frames: Sequence[Tensor], prompt: Sequence[str] | None = None) -> list[list[Found]]:
        """What is found in each frame, the surest first. prompt: words to look for instead of those of the settings,
        by detectors with an open vocabulary; others do not heed it.
        """
        ...


class Segmenter(Protocol):
    """Cuts out what boxes hold."""

    def cut_out(self, frames: Sequence[Tensor], boxes: Sequence[Sequence[Box]]) -> list[Tensor]:
        """For each frame the masks (bool N×H×W, on the device) of its boxes; N may be 0."""
        ...


class PeopleSegmenter(Protocol):
    """Cuts out people."""

    def find_people(self, frames: Sequence[Tensor]) -> list[Tensor]:
        """For each frame the masks (bool P×H×W, on the device) of its people, the largest first; P may be 0."""
        ...


class Embedder(Protocol):
    """Turns pictures, and where it has a text tower texts, into unit vectors of one space."""

    dimension: int

    def embed_images(self, pictures: Sequence[Tensor]) -> Tensor:
        """Unit vectors (N×D float32, on the device)."""
        ...

    def embed_texts(self, texts: Sequence[str]) -> Tensor:
        """Unit vectors (N×D float32, on the device); raises `no_text_embedder` without a text tower."""
        ...
