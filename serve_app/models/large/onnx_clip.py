"""A CLIP or SigLIP from ONNX files on the CPU, as `catalog_jobs.hub.export` writes them; torch only scales pictures."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import torch
from pydantic import ConfigDict
from torch import Tensor

from serve_app.errors import ModelServerError
from serve_app.models.large.clip import vectors_of
from serve_app.models.large.exported import (
    IMAGE_FILE,
    JOB,
    TEXT_FILE,
    TOKENIZER_FILE,
    ExportedCard,
    faults_by_version,
)
from serve_app.models.large.looks import Looks
from serve_app.models.large.shapes import run_by_shape
from serve_app.models.large.words import WordRules, Words, open_tokenizer
from serve_app.models.sessions import open_session

CPU: Final = torch.device("cpu")
# Inputs of one forward pass: more gain nothing on a CPU and only hold memory.
MOST_AT_ONCE: Final = 16


class EmbedderCard(ExportedCard):
    """All that embedder.json says of the files beside it.

    scale, bias: what the model multiplies a cosine of words and a picture by and adds, to weigh it against others; only
    SigLIP has a bias.
    """

    model_config = ConfigDict(extra="forbid")

    looks: Looks
    words: WordRules
    scale: float
    bias: float | None


class OnnxClipEmbedder:
    """Both towers in memory. threads: of each forward pass. device: where its vectors go."""

    def __init__(self, folder: Path, threads: int = 1, device: torch.device = CPU) -> None:
        card = EmbedderCard.load(folder)
        self.name, self.version, self.dimension, self.looks = card.name, card.version, card.dimension, card.looks
        self.images = open_session(folder / IMAGE_FILE, threads, JOB)
        self.texts = open_session(folder / TEXT_FILE, threads, JOB)
        self.words = Words(open_tokenizer(folder / TOKENIZER_FILE), card.words)
        self.device, self.card = device, card
        # In bytes, a pass has one scale for all of its inputs: another beside it would change a vector.
        self.at_once = 1 if card.is_int8 else MOST_AT_ONCE

    @torch.inference_mode()
    def embed_images(self, pictures: Sequence[Tensor]) -> Tensor:
        """Unit vectors (N×D float32) of uint8 3×H×W pictures, which are scaled where they are and then brought here."""
        height, width = self.looks.side_hw
        most = self.at_once * 3 * height * width
        fitted = run_by_shape(self.fit, pictures, MOST_AT_ONCE * 3 * height * width)
        return vectors_of(self.image_vectors, fitted, most, self.dimension, CPU).to(self.device)

    @torch.inference_mode()
    def embed_texts(self, texts: Sequence[str]) -> Tensor:
        """Unit vectors (N×D float32) of texts in the space of the pictures."""
        tokens = self.words.encode(texts)
        # A limit of one token still lets one text through, whatever its length.
        most = 1 if self.at_once == 1 else self.at_once * self.words.rules.max_tokens
        return vectors_of(self.text_vectors, tokens, most, self.dimension, CPU).to(self.device)

    def fit(self, pictures: Tensor) -> list[Tensor]:
        """Pictures of one size as the model sees them (B of uint8 3×h×w), on the CPU."""
        return list(self.looks.fit(pictures).cpu())

    def image_vectors(self, fitted: Tensor) -> Tensor:
        """Unit vectors (B×D) of pictures as the model sees them (uint8 B×3×h×w)."""
        return torch.from_numpy(self.images.run(["vectors"], {"pixels": self.looks.numbers(fitted).numpy()})[0])

    def text_vectors(self, tokens: Tensor) -> Tensor:
        """Unit vectors (B×D) of tokens (int64 B×T)."""
        return torch.from_numpy(self.texts.run(["vectors"], {"tokens": tokens.numpy()})[0])


def load_onnx_clip(folder: Path, threads: int = 1, device: torch.device = CPU) -> OnnxClipEmbedder:
    """The embedder of an exported folder. device: where its vectors go; it computes on the CPU.

    Raises `bad_setting` for a file that is missing or damaged, and for files of another version than the card's. Reads
    them all.
    """
    embedder = OnnxClipEmbedder(folder, threads, device)
    changed = faults_by_version(folder)
    if changed:
        raise ModelServerError("bad_setting", changed[0])
    return embedder
