"""A CLIP or SigLIP from ONNX files on the CPU, as `catalog_jobs.hub.export` writes them; torch only scales pictures."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor

from serve_app.errors import ModelServerError
from serve_app.models.large.clip import vectors_of
from serve_app.models.large.looks import Looks
from serve_app.models.large.shapes import run_by_shape
from serve_app.models.large.words import WordRules, Words, open_tokenizer
from serve_app.models.sessions import open_session

JOB: Final = "catalog_jobs.hub.export"
IMAGE_FILE, TEXT_FILE, TOKENIZER_FILE, EMBEDDER_FILE = "image.onnx", "text.onnx", "tokenizer.json", "embedder.json"
# Inputs of one forward pass: more gain nothing on a CPU and only hold memory.
MOST_AT_ONCE: Final = 16


class EmbedderCard(BaseModel):
    """What embedder.json says of the files beside it.

    version: changes with any of them. made_from: the model that was exported and its version there. is_int8: whether
    the graphs compute in bytes, for which they find one scale for all of a pass.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    version: str
    dimension: int
    is_int8: bool
    looks: Looks
    words: WordRules
    made_from: str

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the card of a folder; raises `bad_setting` where it is missing or none."""
        path = folder / EMBEDDER_FILE
        try:
            return cls.model_validate_json(path.read_bytes())
        except (OSError, ValueError) as fault:
            told = str(fault).partition("\n")[0]
            raise ModelServerError(
                "bad_setting", f"{path} cannot be read ({told}); make the folder with `python -m {JOB}`"
            ) from fault

    def save(self, folder: Path) -> Path:
        """Write it beside the files it describes and give its path."""
        path = folder / EMBEDDER_FILE
        path.write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")
        return path


class OnnxClipEmbedder:
    """Both towers in memory. threads: of each forward pass."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        card = EmbedderCard.load(folder)
        self.name, self.version, self.dimension, self.looks = card.name, card.version, card.dimension, card.looks
        self.images = open_session(folder / IMAGE_FILE, threads, JOB)
        self.texts = open_session(folder / TEXT_FILE, threads, JOB)
        self.words = Words(open_tokenizer(folder / TOKENIZER_FILE), card.words)
        self.device = torch.device("cpu")
        # In bytes, a pass has one scale for all of its inputs: another beside it would change a vector.
        self.at_once = 1 if card.is_int8 else MOST_AT_ONCE

    @torch.inference_mode()
    def embed_images(self, pictures: Sequence[Tensor]) -> Tensor:
        """Unit vectors (N×D float32) of uint8 3×H×W pictures, all on the CPU."""
        height, width = self.looks.side_hw
        most = self.at_once * 3 * height * width
        fitted = run_by_shape(lambda batch: list(self.looks.fit(batch)), pictures, MOST_AT_ONCE * 3 * height * width)
        return vectors_of(self.image_vectors, fitted, most, self.dimension, self.device)

    @torch.inference_mode()
    def embed_texts(self, texts: Sequence[str]) -> Tensor:
        """Unit vectors (N×D float32) of texts in the space of the pictures."""
        tokens = self.words.encode(texts)
        # A limit of one token still lets one text through, whatever its length.
        most = 1 if self.at_once == 1 else self.at_once * self.words.rules.max_tokens
        return vectors_of(self.text_vectors, tokens, most, self.dimension, self.device)

    def image_vectors(self, fitted: Tensor) -> Tensor:
        """Unit vectors (B×D) of pictures as the model sees them (uint8 B×3×h×w)."""
        return torch.from_numpy(self.images.run(["vectors"], {"pixels": self.looks.numbers(fitted).numpy()})[0])

    def text_vectors(self, tokens: Tensor) -> Tensor:
        """Unit vectors (B×D) of tokens (int64 B×T)."""
        return torch.from_numpy(self.texts.run(["vectors"], {"tokens": tokens.numpy()})[0])


def load_onnx_clip(folder: Path, threads: int = 1) -> OnnxClipEmbedder:
    """The embedder of an exported folder; raises `bad_setting` for a file that is missing or damaged."""
    return OnnxClipEmbedder(folder, threads)
