"""OWLv2 (Minderer et al. 2023): finds what phrases name, each by the vector that a text tower makes of it alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor
from transformers import CLIPTokenizer, Owlv2ForObjectDetection, PreTrainedTokenizerBase

from serve_app.errors import ModelServerError
from serve_app.models.large.checked_files import bad_files, first_line
from serve_app.models.large.model_files import load_network
from serve_app.models.large.parts import Found
from serve_app.models.large.phrases import DEFAULT_PHRASES, clean_phrases
from serve_app.models.large.shapes import run_by_shape
from serve_app.models.large.squares import Square, read_square
from serve_app.models.large.table import OLDER_TEXT_FILES, TEXT_FILES
from serve_app.models.large.yolos import BATCH_PIXELS, SCORE, fetch, found_in

PHRASES_REMEMBERED: Final = 1024


@dataclass(frozen=True)
class Owlv2Rules:
    """What OWLv2 is asked, and what is kept of its answers.

    threshold: least chance of the phrase that fits a box best, which names it; the default is that of transformers'
    `post_process_grounded_object_detection`. Nothing is done about boxes that overlap: there and in the authors'
    evaluation only finds by an example picture are thinned out. max_batch_pixels: of its input, over all frames of one
    pass.
    """

    phrases: tuple[str, ...] = DEFAULT_PHRASES
    threshold: float = 0.1
    max_batch_pixels: int = BATCH_PIXELS


class Owlv2:
    """A loaded OWLv2 with its tokenizer and the phrases it has read."""

    def __init__(
        self,
        model: Owlv2ForObjectDetection,
        tokenizer: PreTrainedTokenizerBase,
        square: Square,
        dtype: torch.dtype,
        rules: Owlv2Rules,
    ) -> None:
        # Boxes and scores of 8 bits, as bfloat16 gives them, would be too coarse; so the heads stay in float32.
        tower = model.owlv2.vision_model
        for part in (tower.embeddings, tower.pre_layernorm, tower.encoder):
            part.to(dtype)
        self.model, self.tokenizer, self.square, self.dtype, self.rules = model, tokenizer, square, dtype, rules
        config: Any = model.config
        self.max_tokens = int(config.text_config.max_position_embeddings)
        self.read_once = lru_cache(maxsize=PHRASES_REMEMBERED)(self.read)

    @torch.inference_mode()
    def read(self, phrase: str) -> Tensor:
        """The vector (D float32) of a clean phrase; raises `bad_request` for more tokens than the model reads."""
        token_ids = self.tokenizer(phrase)["input_ids"]
        most = self.max_tokens
        if len(token_ids) > most:
            raise ModelServerError(
                "bad_request",
                f"the phrase {phrase!r} is {len(token_ids)} tokens long, over the model's limit of {most}; "
                "name the garment in fewer words",
            )
        tokens = torch.tensor([token_ids], device=self.model.device)
        vector: Tensor = self.model.owlv2.get_text_features(input_ids=tokens).pooler_output[0]
        return vector

    def detect(self, frames: Sequence[Tensor], prompt: Sequence[str] | None = None) -> list[list[Found]]:
        """What is found in each frame, the surest first; every label is a phrase of the prompt, in lower case.

        Raises `bad_request` for a prompt without phrases or with one of more tokens than the model reads.
        """
        phrases = clean_phrases(self.rules.phrases if prompt is None else prompt)
        asked = torch.stack([self.read_once(phrase) for phrase in phrases])
        inputs = self.prepare(frames)
        rows = run_by_shape(lambda batch: self.infer(batch, asked), inputs, 3 * self.rules.max_batch_pixels)
        return self.finish(rows, frames, phrases)

    def prepare(self, frames: Sequence[Tensor]) -> list[Tensor]:
        """The input (float32 3×side×side) of each frame, as the processor of transformers makes it."""
        return run_by_shape(lambda batch: list(self.square.apply(batch)), frames, 3 * self.rules.max_batch_pixels)

    @torch.inference_mode()
    def infer(self, batch: Tensor, asked: Tensor) -> list[Tensor]:
        """For each input its boxes (Q×6 float32): centre and size in shares of the square, score, number of the phrase.

        asked: a vector of each phrase (N×D). The steps are those of the model's own forward pass, without its text
        tower and without the chance that a box holds anything at all, which nobody asks for.
        """
        tower = self.model.owlv2.vision_model
        seen = tower.pre_layernorm(tower.embeddings(batch.to(self.dtype)))
        tokens = tower.post_layernorm(tower.encoder(inputs_embeds=seen).last_hidden_state.float())
        features = self.model.layer_norm(tokens[:, 1:] * tokens[:, :1])
        logits = self.model.class_predictor(features, asked[None])[0]
        best, phrases = logits.max(-1)
        boxes = self.model.box_predictor(features, features)
        return list(torch.cat([boxes, best.sigmoid()[..., None], phrases[..., None].float()], dim=-1))

    def finish(self, rows: Sequence[Tensor], frames: Sequence[Tensor], phrases: Sequence[str]) -> list[list[Found]]:
        """What is kept of the boxes of each frame; a box in the black beside a frame holds nothing."""
        found = []
        for its_rows, frame in zip(fetch(rows), frames, strict=True):
            kept = its_rows[its_rows[:, SCORE] > self.rules.threshold]
            height, width = frame.shape[-2:]
            sides = max(height, width) / torch.tensor([width, height, width, height])
            found.append(found_in(torch.cat([kept[:, :4] * sides, kept[:, SCORE:]], dim=1), frame, phrases))
        return found


def load_owlv2(folder: Path, device: torch.device, dtype: torch.dtype, rules: Owlv2Rules | None = None) -> Owlv2:
    """The OWLv2 of a folder; raises `bad_setting` for one that does not hold it whole and as safetensors, and for
    phrases that it cannot read.
    """
    network = load_network(folder, {"owlv2": Owlv2ForObjectDetection}, "OWLv2")
    model = network.to(device)  # type: ignore[arg-type]
    square = read_square(folder, model.config.vision_config.image_size, device)
    detector = Owlv2(model, read_tokenizer(folder), square, dtype, rules or Owlv2Rules())
    try:
        for phrase in clean_phrases(detector.rules.phrases):
            detector.read_once(phrase)
    except ModelServerError as error:
        raise ModelServerError("bad_setting", error.message) from error
    return detector


def read_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """CLIP's tokenizer of a folder, in either form of the hub; raises `bad_setting` where it is missing or damaged."""
    newer, older = TEXT_FILES[:1], OLDER_TEXT_FILES[:2]
    if not any(all((folder / name).is_file() for name in form) for form in (newer, older)):
        raise bad_files(folder, f"has neither {newer[0]} nor {' and '.join(older)}")
    try:
        tokenizer: PreTrainedTokenizerBase = CLIPTokenizer.from_pretrained(folder, local_files_only=True)
    except Exception as fault:
        raise bad_files(folder, f"has a tokenizer that cannot be read ({first_line(fault)})") from fault
    return tokenizer
