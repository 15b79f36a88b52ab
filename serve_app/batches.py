"""Batches whose inputs fail alone: a bad input keeps its error, and a batch too large for the memory is split."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from onnxruntime.capi.onnxruntime_pybind11_state import RuntimeException

from serve_app.errors import ModelServerError

Input = TypeVar("Input")
Result = TypeVar("Result")

# How ONNX Runtime, C++ and torch say it; torch's own class of error is a RuntimeError.
OUT_OF_MEMORY_WORDS = ("failed to allocate memory", "bad_alloc", "bad allocation", "out of memory")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of an inference means that the batch was too large."""
    return isinstance(error, MemoryError) or any(words in str(error).lower() for words in OUT_OF_MEMORY_WORDS)


def run_split(
    run: Callable[[Sequence[Input]], Sequence[Result]], inputs: Sequence[Input]
) -> list[Result | ModelServerError]:
    """As many results as inputs; halves a batch that runs out of memory, down to one, which then has its error."""
    if not inputs:
        return []
    try:
        results = run(inputs)
    except (MemoryError, RuntimeError, RuntimeException) as error:
        if not is_out_of_memory(error):
            raise
        if len(inputs) == 1:
            return [ModelServerError("out_of_memory", "one picture alone does not fit in memory; send it smaller")]
        middle = len(inputs) // 2
        return run_split(run, inputs[:middle]) + run_split(run, inputs[middle:])
    if len(results) != len(inputs):
        raise ModelServerError("internal", f"the model gave {len(results)} results for {len(inputs)} inputs")
    return list(results)


def run_good(
    run: Callable[[Sequence[Input]], Sequence[Result]], inputs: Sequence[Input | ModelServerError]
) -> list[Result | ModelServerError]:
    """`run_split` over the inputs that are no errors; an error among them stands for itself."""
    results = iter(run_split(run, [value for value in inputs if not isinstance(value, ModelServerError)]))
    return [value if isinstance(value, ModelServerError) else next(results) for value in inputs]
