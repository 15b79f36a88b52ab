"""Grounding DINO, SAM 2.1 and CLIP of transformers' real classes with random weights: they measure speed, and see
nothing. Their folders look as the published ones do, so that settings can name them.

Random weights answer with all boxes at once, and with masks of speckles. Here a few weights are set by hand, so that
every frame has four boxes, a quarter of it each, and masks with the outlines of things. No layer is left out, and none
is cheaper for it.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from transformers import (
    BertTokenizer,
    CLIPConfig,
    CLIPModel,
    CLIPTokenizer,
    GroundingDinoConfig,
    GroundingDinoForObjectDetection,
    Sam2Config,
    Sam2Model,
)
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.grounding_dino.image_processing_pil_grounding_dino import GroundingDinoImageProcessorPil
from transformers.utils.logging import disable_progress_bar

from serve_app.models.large.phrases import DEFAULT_PHRASES
from tests.benchmarks.models.sizes import Size
from tests.serve_app.models.large.tiny_segmenters import PICTURE_SETTINGS

# Which way the centre of each of the four boxes is pushed. A box of the frame's own size whose centre is in a corner of
# it shows a quarter.
CORNERS: Final = ((-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0))
BOXES_A_FRAME: Final = len(CORNERS)
# A push by so much ends at one end of a sigmoid, wherever it began.
PUSH: Final = 100.0
# What is added to the logit of every box, and how much of a mark makes up for it.
UNSURE, SURE = -6.0, 6.0
# Part of a decoder's output that is not marks; their products with the words are noise in the logits.
NOISE_SHARE: Final = 0.02
# BERT's numbers of the tokens by which Grounding DINO parts a prompt into phrases.
BERT_TOKENS: Final = {"[PAD]": 0, "[UNK]": 100, "[CLS]": 101, "[SEP]": 102, ".": 1012, "?": 1029}
LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
CLIP_MARKS: Final = {"<|startoftext|>": 49406, "<|endoftext|>": 49407}


@dataclass(frozen=True)
class Folders:
    """Where the three models lie."""

    detector: Path
    segmenter: Path
    embedder: Path


def write_models(size: Size, folder: Path, seed: int = 0) -> Folders:
    """All three in folders of their own; the same weights for the same seed."""
    folders = Folders(*(folder / name for name in ("detector", "segmenter", "embedder")))
    disable_progress_bar()  # type: ignore[no-untyped-call]
    torch.manual_seed(seed)
    write_detector(size, folders.detector)
    write_segmenter(size, folders.segmenter)
    write_embedder(size, folders.embedder)
    return folders


def write_detector(size: Size, folder: Path) -> None:
    """A Grounding DINO that sees `BOXES_A_FRAME` boxes, and a tokenizer that knows the phrases of the settings."""
    model = GroundingDinoForObjectDetection(GroundingDinoConfig(**size.detector))
    with torch.no_grad():
        see_quarters(model)
    model.save_pretrained(folder)
    words = [f"[unused{number}]" for number in range(max(BERT_TOKENS.values()) + 1)]
    for word, number in BERT_TOKENS.items():
        words[number] = word
    words += DEFAULT_PHRASES
    BertTokenizer(vocab={word: number for number, word in enumerate(words)}).save_pretrained(folder)
    shortest_px, longest_px = size.detector_px
    edges = {"shortest_edge": shortest_px, "longest_edge": longest_px}
    GroundingDinoImageProcessorPil(size=edges).save_pretrained(folder)


def see_quarters(network: GroundingDinoForObjectDetection) -> None:
    """Have four of the queries be sure of a quarter of the frame each, and all others of nothing.

    Each of the four has a mark of its own, a number of its embedding that no layer of the decoder writes to. The head
    of boxes pushes a marked one into its corner, and the words agree with marks alone.
    """
    # Of its parts transformers does not say the types.
    model: Any = network.model
    heads: Any = network.bbox_embed
    marks = list(range(BOXES_A_FRAME))
    no_mark, constant = BOXES_A_FRAME, BOXES_A_FRAME + 1
    unwritten = [*marks, no_mark]
    queries = model.query_position_embeddings.weight
    torch.nn.init.normal_(queries)
    queries[:, unwritten] = 0.0
    places = torch.arange(BOXES_A_FRAME) * (len(queries) // BOXES_A_FRAME)
    queries[places, marks] = PUSH
    for layer in model.decoder.layers:
        attentions = (layer.self_attn.out_proj, layer.encoder_attn_text.out_proj, layer.encoder_attn.output_proj)
        mute((*attentions, layer.fc2), unwritten)
    read = model.decoder.layer_norm
    read.weight.fill_(NOISE_SHARE)
    read.weight[unwritten] = 1.0
    read.weight[constant] = 0.0
    read.bias.zero_()
    read.bias[constant] = 1.0
    words = model.encoder.layers[-1].text_enhancer_layer.layer_norm_after
    words.weight[[*unwritten, constant]] = 0.0
    words.bias[marks] = SURE
    words.bias[no_mark] = -SURE * BOXES_A_FRAME
    words.bias[constant] = UNSURE
    first, second, last = heads[0].layers
    mute((first, second, last), slice(None))
    first.weight[marks, marks] = 1.0
    first.bias[marks] = -1.0
    second.weight[marks, marks] = 1.0
    for mark, corner in zip(marks, CORNERS, strict=True):
        last.weight[:, mark] = PUSH * torch.tensor([*corner, 1.0, 1.0])


def mute(layers: Iterable[Any], numbers: list[int] | slice) -> None:
    """Have linear layers or convolutions say 0 for some numbers of their output."""
    for layer in layers:
        layer.weight[numbers] = 0.0
        layer.bias[numbers] = 0.0


def write_segmenter(size: Size, folder: Path) -> None:
    """A SAM 2.1."""
    model = Sam2Model(Sam2Config(**size.segmenter))
    with torch.no_grad():
        mask_what_is_bright(model, size.mask_brightness)
    model.save_pretrained(folder)
    square = {"size": {"height": size.segmenter_px, "width": size.segmenter_px}}
    (folder / "preprocessor_config.json").write_text(json.dumps(PICTURE_SETTINGS | square), "utf-8")


def mask_what_is_bright(model: Sam2Model, share: float) -> None:
    """Have every mask cover the bright part of a frame, with an edge that differs from box to box.

    One number of the finest features is the brightness, 2 for white and -2 for black, which the first stage of the
    encoder leaves alone; the decoder adds a share of it to the random logits. Its upscaling gives neighbours the same,
    which would be a chequerboard otherwise.
    """
    encoder: Any = model.vision_encoder
    decoder: Any = model.mask_decoder
    backbone, finest = encoder.backbone, encoder.neck.convs[-1]
    patches = backbone.patch_embed.projection
    mute([patches], [0])
    patches.weight[0] = 1 / patches.weight[0].numel()
    for block in backbone.blocks[: backbone.stage_ends[0] + 1]:
        mute((block.attn.proj, block.mlp.proj_out), [0])
    for convolution in (decoder.upscale_conv1, decoder.upscale_conv2):
        convolution.weight.copy_(convolution.weight.mean((2, 3), keepdim=True).expand_as(convolution.weight))
    # A GELU takes x and -x to two numbers whose difference is x.
    pair, signs = [0, 1], torch.tensor([1.0, -1.0])
    decoder.upscale_conv2.weight[:, pair] = 0.0
    decoder.upscale_conv2.bias[pair] = 0.0
    mute((finest, decoder.conv_s0), pair)
    finest.weight[0, 0] = 1.0
    decoder.conv_s0.weight[pair, 0] = signs[:, None, None]
    for head in decoder.output_hypernetworks_mlps:
        mute([head.proj_out], pair)
        head.proj_out.bias[pair] = share * signs


def write_embedder(size: Size, folder: Path) -> None:
    """A CLIP, and a tokenizer that spells."""
    CLIPModel(CLIPConfig(**size.embedder)).save_pretrained(folder)
    vocabulary = {word: number for number, word in enumerate([*LETTERS, *(f"{letter}</w>" for letter in LETTERS)])}
    CLIPTokenizer(vocab=vocabulary | CLIP_MARKS, merges=[]).save_pretrained(folder)
    side_px = size.embedder_px
    CLIPImageProcessorPil(
        size={"shortest_edge": side_px}, crop_size={"height": side_px, "width": side_px}
    ).save_pretrained(folder)
