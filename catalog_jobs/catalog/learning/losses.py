"""Contrastive losses in which a text may be true of several pictures, and a picture have several true texts.

Both take cosines of texts (rows) and pictures (columns) of a batch, and which of them belong together.
"""

from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

NEVER: Final = float("-inf")


def spread_loss(cosines: Tensor, belongs: Tensor, counts: Tensor, scale: Tensor | float) -> Tensor:
    """Symmetric cross-entropy (Radford 2021) whose targets are spread evenly over all that belong together.

    It is the divergence from those targets, which is 0 at best whatever the batch: for a batch of one caption, where
    all cosines are equal. counts: what is not known (False) is left out on both sides. What has no counterpart in the
    batch says nothing.
    """
    logits = (cosines * scale).masked_fill(~counts, NEVER)
    return (_one_way(logits, belongs) + _one_way(logits.T, belongs.T)) / 2


def pairs_loss(cosines: Tensor, belongs: Tensor, counts: Tensor, scale: Tensor | float, bias: Tensor | float) -> Tensor:
    """Binary cross-entropy of each pair (SigLIP, Zhai 2023), +1 for all that belong together, summed over pictures.

    counts: as in `spread_loss`.
    """
    logits = cosines * scale + bias
    signs = belongs.to(logits.dtype) * 2 - 1
    return -(functional.logsigmoid(signs * logits) * counts).sum() / len(cosines)


def _one_way(logits: Tensor, belongs: Tensor) -> Tensor:
    targets = belongs.to(logits.dtype)
    totals = targets.sum(1)
    has_any = totals > 0
    targets = targets[has_any] / totals[has_any, None]
    logs = torch.log_softmax(logits[has_any], 1).masked_fill(~belongs[has_any], 0)
    own = torch.where(targets > 0, targets.clamp(min=1e-12).log(), 0)
    return (targets * (own - logs)).sum() / max(len(targets), 1)
