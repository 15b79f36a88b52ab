"""The words an open-vocabulary detector is asked for, and the one of them that names each of its boxes.

Such a detector reads its phrases as one text and says of each box how well every token of the text fits. Labels put
together from the tokens that fit are of no use: they merge phrases ("shirt blouse"), keep pieces of words ("##wear")
or are empty (IDEA-Research/GroundingDINO issues 63, 85, 354, 421). Here a box is named by one whole phrase.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from serve_app.errors import ModelServerError

# A plain word for each garment type of the taxonomy, and no two for one: rival phrases share a garment's boxes.
DEFAULT_PHRASES: Final = (
    "shirt",
    "jacket",
    "dress",
    "skirt",
    "pants",
    "shorts",
    "stockings",
    "shoes",
    "bag",
    "hat",
    "glasses",
    "scarf",
    "belt",
    "jewelry",
)
# What ends a phrase in Grounding DINO's text, so that no phrase can hold it.
PHRASE_END: Final = re.compile(r"[.?]")


@dataclass(frozen=True, eq=False)
class Prompt:
    """Phrases as a model reads them. token_ids: 1×L. phrase_of_token: L, the position of the phrase that a token is
    part of, or the number of phrases for tokens of none: the first, the last, and the periods.
    """

    phrases: tuple[str, ...]
    token_ids: Tensor
    phrase_of_token: Tensor


def clean_phrases(prompt: Sequence[str]) -> tuple[str, ...]:
    """The phrases of a prompt as the model was trained on them, each once and in their order; `bad_request` if none.

    >>> clean_phrases(["T-Shirt", " leather  bag.", "hat. belt."])
    ('t-shirt', 'leather bag', 'hat', 'belt')
    """
    pieces = (" ".join(piece.split()) for words in prompt for piece in PHRASE_END.split(words.lower()))
    phrases = tuple(dict.fromkeys(piece for piece in pieces if piece))
    if not phrases:
        raise ModelServerError("bad_request", f"the prompt {list(prompt)} has no phrase in it; name a garment at least")
    return phrases


def read_prompt(
    phrases: tuple[str, ...], tokenizer: PreTrainedTokenizerBase, max_tokens: int, device: torch.device
) -> Prompt:
    """Clean phrases as tokens; raises `bad_request` for more than `max_tokens` and for a phrase of no token."""
    text = "".join(f"{phrase}. " for phrase in phrases).rstrip()
    tokens = tokenizer(text, return_offsets_mapping=True)
    token_ids, spans = tokens["input_ids"], tokens["offset_mapping"]
    if len(token_ids) > max_tokens:
        raise ModelServerError(
            "bad_request",
            f"the prompt of {len(phrases)} phrases is {len(token_ids)} tokens long, over the model's limit of "
            f"{max_tokens}; ask for fewer phrases, or send them in several requests",
        )
    phrase_of_character = [position for position, phrase in enumerate(phrases) for _ in range(len(phrase) + len(". "))]
    none = len(phrases)
    phrase_of_token = [
        none if start == end or text[start] == "." else phrase_of_character[start] for start, end in spans
    ]
    for position, phrase in enumerate(phrases):
        if position not in phrase_of_token:
            raise ModelServerError(
                "bad_request", f"the phrase {phrase!r} holds nothing that the model reads; use letters or digits"
            )
    return Prompt(phrases, torch.tensor([token_ids], device=device), torch.tensor(phrase_of_token, device=device))


def best_phrases(token_logits: Tensor, prompt: Prompt) -> tuple[Tensor, Tensor]:
    """The logit and the position of the phrase that fits each box best, from what each token (…×L) says of it.

    A phrase fits as well as its best token. The score of a box is its best token's too, so that the label is the
    phrase which that score speaks of; and a phrase loses nothing by pieces that say little ("t", "-"), as it would
    by the mean that the authors' evaluation on COCO takes.
    """
    n_phrases = len(prompt.phrases)
    lowest = token_logits.new_full((*token_logits.shape[:-1], n_phrases + 1), -torch.inf)
    positions = prompt.phrase_of_token.expand_as(token_logits)
    best, which = lowest.scatter_reduce(-1, positions, token_logits, "amax")[..., :n_phrases].max(-1)
    return best, which
