"""A SigLIP as open_clip writes it: its weights under the names of transformers, so that no code of its folder runs."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from serve_app.models.large.checked_files import bad_files, first_line, read_object

if TYPE_CHECKING:
    from transformers import SiglipConfig, SiglipModel

OPEN_CLIP_CONFIG: Final = "open_clip_config.json"
OPEN_CLIP_WEIGHTS: Final = ("open_clip_model.safetensors", "model.safetensors")
# Attention heads of timm's trunks of SigLIP whose activation is the exact GELU (timm/models/vision_transformer.py);
# those of SigLIP 2 at other patch sizes take the approximation by tanh.
TIMM_HEADS: Final = {
    **{f"vit_base_patch16_siglip_{side}": 12 for side in (224, 256, 384, 512)},
    **{f"vit_large_patch16_siglip_{side}": 16 for side in (256, 384)},
    **{f"vit_so400m_patch14_siglip_{side}": 16 for side in (224, 378, 384)},
}
TIMM_NORM_EPS: Final = 1e-6
# open_clip's name, as a pattern, and transformers'.
SIGLIP_NAMES: Final = (
    (r"^visual\.trunk\.patch_embed\.proj\.", "vision_model.embeddings.patch_embedding."),
    (r"^visual\.trunk\.pos_embed$", "vision_model.embeddings.position_embedding.weight"),
    (r"^visual\.trunk\.norm\.", "vision_model.post_layernorm."),
    (r"^visual\.trunk\.attn_pool\.latent$", "vision_model.head.probe"),
    (r"^visual\.trunk\.attn_pool\.norm\.", "vision_model.head.layernorm."),
    (r"^visual\.trunk\.attn_pool\.mlp\.", "vision_model.head.mlp."),
    (r"^visual\.trunk\.attn_pool\.proj\.", "vision_model.head.attention.out_proj."),
    (r"^visual\.trunk\.attn_pool\.(q|kv)\.", r"vision_model.head.attention.\1."),
    (r"^visual\.trunk\.blocks\.", "vision_model.encoder.layers."),
    (r"^text\.token_embedding\.", "text_model.embeddings.token_embedding."),
    (r"^text\.positional_embedding$", "text_model.embeddings.position_embedding.weight"),
    (r"^text\.ln_final\.", "text_model.final_layer_norm."),
    (r"^text\.text_projection\.", "text_model.head."),
    (r"^text\.transformer\.resblocks\.", "text_model.encoder.layers."),
    (r"(layers\.\d+)\.(?:norm|ln_)([12])\.", r"\1.layer_norm\2."),
    (r"(layers\.\d+)\.attn\.(?:qkv\.|in_proj_)", r"\1.self_attn.qkv."),
    (r"(layers\.\d+)\.attn\.(?:out_)?proj\.", r"\1.self_attn.out_proj."),
    (r"(layers\.\d+)\.mlp\.c_fc\.", r"\1.mlp.fc1."),
    (r"(layers\.\d+)\.mlp\.c_proj\.", r"\1.mlp.fc2."),
)


def load_open_clip(folder: Path, dtype: torch.dtype) -> tuple["SiglipModel", list[Path]]:
    """A SigLIP that open_clip wrote, and its weights' file."""
    from transformers import SiglipModel

    file = next((folder / name for name in OPEN_CLIP_WEIGHTS if (folder / name).is_file()), None)
    if file is None:
        raise bad_files(folder, f"has neither {' nor '.join(OPEN_CLIP_WEIGHTS)}")
    try:
        state = siglip_state(load_file(file))
    except (OSError, SafetensorError) as fault:
        raise bad_files(file, f"cannot be read ({first_line(fault)})") from fault
    network = SiglipModel(siglip_config(folder / OPEN_CLIP_CONFIG, state))
    try:
        network.load_state_dict(state)
    except RuntimeError as fault:
        raise bad_files(file, f"does not hold what {OPEN_CLIP_CONFIG} promises ({fault})") from fault
    return network.to(dtype), [file]  # type: ignore[arg-type]


def siglip_state(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights of open_clip's SigLIP (a timm trunk with attention pooling, open_clip's text transformer) under the
    names of transformers' SiglipModel. A name may follow `model.`, as it does where open_clip's model is a part of
    another; names that are not known stay as they are.

    After open_clip's src/open_clip/convert.py and transformers' models/siglip/convert_siglip_to_hf.py, which both start
    from big_vision's names.
    """
    renamed: dict[str, Tensor] = {}
    for name, value in state.items():
        changed = name.removeprefix("model.")
        for pattern, ours in SIGLIP_NAMES:
            changed = re.sub(pattern, ours, changed)
        renamed[changed] = value
    for name in [name for name in renamed if ".self_attn.qkv." in name]:
        for part, value in zip("qkv", renamed.pop(name).chunk(3), strict=True):
            renamed[name.replace(".qkv.", f".{part}_proj.")] = value
    for kind in ("weight", "bias"):
        parts = [renamed.pop(f"vision_model.head.attention.{part}.{kind}", None) for part in ("q", "kv")]
        if parts[0] is not None and parts[1] is not None:
            renamed[f"vision_model.head.attention.in_proj_{kind}"] = torch.cat([parts[0], parts[1]])
    positions = "vision_model.embeddings.position_embedding.weight"
    if positions in renamed:
        renamed[positions] = renamed[positions].flatten(0, -2)
    for name in ("logit_scale", "logit_bias"):
        if name in renamed:
            renamed[name] = renamed[name].reshape(1)
    return renamed


def siglip_config(file: Path, state: Mapping[str, Tensor]) -> "SiglipConfig":
    """The configuration of the SigLIP that an open_clip_config.json describes; what it leaves to timm is read from
    the weights (under transformers' names) or from TIMM_HEADS. Raises `bad_setting` for another kind of model.
    """
    from transformers import SiglipConfig

    told = read_object(file).get("model_cfg", {})
    text, vision = told.get("text_cfg", {}), told.get("vision_cfg", {})
    trunk = vision.get("timm_model_name")
    shape = {"no_causal_mask": True, "pool_type": "last", "proj_bias": True}
    heads = TIMM_HEADS.get(trunk)
    if heads is None or vision.get("timm_pool") != "map" or any(text.get(key) != it for key, it in shape.items()):
        raise bad_files(
            file,
            f"describes no known SigLIP (timm_model_name is {trunk!r}; known with timm_pool 'map' and a text tower "
            f"with {shape}: {', '.join(TIMM_HEADS)})",
        )
    if text.get("tokenizer_kwargs", {}).get("clean") != "canonicalize":
        raise bad_files(file, f"has the tokenizer_kwargs {text.get('tokenizer_kwargs')}; clean must be 'canonicalize'")
    try:
        patches = state["vision_model.embeddings.patch_embedding.weight"]
        return SiglipConfig(
            vision_config={
                "hidden_size": patches.shape[0],
                "num_channels": patches.shape[1],
                "patch_size": patches.shape[-1],
                "image_size": vision["image_size"],
                "num_attention_heads": heads,
                "num_hidden_layers": count_layers(state, "vision_model"),
                "intermediate_size": state["vision_model.head.mlp.fc1.weight"].shape[0],
                "layer_norm_eps": TIMM_NORM_EPS,
                "hidden_act": "gelu",
            },
            text_config={
                "hidden_size": text["width"],
                "vocab_size": text["vocab_size"],
                "max_position_embeddings": text["context_length"],
                "num_attention_heads": text["heads"],
                "num_hidden_layers": text["layers"],
                "intermediate_size": state["text_model.encoder.layers.0.mlp.fc1.weight"].shape[0],
                "layer_norm_eps": text["norm_kwargs"]["eps"],
                "hidden_act": "gelu_pytorch_tanh" if text.get("act_kwargs") == {"approximate": "tanh"} else "gelu",
                "projection_size": told["embed_dim"],
                "bos_token_id": None,
                "eos_token_id": None,
            },
        )
    except KeyError as fault:
        raise bad_files(file, f"or the weights beside it lack {fault}, which a SigLIP of open_clip has") from fault


def count_layers(state: Mapping[str, Tensor], tower: str) -> int:
    """Layers of a tower, by transformers' names of its weights."""
    return sum(name.startswith(f"{tower}.encoder.layers.") and name.endswith(".mlp.fc1.bias") for name in state)
