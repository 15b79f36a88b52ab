"""A running model server as an embedder, to measure it as its callers see it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import cv2
import numpy as np

from catalog_jobs.evaluate.embedders import Vectors
from serve_app.client import ModelClient
from serve_app.contract import Cutoffs, VectorsAnswer, WordFit, decode_vector
from serve_app.errors import ModelServerError
from serve_app.models.pictures import Image

BATCH: Final = 16
# What CLIP models learn as the scale of their cosines (Radford et al. 2021); for servers that tell none.
USUAL_SCALE: Final = 100.0


class ServerEmbedder:
    """Pictures travel as PNG, so that nothing is lost on the way; vectors come back as float16."""

    def __init__(self, url: str) -> None:
        self.client = ModelClient(url)
        row = next((row for row in self.client.models().models if row.role == "embedder"), None)
        if row is None or row.dimension is None:
            raise ValueError(f"the model server {url} has no embedder; start it with REELWEAR_EMBEDDER set")
        self.name, self.version, self.dimension = row.name, row.version, row.dimension
        self.words: WordFit | None = row.words
        self.class_scale = row.words.scale if row.words else USUAL_SCALE
        self.cutoffs: Mapping[str, Cutoffs] = row.cutoffs

    def embed_images(self, pictures: Sequence[Image]) -> Vectors:
        files = [as_png(picture) for picture in pictures]
        return self.stack(
            vector
            for at in range(0, len(files), BATCH)
            for vector in vectors_of(self.client.embed_images(files[at : at + BATCH]))
        )

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        return self.stack(
            vector
            for at in range(0, len(texts), BATCH)
            for vector in vectors_of(self.client.embed_texts(texts[at : at + BATCH]))
        )

    def stack(self, vectors: Iterator[Vectors]) -> Vectors:
        return np.stack([*vectors, *[np.zeros(self.dimension, np.float32)]])[:-1]


def vectors_of(answer: VectorsAnswer) -> list[Vectors]:
    """The vectors of an answer; raises the error of the first that has none."""
    for error in answer.errors:
        if error is not None:
            raise ModelServerError(error.code, error.message)
    return [decode_vector(text) for text in answer.vectors if text is not None]


def as_png(picture: Image) -> bytes:
    """An RGB picture as PNG."""
    return bytes(cv2.imencode(".png", picture[..., ::-1])[1])
