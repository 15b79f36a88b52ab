"""How texts become a CLIP's or SigLIP's tokens, as its folder's files say."""

import html
import string
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import torch
from tokenizers import Tokenizer
from torch import Tensor

from serve_app.models.large.checked_files import bad_files, first_line, read_object
from serve_app.models.large.looks import Family

Cleaning = Literal["none", "siglip", "open_clip"]

TOKENIZER, TOKENIZER_CONFIG = "tokenizer.json", "tokenizer_config.json"
# CLIP reads a text up to its end mark and no further, so that its texts need only few lengths; SigLIP reads all.
CLIP_TOKENS_STEP: Final = 16
CURLY_QUOTES: Final = "‘’‚‛“”„‟"


@dataclass(frozen=True)
class WordRules:
    """How a text becomes tokens. step: their number is filled up to a multiple of it with the pad token; those over
    max_tokens are cut, the end mark kept.
    """

    max_tokens: int
    step: int
    pad_id: int
    cleaning: Cleaning


class Words:
    """A tokenizer and its rules."""

    def __init__(self, tokenizer: Tokenizer, rules: WordRules) -> None:
        self.tokenizer, self.rules = tokenizer, rules
        tokenizer.enable_truncation(rules.max_tokens)
        tokenizer.no_padding()

    def encode(self, texts: Sequence[str]) -> list[Tensor]:
        """Tokens (int64, at most max_tokens) of each text."""
        return [self.fill(entry.ids) for entry in self.tokenizer.encode_batch([self.clean(text) for text in texts])]

    def fill(self, ids: list[int]) -> Tensor:
        """Tokens of one text, filled up."""
        count = min(self.rules.max_tokens, -(-len(ids) // self.rules.step) * self.rules.step)
        return torch.tensor(ids + [self.rules.pad_id] * (count - len(ids)))

    def clean(self, text: str) -> str:
        """A text as the model was taught to read it.

        SigLIP knows no punctuation and no capitals (big_vision's canonicalize_text). open_clip first undoes what
        web pages do to a text; of its mending of broken encodings only the quotation marks are done here.
        """
        if self.rules.cleaning == "none":
            return text
        if self.rules.cleaning == "open_clip":
            unescaped = unicodedata.normalize("NFC", html.unescape(html.unescape(text)))
            text = unescaped.translate(str.maketrans("", "", CURLY_QUOTES)).replace("_", " ")
        return " ".join(text.translate(str.maketrans("", "", string.punctuation)).lower().split())


def read_words(folder: Path, family: Family, max_positions: int, cleaning: Cleaning) -> Words:
    """The folder's tokenizer.json with the rules of tokenizer_config.json beside it."""
    file, told = folder / TOKENIZER, read_object(folder / TOKENIZER_CONFIG)
    if told.get("tokenizer_class", "").startswith("SiglipTokenizer"):
        cleaning = "siglip"
    tokenizer = open_tokenizer(file)
    pad_id, eos_id = (token_id(tokenizer, told, name, folder) for name in ("pad_token", "eos_token"))
    max_tokens = min(int(told.get("model_max_length", max_positions)), max_positions)
    step = CLIP_TOKENS_STEP if family == "clip" else max_tokens
    words = Words(tokenizer, WordRules(max_tokens, step, pad_id, cleaning))
    if tokenizer.encode("a").ids[-1:] != [eos_id]:
        raise bad_files(file, f"ends no text with {token_name(told['eos_token'])!r}, the eos_token")
    return words


def open_tokenizer(file: Path) -> Tokenizer:
    """A tokenizer.json; raises `bad_setting` where it is missing or damaged."""
    if not file.is_file():
        raise bad_files(file, "is missing")
    try:
        return Tokenizer.from_file(str(file))
    except Exception as fault:
        raise bad_files(file, f"cannot be read ({first_line(fault)})") from fault


def token_id(tokenizer: Tokenizer, told: Mapping[str, Any], name: str, folder: Path) -> int:
    """The number of one of the special tokens that tokenizer_config.json names; raises `bad_setting` if unknown."""
    number = tokenizer.token_to_id(token_name(told.get(name)))
    if number is None:
        raise bad_files(folder / TOKENIZER_CONFIG, f"has the {name} {told.get(name)!r}, unknown to {TOKENIZER}")
    return int(number)


def token_name(told: object) -> str:
    """A special token as tokenizer_config.json writes it: its text, or an object around it."""
    return str(told.get("content")) if isinstance(told, dict) else str(told)
