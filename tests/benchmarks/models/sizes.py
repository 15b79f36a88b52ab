"""The sizes at which the models are measured: the published one, and one for two cores."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True)
class Size:
    """What the models are like, and what they are given.

    detector, segmenter, embedder: what transformers' GroundingDinoConfig, Sam2Config and CLIPConfig are made of.
    detector_px: the shortest and the longest side of the detector's input; segmenter_px, embedder_px: the sides of the
    others' squares. mask_brightness: some four to ten times the spread of random masks' logits at this size.
    keyframe_flop: of one keyframe through all three with four boxes, None where nobody counted them.
    """

    name: str
    detector: Mapping[str, Any]
    segmenter: Mapping[str, Any]
    embedder: Mapping[str, Any]
    detector_px: tuple[int, int]
    segmenter_px: int
    embedder_px: int
    frame_wh: tuple[int, int]
    frames_a_request: int
    frames_a_batch: int
    mask_brightness: float
    keyframe_flop: float | None = None


# What is left out is transformers' default, which is the published model's: Grounding DINO tiny (IDEA-Research) with
# the Swin-T and the BERT base of their papers, and CLIP ViT-B/32 (OpenAI). SAM 2.1's defaults are those of its tiny;
# base-plus is Meta's sam2.1_hiera_b+.yaml, with the channels that follow from it.
# The FLOP are those of torch's registry: 768.1 G for the detector at 1333×750, 662.5 G for the segmenter with four
# boxes, 8.82 G for each of four crops. A batch is what the server puts into one by pixels.
FULL: Final = Size(
    name="full",
    detector={"backbone_config": {"model_type": "swin", "window_size": 7, "out_indices": [2, 3, 4]}},
    segmenter={
        "vision_config": {
            "backbone_config": {
                "model_type": "sam2_hiera_det_model",
                "hidden_size": 112,
                "num_attention_heads": 2,
                "blocks_per_stage": [2, 3, 16, 3],
                "embed_dim_per_stage": [112, 224, 448, 896],
                "num_attention_heads_per_stage": [2, 4, 8, 16],
                "global_attention_blocks": [12, 16, 20],
                "window_positional_embedding_background_size": [14, 14],
            },
            "backbone_channel_list": [896, 448, 224, 112],
        }
    },
    embedder={},
    detector_px=(800, 1333),
    segmenter_px=1024,
    embedder_px=224,
    frame_wh=(720, 1280),
    frames_a_request=8,
    frames_a_batch=8,
    mask_brightness=1.5e-2,
    keyframe_flop=1466e9,
)
# The same classes with every kind of layer, at a hundredth of the pixels and of the weights.
REDUCED: Final = Size(
    name="reduced",
    detector={
        "backbone_config": {
            "model_type": "swin",
            "embed_dim": 24,
            "depths": [1, 1, 2, 1],
            "num_heads": [1, 2, 4, 8],
            "window_size": 7,
            "out_indices": [2, 3, 4],
        },
        "text_config": {
            "model_type": "bert",
            "hidden_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "intermediate_size": 128,
        },
        "num_queries": 60,
        "d_model": 64,
        "encoder_layers": 2,
        "decoder_layers": 2,
        "encoder_attention_heads": 4,
        "decoder_attention_heads": 4,
        "encoder_ffn_dim": 128,
        "decoder_ffn_dim": 128,
    },
    segmenter={
        "vision_config": {
            "backbone_config": {
                "model_type": "sam2_hiera_det_model",
                "hidden_size": 16,
                "image_size": [128, 128],
                "blocks_per_stage": [1, 1, 2, 1],
                "embed_dim_per_stage": [16, 32, 64, 128],
                "num_attention_heads_per_stage": [1, 1, 2, 4],
                "window_size_per_stage": [8, 4, 4, 2],
                "global_attention_blocks": [3],
                "window_positional_embedding_background_size": [4, 4],
            },
            "backbone_channel_list": [128, 64, 32, 16],
            "backbone_feature_sizes": [[32, 32], [16, 16], [8, 8]],
            "fpn_hidden_size": 64,
        },
        "prompt_encoder_config": {"hidden_size": 64, "image_size": 128},
        "mask_decoder_config": {
            "hidden_size": 64,
            "mlp_dim": 128,
            "num_attention_heads": 4,
            "iou_head_hidden_dim": 64,
        },
    },
    embedder={
        "text_config": {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2},
        "vision_config": {
            "hidden_size": 96,
            "intermediate_size": 384,
            "num_hidden_layers": 4,
            "num_attention_heads": 4,
            "image_size": 96,
            "patch_size": 16,
        },
        "projection_dim": 64,
    },
    detector_px=(90, 160),
    segmenter_px=128,
    embedder_px=96,
    frame_wh=(180, 320),
    frames_a_request=2,
    frames_a_batch=8,
    mask_brightness=2e-4,
)
SIZES: Final = {size.name: size for size in (FULL, REDUCED)}
