"""The image–text embedder that ships with the package: pictures and words in one space, on ONNX Runtime."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from serve_app.contract import Attribute
from serve_app.errors import ModelServerError
from serve_app.models.calibration import AttributeFit, Calibration
from serve_app.models.pictures import Image, letterbox
from serve_app.models.rows import WEIGHTS_DIR, ModelRow
from serve_app.models.sessions import naming_damage, open_session, require_file

IMAGE_TEXT: Final = ModelRow(
    name="reelwear-image-text",
    roles=("embedder",),
    licence="Apache-2.0",
    dimension=384,
    files=("image_tower.onnx", "text_tower.onnx", "tokenizer.json", "image_text.json"),
    card="image_text.md",
)
TOWERS_JOB: Final = "catalog_jobs.embedder.export"
FIT_JOB: Final = "catalog_jobs.embedder.fit"
# Pictures of one forward pass: more gain nothing on a CPU and only hold memory.
MAX_BATCH: Final = 16
# The text tower was trained on phrases; longer texts are cut.
MAX_TOKENS: Final = 64

Vectors = NDArray[np.float32]


class Towers:
    """The two towers in memory. `catalog_jobs.embedder.fit`, which writes the calibration, needs no more than these."""

    def __init__(self, folder: Path = WEIGHTS_DIR, threads: int = 1) -> None:
        picture_file, text_file, words_file, _ = (folder / name for name in IMAGE_TEXT.files)
        self.images = open_session(picture_file, threads, TOWERS_JOB)
        self.texts = open_session(text_file, threads, TOWERS_JOB)
        require_file(words_file, TOWERS_JOB)
        # The library raises plain Exception for whatever it cannot parse.
        with naming_damage(words_file, TOWERS_JOB, Exception):
            self.tokenizer = Tokenizer.from_file(str(words_file))
        self.tokenizer.enable_truncation(MAX_TOKENS)
        self.tokenizer.no_padding()
        properties = self.images.get_modelmeta().custom_metadata_map
        with naming_damage(picture_file, TOWERS_JOB, KeyError, ValueError):
            self.version: str = properties["version"]
            self.side_px = int(properties["side_px"])
            self.dimension = int(properties["dimension"])
        other = self.texts.get_modelmeta().custom_metadata_map.get("version", self.version)
        if other != self.version:
            raise ModelServerError(
                "bad_setting",
                f"{text_file} is of version {other}, {picture_file.name} of {self.version}: their vectors have nothing "
                f"to do with one another; export both with `python -m {TOWERS_JOB}`",
            )

    def embed_images(self, pictures: Sequence[Image]) -> Vectors:
        """Unit vectors (N×D) of RGB pictures, each looked at within a grey square."""
        parts = [np.zeros((0, self.dimension), np.float32)]
        for at in range(0, len(pictures), MAX_BATCH):
            squares = [letterbox(picture, self.side_px) for picture in pictures[at : at + MAX_BATCH]]
            # The runtime computes a batch of one another way: the last bits would tell what came along with a picture.
            pixels = np.stack(squares * 2 if len(squares) == 1 else squares)
            parts.append(self.images.run(["vectors"], {"pixels": pixels})[0][: len(squares)])
        return np.concatenate(parts)

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors (N×D) of texts in the space of the pictures; what is beyond MAX_TOKENS is not read.

        One text a pass: texts are short and of different lengths, and padding would cost what a batch saves.
        """
        parts = [np.zeros((0, self.dimension), np.float32)]
        for text in texts:
            encoded = self.tokenizer.encode(text)
            feed = {"tokens": np.array([encoded.ids], np.int64), "mask": np.array([encoded.attention_mask], np.int64)}
            parts.append(self.texts.run(["vectors"], feed)[0])
        return np.concatenate(parts)


class ImageTextModel(Towers):
    """The towers, and what was fitted for them."""

    def __init__(self, folder: Path = WEIGHTS_DIR, threads: int = 1) -> None:
        super().__init__(folder, threads)
        fitted = folder / IMAGE_TEXT.files[3]
        require_file(fitted, FIT_JOB)
        with naming_damage(fitted, FIT_JOB, ValueError):
            self.calibration = Calibration.load(fitted)
        if self.calibration.model_version != self.version:
            raise ModelServerError(
                "bad_setting",
                f"{fitted} was fitted for version {self.calibration.model_version} of {IMAGE_TEXT.name}, the towers "
                f"are {self.version}; fit it again with `python -m {FIT_JOB}`",
            )
        self.attributes = [(fit, self.value_vectors(fit)) for fit in self.calibration.attributes]

    def value_vectors(self, fit: AttributeFit) -> Vectors:
        """One direction (V×D) for each value of an attribute: the mean of its prompts' vectors."""
        return np.stack([self.embed_texts(prompts).mean(0) for prompts in fit.prompts.values()])

    def read_attributes(self, label: str, vector: NDArray[np.float32]) -> tuple[Attribute, ...]:
        """The attributes of one garment (of the type `label`, by its unit vector) that are sure enough."""
        found = []
        for fit, values in self.attributes:
            if label not in fit.types:
                continue
            chances = fit.chances(values @ vector)
            best = int(chances.argmax())
            if chances[best] >= fit.min_confidence:
                value = list(fit.prompts)[best]
                found.append(Attribute(name=fit.name, value=value, confidence=round(min(1.0, float(chances[best])), 4)))
        return tuple(found)
