"""Batches by shape and by pixels: a batch holds inputs of one shape, so that nothing is padded, and not too much."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import torch
from torch import Tensor

from serve_app.batches import run_split
from serve_app.errors import ModelServerError

Result = TypeVar("Result")


def runs_of_one_shape(inputs: Sequence[Tensor], max_values: int) -> Iterator[list[int]]:
    """Positions of inputs of one shape, as many at once as hold at most `max_values` numbers together, one at least."""
    by_shape: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
    for position, tensor in enumerate(inputs):
        by_shape[tuple(tensor.shape)].append(position)
    for shape, positions in by_shape.items():
        at_once = max(1, max_values // max(1, torch.Size(shape).numel()))
        for start in range(0, len(positions), at_once):
            yield positions[start : start + at_once]


def run_by_shape(run: Callable[[Tensor], Sequence[Result]], inputs: Sequence[Tensor], max_values: int) -> list[Result]:
    """A result for each input, in their order. run: takes a batch (B×…) and gives B results.

    A batch that runs out of memory is halved and tried again; raises `out_of_memory` for one input that alone does
    not fit.
    """
    results: dict[int, Result] = {}
    for positions in runs_of_one_shape(inputs, max_values):
        answers = run_split(lambda batch: list(run(torch.stack(list(batch)))), [inputs[one] for one in positions])
        for position, answer in zip(positions, answers, strict=True):
            if isinstance(answer, ModelServerError):
                raise answer
            results[position] = answer
    return [results[position] for position in range(len(inputs))]
