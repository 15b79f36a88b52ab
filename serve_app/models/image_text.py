"""The image–text embedder that ships with the package: pictures and words in one space, on ONNX Runtime."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from serve_app.contract import Attribute
from serve_app.errors import ModelServerError
from serve_app.models.calibration import AttributeFit, Calibration
from serve_app.models.pictures import Image, letterbox
from serve_app.models.rows import WEIGHTS_DIR, ModelRow

IMAGE_TEXT: Final = ModelRow(
    name="reelwear-image-text",
    roles=("embedder",),
    licence="Apache-2.0",
    dimension=384,
    files=("image_tower.onnx", "text_tower.onnx", "tokenizer.json", "image_text.json"),
)
# Pictures of one forward pass: more gain nothing on a CPU and only hold memory.
MAX_BATCH: Final = 16
# The text tower was trained on phrases; longer texts are cut.
MAX_TOKENS: Final = 64

Vectors = NDArray[np.float32]


class ImageTextModel:
    """Both towers in memory, and what was fitted for them."""

    def __init__(self, folder: Path = WEIGHTS_DIR, threads: int = 1) -> None:
        missing = [name for name in IMAGE_TEXT.files if not (folder / name).is_file()]
        if missing:
            raise ModelServerError(
                "bad_setting", f"the weights {folder / missing[0]} are missing; run catalog_jobs.embedder.export"
            )
        self.images = open_session(folder / "image_tower.onnx", threads)
        self.texts = open_session(folder / "text_tower.onnx", threads)
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.enable_truncation(MAX_TOKENS)
        self.tokenizer.enable_padding()
        properties = self.images.get_modelmeta().custom_metadata_map
        self.version = properties["version"]
        self.side_px = int(properties["side_px"])
        self.dimension = int(json.loads(properties["dimension"]))
        self.calibration = Calibration.load(folder / "image_text.json")
        self.attributes = [(fit, self.value_vectors(fit)) for fit in self.calibration.attributes]

    def embed_images(self, pictures: Sequence[Image]) -> Vectors:
        """Unit vectors (N×D) of RGB pictures, each looked at within a grey square."""
        parts = [np.zeros((0, self.dimension), np.float32)]
        for at in range(0, len(pictures), MAX_BATCH):
            pixels = np.stack([letterbox(picture, self.side_px) for picture in pictures[at : at + MAX_BATCH]])
            parts.append(self.images.run(["vectors"], {"pixels": pixels})[0])
        return np.concatenate(parts)

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors (N×D) of texts in the space of the pictures; what is beyond MAX_TOKENS is not read."""
        parts = [np.zeros((0, self.dimension), np.float32)]
        for at in range(0, len(texts), MAX_BATCH):
            encoded = self.tokenizer.encode_batch(list(texts[at : at + MAX_BATCH]))
            tokens = np.array([entry.ids for entry in encoded], np.int64)
            mask = np.array([entry.attention_mask for entry in encoded], np.int64)
            parts.append(self.texts.run(["vectors"], {"tokens": tokens, "mask": mask})[0])
        return np.concatenate(parts)

    def value_vectors(self, fit: AttributeFit) -> Vectors:
        """One direction (V×D) for each value of an attribute: the mean of its prompts' vectors."""
        return np.stack([self.embed_texts(prompts).mean(0) for prompts in fit.prompts.values()])

    def read_attributes(self, label: str, vector: NDArray[np.float32]) -> tuple[Attribute, ...]:
        """The attributes of one garment (of the type `label`, by its unit vector) that are sure enough."""
        found = []
        for fit, values in self.attributes:
            if label not in fit.types:
                continue
            names = list(fit.prompts)
            raised = fit.scale * (values @ vector) + np.array([fit.biases[name] for name in names])
            chances = np.exp(raised - raised.max())
            chances /= chances.sum()
            best = int(chances.argmax())
            if chances[best] >= fit.min_confidence:
                found.append(
                    Attribute(name=fit.name, value=names[best], confidence=round(min(1.0, float(chances[best])), 4))
                )
        return tuple(found)


def open_session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    """A session on the CPU that takes no more than its threads, and lets them sleep between two runs."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
