"""A CLIP or SigLIP of transformers under training: read from its folder and written back as one, by local files."""

import json
import math
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from catalog_jobs.catalog.learning.facts import Match
from catalog_jobs.catalog.learning.learner import set_trained, tensors_of
from catalog_jobs.catalog.learning.losses import pairs_loss, spread_loss
from catalog_jobs.catalog.learning.options import FinetuneOptions, Layers
from serve_app.models.large.checked_files import read_object
from serve_app.models.large.clip import ClipEmbedder, load_clip, unit
from serve_app.models.large.looks import PICTURE_CONFIGS
from serve_app.models.large.words import TOKENIZER, TOKENIZER_CONFIG, Words
from serve_app.models.pictures import Image

# CLIP itself was trained with at most this (Radford 2021, 2.5).
MOST_SCALE: Final = 100.0
# Fine-tuning of all weights; FLYP (Goyal 2023) and FashionCLIP (Chia 2022) take 1e-5.
RATE: Final = 1e-5
# What is beside the weights and is written again as it was. A receipt of a pull is not: it tells of other weights.
COPIED: Final = (
    *PICTURE_CONFIGS, TOKENIZER, TOKENIZER_CONFIG, "special_tokens_map.json", "vocab.json", "merges.txt",
    "spiece.model", "added_tokens.json",
)  # fmt: skip
# The parts that `--layers last` trains, by the start of their names.
LAST: Final = ("visual_projection.", "text_projection.", "vision_model.head.", "text_model.head.")
SIGLIP_CLASS: Final = "SiglipTokenizer"


class ClipLearner:
    """See `learner.Learner`."""

    rate = RATE

    def __init__(self, folder: Path, options: FinetuneOptions, device: torch.device) -> None:
        """Raises ModelServerError for a folder that is no CLIP or SigLIP."""
        self.folder, self.device = folder, device
        self.layers: Layers = options.layers or "all"
        self._embedder = load_clip(folder, device)
        self.version = self._embedder.version
        self.module: nn.Module = self._embedder.network
        self._network: Any = self._embedder.network
        self.family = str(self._network.config.model_type)
        self._words = published(self._embedder)
        scales = [self._network.logit_scale, *([self._network.logit_bias] if self.family == "siglip" else [])]
        self.scale_parameters: Sequence[nn.Parameter] = scales
        named = self._network.named_parameters()
        set_trained(self._network.parameters(), False)
        set_trained((weights for name, weights in named if self.layers == "all" or name.startswith(LAST)), True)
        set_trained(scales, options.learns_temperature)
        if options.temperature is not None:
            with torch.no_grad():
                self._network.logit_scale.fill_(-math.log(options.temperature))

    def images(self, pictures: Sequence[Image]) -> Tensor:
        """Unit vectors (B×D)."""
        looks = self._embedder.looks
        fitted = [looks.fit(torch.from_numpy(one).permute(2, 0, 1)[None].to(self.device)) for one in pictures]
        with self._computing():
            features = self._network.get_image_features(pixel_values=looks.numbers(torch.cat(fitted))).pooler_output
        return unit(features)

    def texts(self, texts: Sequence[str]) -> Tensor:
        """Unit vectors (B×D)."""
        pad_id = self._words.rules.pad_id
        tokens = pad_sequence(self._words.encode(texts), batch_first=True, padding_value=pad_id).to(self.device)
        with self._computing():
            features = self._network.get_text_features(input_ids=tokens).pooler_output
        return unit(features)

    def loss(self, texts: Tensor, images: Tensor, match: Match) -> Tensor:
        """CLIP's cross-entropy or SigLIP's pairs."""
        belongs, counts = tensors_of(match, self.device)
        cosines, scale = texts @ images.T, self._network.logit_scale.exp()
        if self.family == "siglip":
            return pairs_loss(cosines, belongs, counts, scale, self._network.logit_bias)
        return spread_loss(cosines, belongs, counts, scale)

    def train(self, is_training: bool) -> None:
        """Dropout, where the folder's config has any."""
        self._network.train(is_training)

    def after_step(self) -> None:
        """CLIP's bound of the scale; a model that came with more keeps it."""
        if self.family == "clip" and self._network.logit_scale.requires_grad:
            with torch.no_grad():
                self._network.logit_scale.clamp_(max=math.log(MOST_SCALE))

    def temperature(self) -> float:
        """Of the model, or as it was set or learnt."""
        return float(1 / self._network.logit_scale.detach().exp())

    def save(self, folder: Path) -> None:
        """config.json, model.safetensors, the tokenizer and how to scale pictures; no code of anybody."""
        self._network.save_pretrained(folder)
        for name in COPIED:
            if (self.folder / name).is_file():
                shutil.copyfile(self.folder / name, folder / name)
        if self._words is not self._embedder.words:
            told = read_object(folder / TOKENIZER_CONFIG) | {"tokenizer_class": SIGLIP_CLASS}
            write_object(folder / TOKENIZER_CONFIG, told)

    def served(self, folder: Path, pictures: Sequence[Image], texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """By the loader of the model server, in float32."""
        embedder = load_clip(folder, self.device)
        shown = [torch.from_numpy(one).permute(2, 0, 1).to(self.device) for one in pictures]
        return embedder.embed_images(shown), embedder.embed_texts(texts)

    def _computing(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda")


def published(embedder: ClipEmbedder) -> Words:
    """How texts are read by the folder that is written. transformers' form cannot say open_clip's way of cleaning;
    SigLIP's own, which differs from it in web pages' marks alone, takes its place, in training too.
    """
    words = embedder.words
    if words.rules.cleaning != "open_clip":
        return words
    return Words(words.tokenizer, replace(words.rules, cleaning="siglip"))


def write_object(path: Path, told: dict[str, object]) -> None:
    """Write a JSON object."""
    path.write_text(json.dumps(told, indent=2) + "\n", "utf-8")
