"""The embedders that a setting of the model server can name, loaded as it loads them; needs torch."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from catalog_jobs.evaluate.embedders import EMBED_AT_ONCE, Vectors
from serve_app.contract import Cutoffs, WordFit
from serve_app.models.large.choice import Choice
from serve_app.models.large.clip import ClipEmbedder, load_clip
from serve_app.models.large.composed import on_device
from serve_app.models.large.folders import models_dir_of, require_folder
from serve_app.models.large.onnx_clip import OnnxClipEmbedder, load_onnx_clip
from serve_app.models.large.table import EXPORTED, LargeModel
from serve_app.models.pictures import Image

CPU = torch.device("cpu")


class LargeEmbedder:
    """A CLIP or SigLIP, or an export of one, on the CPU in float32 (or bytes, where it was so exported)."""

    def __init__(self, model: ClipEmbedder | OnnxClipEmbedder, name: str, version: str) -> None:
        self.model, self.name, self.version, self.dimension = model, name, version, model.dimension
        self.class_scale, bias = scale_and_bias(model)
        self.words = None if bias is None else WordFit(scale=self.class_scale, bias=bias)
        self.cutoffs: Mapping[str, Cutoffs] = {}

    def embed_images(self, pictures: Sequence[Image]) -> Vectors:
        parts = [np.zeros((0, self.dimension), np.float32)]
        for at in range(0, len(pictures), EMBED_AT_ONCE):
            batch = [on_device(picture, CPU) for picture in pictures[at : at + EMBED_AT_ONCE]]
            parts.append(self.model.embed_images(batch).numpy())
        return np.concatenate(parts)

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        return np.asarray(self.model.embed_texts(texts).numpy(), np.float32)


def load_large_embedder(model: LargeModel, threads: int) -> LargeEmbedder:
    """The embedder of a row; raises ModelServerError where its files are missing or damaged."""
    torch.set_num_threads(threads)
    choice = Choice(model, require_folder(model, models_dir_of(os.environ)))
    return LargeEmbedder(open_embedder(choice.folder, model, threads), model.name, choice.version)


def open_embedder(folder: Path, model: LargeModel, threads: int) -> ClipEmbedder | OnnxClipEmbedder:
    """What lies in a folder, in memory."""
    return load_onnx_clip(folder, threads) if model.architecture == EXPORTED else load_clip(folder, CPU)


def scale_and_bias(model: ClipEmbedder | OnnxClipEmbedder) -> tuple[float, float | None]:
    """What a model multiplies a cosine of words and a picture by, and what it adds; CLIP adds nothing."""
    if isinstance(model, OnnxClipEmbedder):
        return model.card.scale, model.card.bias
    bias = getattr(model.network, "logit_bias", None)
    return float(model.network.logit_scale.exp()), None if bias is None else float(bias)
