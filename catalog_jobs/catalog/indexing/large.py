"""A large embedder in this process, loaded as the model server loads it; needs torch."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from serve_app.config import ServeSettings
from serve_app.contract import ModelInfo
from serve_app.models.large.choice import choose
from serve_app.models.large.composed import on_device
from serve_app.models.large.parts import Embedder
from serve_app.models.large.wiring import Place, load_embedder
from serve_app.models.pictures import Image


class LargeModel:
    """A CLIP, a SigLIP or an export of one."""

    def __init__(self, embedder: Embedder, device: torch.device) -> None:
        self._embedder, self._device = embedder, device

    def embed_images(self, pictures: Sequence[Image]) -> NDArray[np.float32]:
        """Unit vectors (N×D) of RGB pictures."""
        vectors = self._embedder.embed_images([on_device(picture, self._device) for picture in pictures])
        return np.asarray(vectors.cpu().numpy(), np.float32)

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors (N×D); raises `no_text_embedder`."""
        return np.asarray(self._embedder.embed_texts(texts).cpu().numpy(), np.float32)


def load_large(settings: ServeSettings) -> tuple[LargeModel, ModelInfo]:
    """The embedder that settings name, on their device; raises ModelServerError `bad_setting`."""
    torch.set_num_threads(settings.threads)
    place = Place.of(settings)
    embedder, info = load_embedder(choose("embedder", settings.embedder, settings), place, settings.threads)
    return LargeModel(embedder, place.device), info
