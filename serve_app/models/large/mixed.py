"""The models of the package beside large ones: its parser before a large embedder, its embedder behind large parts."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from serve_app.contract import Attribute, ModelInfo
from serve_app.models.embedded import ParserOnFrames
from serve_app.models.garment_parser import GarmentParserModel
from serve_app.models.image_text import ImageTextModel
from serve_app.models.large.composed import on_device
from serve_app.models.large.parts import Embedder
from serve_app.models.pictures import Image


class EmbeddedOnTensors:
    """The embedder of the package as an `Embedder`: pictures come to the processor, vectors go to the device."""

    def __init__(self, model: ImageTextModel, device: torch.device) -> None:
        self.model, self.device = model, device
        self.dimension = model.dimension

    def embed_images(self, pictures: Sequence[Tensor]) -> Tensor:
        """Unit vectors (N×D)."""
        arrays = [np.ascontiguousarray(picture.permute(1, 2, 0).cpu().numpy()) for picture in pictures]
        return torch.from_numpy(self.model.embed_images(arrays)).to(self.device)

    def embed_texts(self, texts: Sequence[str]) -> Tensor:
        """Unit vectors (N×D)."""
        return torch.from_numpy(self.model.embed_texts(texts)).to(self.device)


class ParserAndEmbedder(ParserOnFrames):
    """The parser of the package finds garments, a large model embeds them."""

    def __init__(
        self, parser: GarmentParserModel, embedder: Embedder, infos: Sequence[ModelInfo], device: torch.device
    ) -> None:
        super().__init__(parser)
        self.embedder, self.infos, self.device = embedder, tuple(infos), device

    def describe(self) -> tuple[ModelInfo, ...]:
        """One row for each role."""
        return self.infos

    def embed_images(self, pictures: Sequence[Image]) -> NDArray[np.float32]:
        """Unit vectors (N×D) of RGB pictures."""
        vectors = self.embedder.embed_images([on_device(picture, self.device) for picture in pictures])
        return np.asarray(vectors.cpu().numpy(), np.float32)

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors (N×D) of texts in the space of the pictures."""
        return np.asarray(self.embedder.embed_texts(texts).cpu().numpy(), np.float32)

    def read_attributes(self, label: str, vector: NDArray[np.float32]) -> tuple[Attribute, ...]:  # noqa: ARG002
        """None: nothing was fitted for a large embedder."""
        return ()
