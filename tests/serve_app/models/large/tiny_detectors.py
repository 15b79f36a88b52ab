"""Detectors of the real classes at a tiny size with random weights, saved as the hub saves them."""

from pathlib import Path

import torch
from transformers import (
    BertConfig,
    BertTokenizer,
    CLIPTokenizer,
    GroundingDinoConfig,
    GroundingDinoForObjectDetection,
    Owlv2Config,
    Owlv2ForObjectDetection,
    PreTrainedModel,
    YolosConfig,
    YolosForObjectDetection,
)
from transformers.models.grounding_dino.image_processing_pil_grounding_dino import GroundingDinoImageProcessorPil
from transformers.models.owlv2.image_processing_pil_owlv2 import Owlv2ImageProcessorPil
from transformers.models.yolos.image_processing_pil_yolos import YolosImageProcessorPil

SHORTEST_PX, LONGEST_PX = 96, 160
# Of the square that OWLv2 sees, and the most tokens of one of its phrases.
SIDE_PX, PHRASE_TOKENS = 64, 16
# BERT's own numbers of the tokens by which Grounding DINO parts a prompt into phrases.
TOKENS = {"[PAD]": 0, "[UNK]": 100, "[CLS]": 101, "[SEP]": 102, "-": 1011, ".": 1012, "?": 1029}
WORDS = ("shirt", "blouse", "top", "##wear", "bottom", "foot", "bag", "hand", "##bag", "dress", "jacket", "t", "skirt")


def write_tokenizer(folder: Path) -> int:
    """BERT's tokenizer with a dozen words; says how many tokens it has."""
    vocabulary = [f"[unused{index}]" for index in range(max(TOKENS.values()) + 1)]
    for token, index in TOKENS.items():
        vocabulary[index] = token
    vocabulary += WORDS
    BertTokenizer(vocab={token: index for index, token in enumerate(vocabulary)}).save_pretrained(folder)
    return len(vocabulary)


def write_grounding_dino(folder: Path) -> Path:
    """A Grounding DINO of 32 numbers a token and 20 boxes a frame, with a tokenizer of a dozen words."""
    folder.mkdir(parents=True, exist_ok=True)
    n_tokens = write_tokenizer(folder)
    GroundingDinoImageProcessorPil(size={"shortest_edge": SHORTEST_PX, "longest_edge": LONGEST_PX}).save_pretrained(
        folder
    )
    config = GroundingDinoConfig(
        backbone_config={
            "model_type": "swin",
            "embed_dim": 8,
            "depths": [1, 1, 1, 1],
            "num_heads": [1, 2, 2, 4],
            "window_size": 4,
            "out_indices": [2, 3, 4],
        },
        text_config=BertConfig(
            vocab_size=n_tokens,
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
        ),
        num_queries=20,
        d_model=32,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
    )
    torch.manual_seed(7)
    model = GroundingDinoForObjectDetection(config)
    shake(model, 0.1)
    # Products of 32 numbers after a normalisation would make every chance 0 or 1.
    torch.nn.init.constant_(model.model.decoder.layer_norm.weight, 0.1)
    model.save_pretrained(folder)
    return folder


def write_yolos(folder: Path, labels: tuple[str, ...]) -> Path:
    """A YOLOS of 32 numbers a token and 24 boxes a frame, with a head of these labels."""
    folder.mkdir(parents=True, exist_ok=True)
    YolosImageProcessorPil(size={"shortest_edge": SHORTEST_PX, "longest_edge": LONGEST_PX}).save_pretrained(folder)
    config = YolosConfig(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        image_size=[SHORTEST_PX, LONGEST_PX],
        num_detection_tokens=24,
        id2label=dict(enumerate(labels)),
        label2id={label: index for index, label in enumerate(labels)},
    )
    torch.manual_seed(7)
    model = YolosForObjectDetection(config)
    shake(model, 0.1)
    # What a box says shall depend on which one it is, and not on the head's own leanings.
    torch.nn.init.normal_(model.vit.embeddings.detection_tokens)
    heads = dict(model.class_labels_classifier.named_parameters())
    for name, weights in heads.items():
        torch.nn.init.normal_(weights, std=0.25) if name.endswith("weight") else torch.nn.init.zeros_(weights)
    with torch.no_grad():
        heads["layers.2.bias"][-1] = 1  # No object, the last class, is the likeliest of some boxes.
    model.save_pretrained(folder)
    return folder


def owlv2_tokenizer() -> CLIPTokenizer:
    """A word is its letters. The end mark has the highest number, by which the text tower finds it."""
    letters = [chr(code) for code in range(97, 123)]
    words = ["!", *letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    vocabulary = {word: number for number, word in enumerate(words)}
    return CLIPTokenizer(vocab=vocabulary, merges=[], pad_token="!", model_max_length=PHRASE_TOKENS)


def write_owlv2(folder: Path) -> Path:
    """An OWLv2 of 32 numbers a token and 16 boxes a frame, with a tokenizer of letters."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = owlv2_tokenizer()
    tokenizer.save_pretrained(folder)
    Owlv2ImageProcessorPil(size={"height": SIDE_PX, "width": SIDE_PX}).save_pretrained(folder)
    part = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    marks = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id, "pad_token_id": 0}
    words = {"vocab_size": len(tokenizer), "max_position_embeddings": PHRASE_TOKENS, **marks}
    config = Owlv2Config(
        text_config={**part, **words},
        vision_config={**part, "image_size": SIDE_PX, "patch_size": 16},
        projection_dim=32,
    )
    torch.manual_seed(7)
    model = Owlv2ForObjectDetection(config)
    shake(model, 0.1)
    with torch.no_grad():
        # Heads as large as the rest would make every chance and every share 0 or 1.
        for head in (model.box_head.dense2, model.class_head.logit_shift):
            head.weight.mul_(0.02)
            head.bias.mul_(0.02)
    model.save_pretrained(folder)
    return folder


def shake(model: PreTrainedModel, spread: float) -> None:
    """Makes weights other than those of a new model, whose boxes are the same for every picture."""
    with torch.no_grad():
        for weights in model.parameters():
            weights.add_(torch.randn(weights.shape) * spread)


def picture(height: int, width: int, seed: int = 0) -> torch.Tensor:
    """A frame (uint8 3×H×W) of noise in large and small."""
    dice = torch.Generator().manual_seed(seed)
    large = torch.rand(1, 3, 8, 8, generator=dice)
    small = torch.rand(1, 3, height, width, generator=dice)
    blurred = torch.nn.functional.interpolate(large, size=(height, width), mode="bilinear")
    return ((0.7 * blurred + 0.3 * small)[0] * 255).to(torch.uint8)


def clipped(boxes: torch.Tensor, frame: torch.Tensor) -> torch.Tensor:
    """Boxes (N×4, corners) cut at the edges of a frame."""
    height, width = frame.shape[-2:]
    return torch.minimum(boxes.clamp(min=0), torch.tensor([width, height, width, height]))
