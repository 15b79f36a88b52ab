"""The embedders that can be measured, under one protocol, and how one is named on the command line."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from serve_app.contract import Cutoffs, WordFit
from serve_app.errors import ModelServerError
from serve_app.models.image_text import IMAGE_TEXT, ImageTextModel
from serve_app.models.large.folders import choose_model
from serve_app.models.large.table import LargeModel
from serve_app.models.pictures import Image
from serve_app.models.rows import WEIGHTS_DIR

Vectors = NDArray[np.float32]
EMBED_AT_ONCE = 64
SPECS = "embedded, embedded:FOLDER, a folder or name as REELWEAR_EMBEDDER takes, transformers:FOLDER_OR_ID, server:URL"


class Embedder(Protocol):
    """Pictures and texts as unit vectors of one space.

    words: what a cosine of words and a picture means, None where nothing was fitted. cutoffs: what a cosine of two
    pictures means, by garment type with "default" among them; empty where nothing was fitted. class_scale: what
    cosines are multiplied by before the softmax over classes.
    """

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    @property
    def class_scale(self) -> float: ...

    @property
    def words(self) -> WordFit | None: ...

    @property
    def cutoffs(self) -> Mapping[str, Cutoffs]: ...

    def embed_images(self, pictures: Sequence[Image]) -> Vectors:
        """N×D, one row for each RGB picture; pictures may differ in size."""
        ...

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """N×D; raises ModelServerError `no_text_embedder` where there is no text tower."""
        ...


class EmbeddedEmbedder:
    """The embedder that ships, or another folder of the same files."""

    def __init__(self, folder: Path, threads: int) -> None:
        self.model = ImageTextModel(folder, threads)
        self.name = IMAGE_TEXT.name
        self.version = self.model.version
        self.dimension = self.model.dimension
        self.words: WordFit | None = self.model.calibration.words
        self.class_scale = self.model.calibration.class_scale
        self.cutoffs: Mapping[str, Cutoffs] = self.model.calibration.cutoffs

    def embed_images(self, pictures: Sequence[Image]) -> Vectors:
        return self.model.embed_images(pictures)

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        return self.model.embed_texts(texts)


def load_embedder(spec: str, threads: int = 0) -> Embedder:
    """The embedder that a spec (one of SPECS) names; threads: 0 is one a core.

    Raises ValueError for an unknown spec or a folder that is none, ModelServerError for weights or servers that fail.
    """
    kind, _, where = spec.partition(":")
    threads = threads or cores()
    if kind == "embedded":
        folder = Path(where) if where else WEIGHTS_DIR
        if not folder.is_dir():
            raise ValueError(f"{folder} is no folder; give --embedder embedded:FOLDER one with {IMAGE_TEXT.files[0]}")
        return EmbeddedEmbedder(folder, threads)
    if kind == "transformers" and where:
        # Loading torch takes seconds and a gigabyte; only this kind needs it.
        from catalog_jobs.evaluate.hub import load_hub_model

        return load_hub_model(where, threads)
    if kind == "server" and where:
        from catalog_jobs.evaluate.server import ServerEmbedder

        return ServerEmbedder(where)
    model = chosen_embedder(spec)
    from catalog_jobs.evaluate.large import load_large_embedder

    return load_large_embedder(model, threads)


def chosen_embedder(setting: str) -> LargeModel:
    """The row of a large embedder; raises ValueError for what names none."""
    try:
        model = choose_model(setting)
    except ModelServerError as error:
        raise ValueError(f"--embedder is {setting!r}; give one of: {SPECS}; {error.message}") from error
    if model.role != "embedder":
        raise ValueError(f"--embedder is {setting!r}, a {model.role}; give one of: {SPECS}")
    return model


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def embed_texts_if_any(embedder: Embedder, texts: Sequence[str]) -> Vectors | None:
    """The vectors of texts, or None where the embedder has no text tower."""
    try:
        return embedder.embed_texts(texts)
    except ModelServerError as error:
        if error.code == "no_text_embedder":
            return None
        raise


def embed_stream(embedder: Embedder, pictures: Iterable[Image]) -> Vectors:
    """Vectors (N×D) of pictures that are made one by one, so that few of them are held at once."""
    parts = [np.zeros((0, embedder.dimension), np.float32)]
    waiting: list[Image] = []
    for picture in pictures:
        waiting.append(picture)
        if len(waiting) == EMBED_AT_ONCE:
            parts.append(embedder.embed_images(waiting))
            waiting = []
    return np.concatenate([*parts, embedder.embed_images(waiting)] if waiting else parts)
