"""CLIP- and SigLIP-like models of the hub, or folders of them, as embedders; needs torch and transformers."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from transformers import AutoModel, AutoProcessor, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutputWithPooling
from transformers.utils.logging import disable_progress_bar

from catalog_jobs.evaluate.embedders import Vectors
from serve_app.contract import Cutoffs, WordFit
from serve_app.models.pictures import Image

BATCH: Final = 16
# SigLIP was trained on texts of full length (its model card); it reads shorter ones badly.
FULL_LENGTH_FAMILIES: Final = ("siglip",)


class HubEmbedder:
    """A model with `get_image_features` and `get_text_features`, on the CPU in float32."""

    def __init__(self, model: Any, processor: Any, name: str, version: str) -> None:  # noqa: ANN401 - auto classes
        self.model, self.processor = model.eval(), processor
        self.name, self.version = name, version
        self.class_scale = float(model.logit_scale.exp()) if hasattr(model, "logit_scale") else 100.0
        bias = getattr(model, "logit_bias", None)
        self.words = None if bias is None else WordFit(scale=self.class_scale, bias=float(bias))
        self.cutoffs: Mapping[str, Cutoffs] = {}
        self.padding = "max_length" if model.config.model_type.startswith(FULL_LENGTH_FAMILIES) else True
        # Some tokenizers tell no limit of their own; the model always has one.
        self.max_tokens = int(getattr(model.config, "text_config", model.config).max_position_embeddings)
        self.dimension = int(self.embed_texts(["a dress"]).shape[1])

    @torch.inference_mode()
    def embed_images(self, pictures: Sequence[Image]) -> Vectors:
        parts = []
        for at in range(0, len(pictures), BATCH):
            inputs = self.processor(images=list(pictures[at : at + BATCH]), return_tensors="pt")
            parts.append(unit(self.model.get_image_features(**inputs)))
        return np.concatenate(parts) if parts else np.zeros((0, self.dimension), np.float32)

    @torch.inference_mode()
    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        parts = []
        for at in range(0, len(texts), BATCH):
            batch = list(texts[at : at + BATCH])
            inputs = self.processor(
                text=batch, padding=self.padding, truncation=True, max_length=self.max_tokens, return_tensors="pt"
            )
            parts.append(unit(self.model.get_text_features(**inputs)))
        return np.concatenate(parts) if parts else np.zeros((0, self.dimension), np.float32)


def load_hub_model(where: str, threads: int) -> HubEmbedder:
    """A model from a folder or a hub id: safetensors alone, never remote code; raises ValueError if it is none."""
    torch.set_num_threads(threads)
    disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model = AutoModel.from_pretrained(where, use_safetensors=True, trust_remote_code=False)
        processor = AutoProcessor.from_pretrained(where, trust_remote_code=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"transformers cannot load {where}: {reason}; give a folder or hub id with config.json and *.safetensors"
        ) from error
    if not hasattr(model, "get_image_features") or not hasattr(model, "get_text_features"):
        raise ValueError(
            f"{where} is a {type(model).__name__}, which embeds no pictures and texts; give a CLIP or SigLIP"
        )
    return HubEmbedder(model, processor, Path(where).name, version_of(where, model))


def version_of(where: str, model: PreTrainedModel) -> str:
    """The commit of a hub model, or the start of the SHA-256 of a folder's weights."""
    commit = getattr(model.config, "_commit_hash", None)
    if commit:
        return str(commit)[:12]
    digest = hashlib.sha256()
    for file in sorted(Path(where).glob("*.safetensors")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def unit(features: torch.Tensor | BaseModelOutputWithPooling) -> Vectors:
    """Features as unit vectors; transformers 5 wraps them in an output whose pooled part they are."""
    tensor = features if isinstance(features, torch.Tensor) else features.pooler_output
    if tensor is None:
        raise ValueError("the model gives no pooled features; give a CLIP or SigLIP")
    return np.asarray(torch.nn.functional.normalize(tensor.float(), dim=-1).numpy(), np.float32)
