"""Grounding DINO (Liu et al. 2023): finds what a prompt names."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor
from transformers import AutoTokenizer, GroundingDinoForObjectDetection, PreTrainedTokenizerBase

from serve_app.contract import Box
from serve_app.errors import ModelServerError
from serve_app.models.large.checked_files import read_object
from serve_app.models.large.model_files import load_network
from serve_app.models.large.parts import Found
from serve_app.models.large.phrases import DEFAULT_PHRASES, Prompt, best_phrases, clean_phrases, read_prompt
from serve_app.models.large.shapes import run_by_shape
from serve_app.models.large.yolos import (
    BATCH_PIXELS,
    SCORE,
    Scaling,
    fetch,
    found_in,
    read_scaling,
)

FIT = 6


@dataclass(frozen=True)
class GroundingDinoRules:
    """What Grounding DINO is asked, and what is kept of its answers.

    box_threshold: least chance of the best token of a box, whichever it is. text_threshold: least chance of the best
    token of the phrase that names the box; 0 keeps boxes that no phrase fits, under the one that fits best. Both are
    the defaults of the seeds. max_iou: of two boxes of one phrase that overlap by more, the surer one stays; our
    choice, since the model answers one garment by several boxes at times. max_batch_pixels: of its input, over all
    frames of one pass.
    """

    phrases: tuple[str, ...] = DEFAULT_PHRASES
    box_threshold: float = 0.4
    text_threshold: float = 0.3
    max_iou: float = 0.7
    max_batch_pixels: int = BATCH_PIXELS


class GroundingDino:
    """A loaded Grounding DINO with its tokenizer and the prompts it has read."""

    def __init__(
        self,
        model: GroundingDinoForObjectDetection,
        tokenizer: PreTrainedTokenizerBase,
        scaling: Scaling,
        dtype: torch.dtype,
        rules: GroundingDinoRules,
    ) -> None:
        self.model, self.tokenizer, self.scaling, self.dtype, self.rules = model, tokenizer, scaling, dtype, rules
        self.read_once = lru_cache(maxsize=64)(self.read)

    def read(self, phrases: tuple[str, ...]) -> Prompt:
        """Clean phrases as the model reads them; raises `bad_request` for too many."""
        return read_prompt(phrases, self.tokenizer, self.model.config.max_text_len, self.model.device)

    def detect(self, frames: Sequence[Tensor], prompt: Sequence[str] | None = None) -> list[list[Found]]:
        """What is found in each frame, the surest first; every label is a phrase of the prompt, in lower case.

        Raises `bad_request` for a prompt without phrases or of more tokens than the model takes.
        """
        asked = self.read_once(clean_phrases(self.rules.phrases if prompt is None else prompt))
        inputs = self.prepare(frames)
        rows = run_by_shape(lambda batch: self.infer(batch, asked), inputs, 3 * self.rules.max_batch_pixels)
        return self.finish(rows, frames, asked)

    def prepare(self, frames: Sequence[Tensor]) -> list[Tensor]:
        """The input (float32 3×h×w) of each frame, as the processor of transformers makes it."""
        return run_by_shape(lambda batch: list(self.scaling.apply(batch)), frames, 3 * self.rules.max_batch_pixels)

    @torch.inference_mode()
    def infer(self, batch: Tensor, prompt: Prompt) -> list[Tensor]:
        """For each input its boxes (Q×7 float32): centre and size in shares, score, phrase, the phrase's own chance.

        In a shorter type the weights stay float32 and only the products are shortened, since 8 bits are too few for
        the places in a frame that the model hands from layer to layer.
        """
        token_ids = prompt.token_ids.expand(len(batch), -1)
        with torch.autocast(batch.device.type, self.dtype, enabled=self.dtype != torch.float32):
            answer = self.model(pixel_values=batch, input_ids=token_ids)
        return list(rows_of(answer.logits.float(), answer.pred_boxes.float(), prompt))

    def finish(self, rows: Sequence[Tensor], frames: Sequence[Tensor], prompt: Prompt) -> list[list[Found]]:
        """What is kept of the boxes of each frame."""
        found = []
        for its_rows, frame in zip(fetch(rows), frames, strict=True):
            is_kept = (its_rows[:, SCORE] > self.rules.box_threshold) & (its_rows[:, FIT] > self.rules.text_threshold)
            found.append(without_doubles(found_in(its_rows[is_kept], frame, prompt.phrases), self.rules.max_iou))
        return found


def load_grounding_dino(
    folder: Path, device: torch.device, dtype: torch.dtype, rules: GroundingDinoRules | None = None
) -> GroundingDino:
    """The Grounding DINO of a folder; raises `bad_setting` for one that does not hold it whole and as safetensors, and
    for phrases that it cannot read.
    """
    network = load_network(folder, {"grounding-dino": GroundingDinoForObjectDetection}, "Grounding DINO")
    model = network.to(device)  # type: ignore[arg-type]
    # Without its file transformers makes up a tokenizer that knows no word.
    read_object(folder / "tokenizer.json")
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    detector = GroundingDino(model, tokenizer, read_scaling(folder, device), dtype, rules or GroundingDinoRules())
    try:
        detector.read_once(clean_phrases(detector.rules.phrases))
    except ModelServerError as error:
        raise ModelServerError("bad_setting", error.message) from error
    return detector


def rows_of(token_logits: Tensor, boxes: Tensor, prompt: Prompt) -> Tensor:
    """Boxes (…×Q×4) with their score, which is their best token's chance, their phrase and its chance (…×Q×7).

    token_logits: …×Q×L or longer, filled up with what stands for no token.
    """
    logits = token_logits[..., : prompt.token_ids.shape[1]]
    fit, phrase = best_phrases(logits, prompt)
    columns = torch.stack([logits.amax(-1).sigmoid(), phrase.float(), fit.sigmoid()], dim=-1)
    return torch.cat([boxes, columns], dim=-1)


def without_doubles(found: Sequence[Found], max_iou: float) -> list[Found]:
    """Of finds of one label whose boxes overlap by more than `max_iou`, the first, which is the surest."""
    kept: list[Found] = []
    for one in found:
        if all(one.label != other.label or iou(one.box_xyxy, other.box_xyxy) <= max_iou for other in kept):
            kept.append(one)
    return kept


def iou(one: Box, other: Box) -> float:
    """What two boxes share, of what they cover together."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(0.0, width) * max(0.0, height)
    both = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)) - shared
    return shared / both if both > 0 else 0.0
