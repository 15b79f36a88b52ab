"""Batches whose inputs fail alone."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serve_app.batches import run_good, run_split
from serve_app.errors import ModelServerError


class Machine:
    """Squares numbers, and runs out of memory over a number of them or at one that is too large."""

    def __init__(self, room: int, largest: int = 10**9) -> None:
        self.room, self.largest = room, largest
        self.sizes: list[int] = []

    def square(self, numbers: Sequence[int]) -> list[int]:
        self.sizes.append(len(numbers))
        if len(numbers) > self.room or max(numbers) > self.largest:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return [number * number for number in numbers]


def test_a_batch_that_fits_runs_once() -> None:
    machine = Machine(room=8)
    assert run_split(machine.square, [1, 2, 3]) == [1, 4, 9]
    assert machine.sizes == [3]


@given(st.lists(st.integers(0, 100), max_size=40), st.integers(1, 9))
def test_a_batch_out_of_memory_is_split_and_keeps_its_order(numbers: list[int], room: int) -> None:
    assert run_split(Machine(room).square, numbers) == [number * number for number in numbers]


def test_one_input_that_never_fits_fails_alone() -> None:
    results = run_split(Machine(room=8, largest=50).square, [1, 2, 60, 3])
    assert [r if isinstance(r, int) else r.code for r in results] == [1, 4, "out_of_memory", 9]


def test_another_error_is_not_taken_for_want_of_memory() -> None:
    def broken(_: Sequence[int]) -> list[int]:
        raise RuntimeError("invalid shape")

    with pytest.raises(RuntimeError, match="invalid shape"):
        run_split(broken, [1, 2])


def test_a_model_that_loses_a_result_is_found_out() -> None:
    with pytest.raises(ModelServerError, match="1 results for 2 inputs"):
        run_split(lambda numbers: numbers[:1], [1, 2])


def test_an_error_among_the_inputs_stands_for_itself() -> None:
    bad = ModelServerError("bad_image", "no picture")
    inputs: list[int | ModelServerError] = [2, bad, 3]
    assert run_good(Machine(room=8).square, inputs) == [4, bad, 9]
