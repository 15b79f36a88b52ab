"""Tiny random CLIP and SigLIP models, saved the way the hub's are, with tokenizer and preprocessor_config.json."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from torch import Tensor
from transformers import (
    CLIPConfig,
    CLIPImageProcessor,
    CLIPModel,
    CLIPProcessor,
    CLIPTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    SiglipConfig,
    SiglipImageProcessor,
    SiglipModel,
)

Network = TypeVar("Network", bound=PreTrainedModel)

SIDE_PX, MOST_TOKENS, DIMENSION = 32, 40, 24
LETTERS = [chr(code) for code in range(97, 123)]
PART = {"hidden_size": 32, "intermediate_size": 40, "num_hidden_layers": 2, "num_attention_heads": 2}
# timm's base trunk has twelve heads, whatever its width.
OPEN_CLIP_WIDTH = 48
OPEN_CLIP_CONFIG = {
    "model_cfg": {
        "embed_dim": OPEN_CLIP_WIDTH,
        "init_logit_bias": -10,
        "custom_text": True,
        "vision_cfg": {
            "image_size": SIDE_PX,
            "timm_model_name": "vit_base_patch16_siglip_224",
            "timm_model_pretrained": False,
            "timm_pool": "map",
            "timm_proj": "none",
        },
        "text_cfg": {
            "context_length": MOST_TOKENS,
            "vocab_size": 29,
            "hf_tokenizer_name": "timm/ViT-B-16-SigLIP",
            "tokenizer_kwargs": {"clean": "canonicalize"},
            "width": OPEN_CLIP_WIDTH,
            "heads": 4,
            "layers": 2,
            "no_causal_mask": True,
            "proj_bias": True,
            "pool_type": "last",
            "norm_kwargs": {"eps": 1e-06},
        },
    }
}
# What open_clip 3.3 with timm 1.0 calls the weights of transformers' SiglipModel.
OPEN_CLIP_NAMES = (
    (r"^vision_model\.embeddings\.patch_embedding\.", "visual.trunk.patch_embed.proj."),
    (r"^vision_model\.embeddings\.position_embedding\.weight$", "visual.trunk.pos_embed"),
    (r"^vision_model\.post_layernorm\.", "visual.trunk.norm."),
    (r"^vision_model\.head\.probe$", "visual.trunk.attn_pool.latent"),
    (r"^vision_model\.head\.layernorm\.", "visual.trunk.attn_pool.norm."),
    (r"^vision_model\.head\.mlp\.", "visual.trunk.attn_pool.mlp."),
    (r"^vision_model\.head\.attention\.out_proj\.", "visual.trunk.attn_pool.proj."),
    (r"^vision_model\.encoder\.layers\.(\d+)\.layer_norm", r"visual.trunk.blocks.\1.norm"),
    (r"^vision_model\.encoder\.layers\.(\d+)\.self_attn\.out_proj", r"visual.trunk.blocks.\1.attn.proj"),
    (r"^vision_model\.encoder\.layers\.", "visual.trunk.blocks."),
    (r"^text_model\.embeddings\.token_embedding\.", "text.token_embedding."),
    (r"^text_model\.embeddings\.position_embedding\.weight$", "text.positional_embedding"),
    (r"^text_model\.final_layer_norm\.", "text.ln_final."),
    (r"^text_model\.head\.", "text.text_projection."),
    (r"^text_model\.encoder\.layers\.(\d+)\.layer_norm", r"text.transformer.resblocks.\1.ln_"),
    (r"^text_model\.encoder\.layers\.(\d+)\.self_attn\.out_proj", r"text.transformer.resblocks.\1.attn.out_proj"),
    (r"^text_model\.encoder\.layers\.(\d+)\.mlp\.fc1", r"text.transformer.resblocks.\1.mlp.c_fc"),
    (r"^text_model\.encoder\.layers\.(\d+)\.mlp\.fc2", r"text.transformer.resblocks.\1.mlp.c_proj"),
    (r"^text_model\.encoder\.layers\.", "text.transformer.resblocks."),
)


def write_clip(folder: Path) -> CLIPModel:
    """A CLIP in a folder, as CLIPModel and CLIPProcessor save one."""
    config = CLIPConfig(
        text_config={
            **PART,
            "vocab_size": 2 + 2 * len(LETTERS),
            "max_position_embeddings": MOST_TOKENS,
            "bos_token_id": 0,
            "eos_token_id": 1,
            "pad_token_id": 1,
        },
        vision_config={**PART, "image_size": SIDE_PX, "patch_size": 8},
        projection_dim=DIMENSION,
    )
    network = lively(CLIPModel(config))
    network.save_pretrained(folder)
    clip_tokenizer().save_pretrained(folder)
    clip_pictures().save_pretrained(folder)
    return network


def clip_tokenizer() -> CLIPTokenizer:
    """A word is its letters."""
    words = ["<|startoftext|>", "<|endoftext|>", *LETTERS, *(f"{letter}</w>" for letter in LETTERS)]
    return CLIPTokenizer(vocab={word: number for number, word in enumerate(words)}, merges=[])


def clip_pictures() -> CLIPImageProcessor:
    """Shorter side to the network's, and the middle of it."""
    return CLIPImageProcessor(size={"shortest_edge": SIDE_PX}, crop_size={"height": SIDE_PX, "width": SIDE_PX})


def siglip_pictures() -> SiglipImageProcessor:
    """Squeezed into the network's square."""
    return SiglipImageProcessor(size={"height": SIDE_PX, "width": SIDE_PX})


def write_clip_processor(folder: Path) -> None:
    """The two processors in one file, as transformers 5 writes them."""
    CLIPProcessor(clip_pictures(), clip_tokenizer()).save_pretrained(folder)  # type: ignore[no-untyped-call]


def write_siglip(folder: Path) -> SiglipModel:
    """A SigLIP in a folder, with a tokenizer.json."""
    network = lively(
        SiglipModel(
            SiglipConfig(
                text_config={**PART, "vocab_size": 29, "max_position_embeddings": MOST_TOKENS, **no_marks()},
                vision_config={**PART, "image_size": SIDE_PX, "patch_size": 8},
            )
        )
    )
    network.save_pretrained(folder)
    siglip_tokenizer().save_pretrained(folder)
    siglip_pictures().save_pretrained(folder)
    return network


def siglip_tokenizer() -> PreTrainedTokenizerFast:
    """A text is its letters and an end mark, which is also what fills it up."""
    words = ["<unk>", "</s>", "▁", *LETTERS]
    tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        eos_token="</s>",
        pad_token="</s>",
        unk_token="<unk>",
        model_max_length=MOST_TOKENS,
    )


def write_open_clip(folder: Path, prefix: str = "model.", file: str = "model.safetensors") -> SiglipModel:
    """A folder such as Marqo-FashionSigLIP's; given back is the same network under transformers' names."""
    part = {"hidden_size": OPEN_CLIP_WIDTH, "intermediate_size": 64, "num_hidden_layers": 2, "hidden_act": "gelu"}
    network = lively(
        SiglipModel(
            SiglipConfig(
                text_config={
                    **part,
                    "num_attention_heads": 4,
                    "vocab_size": 29,
                    "max_position_embeddings": MOST_TOKENS,
                    **no_marks(),
                },
                vision_config={**part, "num_attention_heads": 12, "image_size": SIDE_PX, "patch_size": 8},
            )
        )
    )
    save_file({f"{prefix}{name}": value for name, value in open_clip_state(network).items()}, folder / file)
    write_json(folder / "open_clip_config.json", OPEN_CLIP_CONFIG)
    write_json(folder / "config.json", {"open_clip_model_name": "hf-hub:tiny", "model_type": "siglip"})
    siglip_tokenizer().save_pretrained(folder)
    siglip_pictures().save_pretrained(folder)
    return network


def open_clip_state(network: SiglipModel) -> dict[str, Tensor]:
    """The weights of a SigLIP as open_clip names and joins them."""
    state = dict(network.state_dict())
    for tower, joined in (("vision_model", "attn.qkv."), ("text_model", "attn.in_proj_")):
        for layer in range(2):
            for kind in ("weight", "bias"):
                path = f"{tower}.encoder.layers.{layer}."
                parts = [state.pop(f"{path}self_attn.{part}_proj.{kind}") for part in "qkv"]
                state[f"{path}{joined}{kind}"] = torch.cat(parts)
    for kind in ("weight", "bias"):
        value = state.pop(f"vision_model.head.attention.in_proj_{kind}")
        state[f"visual.trunk.attn_pool.q.{kind}"] = value[:OPEN_CLIP_WIDTH].clone()
        state[f"visual.trunk.attn_pool.kv.{kind}"] = value[OPEN_CLIP_WIDTH:].clone()
    renamed = {}
    for name, value in state.items():
        changed = name
        for ours, theirs in OPEN_CLIP_NAMES:
            changed = re.sub(ours, theirs, changed)
        renamed[changed] = value
    renamed["visual.trunk.pos_embed"] = renamed["visual.trunk.pos_embed"][None]
    return renamed | {name: renamed[name].reshape(()) for name in ("logit_scale", "logit_bias")}


def no_marks() -> dict[str, None]:
    """SigLIP pools the last token, whatever it is; the ids of the defaults are not in a tiny vocabulary."""
    return {"bos_token_id": None, "eos_token_id": None, "pad_token_id": None}


def lively(network: Network) -> Network:
    """A network in eval mode whose random weights are large enough that different inputs have different vectors."""
    torch.manual_seed(0)
    with torch.no_grad():
        for weights in network.parameters():
            weights.normal_(0, 0.3) if weights.ndim > 1 else weights.add_(torch.randn_like(weights) * 0.1)
    network.eval()  # type: ignore[no-untyped-call]
    return network


def write_json(file: Path, told: Mapping[str, object]) -> None:
    """Write an object."""
    file.write_text(json.dumps(told), encoding="utf-8")


def change_json(file: Path, **changes: object) -> None:
    """Change some values of an object in a file; None removes one."""
    told = {**json.loads(file.read_text(encoding="utf-8")), **changes}
    write_json(file, {key: value for key, value in told.items() if value is not None})


def drawn(size_wh: tuple[int, int], seed: int) -> Tensor:
    """A picture (uint8 3×H×W) of soft shapes and noise."""
    rng = np.random.default_rng(seed)
    width, height = size_wh
    waves = np.sin(np.linspace(0, rng.uniform(3, 12), width)) * np.cos(np.linspace(0, 9, height))[:, None]
    pixels = 128 + 90 * waves[..., None] * rng.uniform(-1, 1, 3) + rng.normal(0, 30, (height, width, 3))
    picture: Tensor = torch.from_numpy(pixels.clip(0, 255).astype(np.uint8)).permute(2, 0, 1)
    return picture


def least_cosine(got: Tensor, wanted: Tensor) -> float:
    """Of rows of two N×D that belong together."""
    return float((got * wanted).sum(-1).min())


SIZES_WH = ((90, 50), (50, 90), (40, 40), (50, 90), (20, 31), (32, 32))
PICTURES = [drawn(size_wh, seed) for seed, size_wh in enumerate(SIZES_WH)]
TEXTS = ("a red dress", "shoes", "a very long text about a coat of wool and its many buttons", "shoes", "")
