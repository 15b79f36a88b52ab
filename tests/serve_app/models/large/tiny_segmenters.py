"""Segmenters of the real classes at a tiny size with random weights, saved as the hub saves them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from transformers import (
    Mask2FormerConfig,
    Mask2FormerForUniversalSegmentation,
    PreTrainedModel,
    RfDetrConfig,
    RfDetrForInstanceSegmentation,
    Sam2Config,
    Sam2Model,
    Sam2VideoConfig,
    Sam2VideoModel,
    Sam2VisionConfig,
    SwinConfig,
)
from transformers.models.sam2.configuration_sam2 import Sam2HieraDetConfig

SIDE_PX = 128
LABELS = {0: "bicycle", 1: "person", 2: "car"}
CLASS_WEIGHTS = ("class_predictor.weight", "class_embed.weight")
CLASS_BIASES = {"model.class_embed.bias": 0.0, "class_predictor.bias": 2.5}
# As the published SAM 2.1 scale and normalise: Pillow's bilinear filter, ImageNet's mean.
PICTURE_SETTINGS = {
    "do_normalize": True,
    "do_rescale": True,
    "do_resize": True,
    "image_mean": [0.485, 0.456, 0.406],
    "image_std": [0.229, 0.224, 0.225],
    "resample": 2,
    "rescale_factor": 1 / 255,
}


def write_sam2(folder: Path) -> Path:
    """A SAM 2.1 of 128×128 pixels and 8 to 64 numbers a place."""
    return save(Sam2Model(Sam2Config(**sam2_parts())), folder, {"size": {"height": SIDE_PX, "width": SIDE_PX}})


def write_sam2_video(folder: Path) -> Path:
    """The same with the tracker of videos, as Meta publishes SAM 2.1."""
    config = Sam2VideoConfig(
        **sam2_parts(),
        image_size=SIDE_PX,
        memory_attention_hidden_size=32,
        memory_attention_num_layers=1,
        memory_attention_feed_forward_hidden_size=32,
        memory_attention_rope_feat_sizes=[SIDE_PX // 16, SIDE_PX // 16],
        memory_encoder_hidden_size=32,
        memory_encoder_output_channels=16,
        mask_downsampler_embed_dim=32,
        memory_fuser_num_layers=1,
        memory_fuser_embed_dim=32,
        memory_fuser_intermediate_dim=32,
    )
    return save(Sam2VideoModel(config), folder, {"size": {"height": SIDE_PX, "width": SIDE_PX}})


def sam2_parts() -> dict[str, Any]:
    """What both configurations of SAM 2.1 share."""
    hiera = Sam2HieraDetConfig(
        hidden_size=8,
        image_size=[SIDE_PX, SIDE_PX],
        blocks_per_stage=[1, 1, 2, 1],
        embed_dim_per_stage=[8, 16, 32, 64],
        num_attention_heads_per_stage=[1, 1, 2, 2],
        window_size_per_stage=[8, 4, 4, 2],
        global_attention_blocks=[3],
    )
    return {
        "vision_config": Sam2VisionConfig(
            backbone_config=hiera,
            backbone_channel_list=[64, 32, 16, 8],
            backbone_feature_sizes=[[SIDE_PX // stride] * 2 for stride in (4, 8, 16)],
            fpn_hidden_size=32,
        ),
        "prompt_encoder_config": {"hidden_size": 32, "image_size": SIDE_PX},
        "mask_decoder_config": {
            "hidden_size": 32,
            "mlp_dim": 32,
            "num_attention_heads": 2,
            "iou_head_hidden_dim": 32,
        },
    }


def write_mask2former(folder: Path, size: dict[str, int], labels: dict[int, str] | None = None) -> Path:
    """A Mask2Former of 24 guesses a frame; `size` as its preprocessor_config.json names it."""
    config = Mask2FormerConfig(
        backbone_config=SwinConfig(  # type: ignore[call-arg] # a backbone's configuration takes one argument more
            image_size=64,
            patch_size=4,
            embed_dim=8,
            depths=[1, 1, 1, 1],
            num_heads=[1, 1, 2, 2],
            window_size=4,
            out_indices=[1, 2, 3, 4],
        ),
        feature_size=32,
        mask_feature_size=32,
        hidden_dim=32,
        encoder_feedforward_dim=32,
        encoder_layers=1,
        decoder_layers=2,
        num_attention_heads=2,
        dim_feedforward=32,
        num_queries=24,
        id2label=labels or LABELS,
    )
    return save(Mask2FormerForUniversalSegmentation(config), folder, {"size": size, "size_divisor": 32})


def write_rf_detr(folder: Path) -> Path:
    """An RF-DETR Seg of 96×96 pixels and 24 guesses a frame."""
    config = RfDetrConfig(
        backbone_config={
            "model_type": "rf_detr_dinov2",
            "hidden_size": 16,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": 96,
            "patch_size": 12,
            "num_windows": 2,
            "out_features": ["stage1", "stage2"],
            "num_register_tokens": 0,
        },
        d_model=32,
        decoder_layers=1,
        decoder_ffn_dim=32,
        decoder_self_attention_heads=2,
        decoder_cross_attention_heads=2,
        decoder_n_points=2,
        num_queries=24,
        group_detr=2,
        intermediate_size=32,
        c2f_num_blocks=1,
        id2label=LABELS,
    )
    return save(RfDetrForInstanceSegmentation(config), folder, {"size": {"height": 96, "width": 96}})


def save(network: PreTrainedModel, folder: Path, picture_settings: dict[str, Any]) -> Path:
    """The folder with the network. Its weights are the same each time and far enough from nought that its answers
    differ from place to place; many of its guesses are people, and SAM's masks neither full nor empty.
    """
    spread = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name, weight in [*network.named_parameters(), *network.named_buffers()]:
            if name.endswith("positional_embedding"):
                weight.copy_(torch.randn(weight.shape, generator=spread))
            elif name.endswith(CLASS_WEIGHTS):
                weight.copy_(torch.randn(weight.shape, generator=spread) * 0.25)
            elif name in CLASS_BIASES:
                weight.copy_(torch.tensor([0.0, CLASS_BIASES[name], 0.0, 0.0])[: len(weight)])
            elif name.endswith(".bias"):
                weight.copy_(torch.randn(weight.shape, generator=spread) * 0.1)
            elif weight.ndim > 1 and weight.is_floating_point():
                weight.copy_(torch.randn(weight.shape, generator=spread) * (1.6 / weight[0].numel() ** 0.5))
            if "output_hypernetworks_mlps" in name and name.endswith("proj_out.weight"):
                weight.sub_(weight.mean(0))
    network.save_pretrained(folder)
    settings = json.dumps({**PICTURE_SETTINGS, **picture_settings})
    (folder / "preprocessor_config.json").write_text(settings, "utf-8")
    return folder


def soft_frame(size_hw: tuple[int, int], seed: int) -> torch.Tensor:
    """A frame (uint8 3×H×W) of soft blots with a little noise."""
    chance = torch.Generator().manual_seed(seed)
    blots = torch.rand(1, 3, 6, 6, generator=chance) * 255
    grown = torch.nn.functional.interpolate(blots, size_hw, mode="bicubic")[0]
    return (grown + torch.randn(3, *size_hw, generator=chance) * 12).clamp(0, 255).to(torch.uint8)


def pillow_input(frame: torch.Tensor, size_hw: tuple[int, int]) -> torch.Tensor:
    """What a network is given (1×3×h×w) by Pillow's bilinear filter and NumPy."""
    picture = Image.fromarray(frame.permute(1, 2, 0).numpy()).resize(size_hw[::-1], Image.Resampling.BILINEAR)
    mean, std = (np.array(PICTURE_SETTINGS[name], np.float32) for name in ("image_mean", "image_std"))
    return torch.from_numpy(((np.asarray(picture, np.float32) / 255 - mean) / std).transpose(2, 0, 1))[None]


def iou(one: torch.Tensor, other: torch.Tensor) -> float:
    """Intersection over union of two masks, 1 where both are empty."""
    return float(((one & other).sum() + 1e-9) / ((one | other).sum() + 1e-9))
