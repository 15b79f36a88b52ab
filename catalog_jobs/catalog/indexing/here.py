"""An embedder in this process: the one that ships, a large one, or a folder of one's own."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from catalog_jobs.catalog.indexing.crops import MaskedCrop
from catalog_jobs.catalog.indexing.embedding import EmbedderCard
from catalog_jobs.catalog.indexing.parts import Embedded, Failure
from infra.errors import ErrorCode, ReelwearError
from serve_app.batches import run_split
from serve_app.config import EMBEDDED, ServeSettings
from serve_app.contract import ModelInfo, decode_vector, encode_vector
from serve_app.errors import ModelServerError
from serve_app.models.embedded import embedder_info_of
from serve_app.models.image_text import IMAGE_TEXT, ImageTextModel
from serve_app.models.pictures import Image
from serve_app.models.rows import WEIGHTS_DIR

Input = TypeVar("Input", Image, str)
Vectors = NDArray[np.float32]


class Model(Protocol):
    """A loaded embedder. Raises ModelServerError `no_text_embedder` where it has no text tower."""

    def embed_images(self, pictures: Sequence[Image]) -> Vectors: ...

    def embed_texts(self, texts: Sequence[str]) -> Vectors: ...


@dataclass(frozen=True)
class ModelChoice:
    """Which embedder is loaded. where: "embedded", the name of a large one, or a folder. threads: 0 is one a core.
    batch: how many inputs go through it at once.
    """

    where: str
    threads: int
    batch: int

    def load(self) -> "EmbedderHere":
        """The embedder in memory. Raises BAD_SETTING for what cannot be loaded."""
        try:
            model, info = self._loaded()
            return EmbedderHere(model, info, self.batch)
        except ModelServerError as fault:
            raise ReelwearError(ErrorCode.BAD_SETTING, f"--embedder {self.where}: {fault.message}") from fault

    def _loaded(self) -> tuple[Model, ModelInfo]:
        threads = self.threads or len(os.sched_getaffinity(0))
        folder = WEIGHTS_DIR if self.where == EMBEDDED else Path(self.where).expanduser()
        if (folder / IMAGE_TEXT.files[0]).is_file():
            own = ImageTextModel(folder, threads)
            return own, embedder_info_of(own)
        return _load_large(self.where, threads)


class EmbedderHere:
    """A loaded embedder whose vectors are those that the model server gives, which sends them as float16.

    Every forward pass has the same number of inputs, the last one repeated where there are fewer: results of passes of
    different sizes differ in the last bits, and a vector shall not depend on what is embedded beside it.
    """

    def __init__(self, model: Model, info: ModelInfo, batch: int) -> None:
        self._model = model
        self._batch = batch
        self._card = EmbedderCard(
            f"{info.name}@{info.version}", info.dimension or 0, info.cutoffs, info.words, _has_texts(model)
        )

    @property
    def card(self) -> EmbedderCard:
        """What is told of it."""
        return self._card

    def take(self, crop: MaskedCrop) -> Image | Failure:
        """The garment on grey."""
        return crop.on_grey()

    def embed_images(self, pictures: Sequence[Image]) -> list[Embedded]:
        """A unit vector for each RGB picture."""
        return self._embed(self._model.embed_images, pictures)

    def embed_texts(self, texts: Sequence[str]) -> list[Embedded]:
        """A unit vector for each text."""
        return self._embed(self._model.embed_texts, texts)

    def _embed(self, embed: Callable[[Sequence[Input]], Vectors], given: Sequence[Input]) -> list[Embedded]:
        found: list[Embedded] = []
        for at in range(0, len(given), self._batch):
            batch = list(given[at : at + self._batch])
            padded = batch + batch[-1:] * (self._batch - len(batch))
            results = run_split(lambda inputs: list(embed(inputs)), padded)
            found += [_result(one) for one in results[: len(batch)]]
        return found


def _result(one: Vectors | ModelServerError) -> Embedded:
    if isinstance(one, ModelServerError):
        return Failure(one.code, one.message)
    return decode_vector(encode_vector(one))


def _has_texts(model: Model) -> bool:
    try:
        model.embed_texts(["a red dress"])
    except ModelServerError as fault:
        if fault.code != "no_text_embedder":
            raise
        return False
    return True


def _load_large(where: str, threads: int) -> tuple[Model, ModelInfo]:
    try:
        from catalog_jobs.catalog.indexing.large import load_large
    except ImportError as fault:
        message = f"--embedder {where} needs {fault.name}: pip install 'reelwear[models]'"
        raise ReelwearError(ErrorCode.BAD_SETTING, message) from fault
    return load_large(ServeSettings(embedder=where, model_threads=threads))
