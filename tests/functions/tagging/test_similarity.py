"""What cosines count for, by the cut-offs of the types they are between."""

from dataclasses import replace

import numpy as np
import pytest

from functions.tagging.looks import Look
from functions.tagging.similarity import vector_similarities
from serve_app.contract import Cutoffs
from tests.functions.tagging.test_attributes import ONE


def looks(*angles: tuple[str, float | None]) -> list[Look]:
    """Looks of types whose vectors have such cosines with the first one's."""
    vectors = [None if c is None else np.array([c, np.sqrt(1 - c**2)], np.float32) for _, c in angles]
    return [replace(ONE, type=kind, vector=vector) for (kind, _), vector in zip(angles, vectors, strict=True)]


def fitted(unrelated: float, same: float) -> Cutoffs:
    return Cutoffs(exact=1, similar=1, same=same, unrelated=unrelated)


def test_a_cosine_counts_from_unrelated_to_same() -> None:
    pairs = vector_similarities(
        looks(("top", 1.0), ("top", 0.3), ("top", 0.5), ("top", 0.9)), {"default": fitted(0.4, 0.8)}
    )
    np.testing.assert_allclose(pairs[0], [1, 0, 0.25, 1], atol=1e-6)


def test_a_type_has_its_own_numbers_and_two_types_the_mean_of_theirs() -> None:
    cutoffs = {"default": fitted(0.4, 0.8), "shoes": fitted(0.6, 1.0)}
    pairs = vector_similarities(looks(("top", 1.0), ("top", 0.7), ("shoes", 0.7)), cutoffs)
    assert pairs[0, 1] == pytest.approx(0.75)
    assert pairs[0, 2] == pytest.approx(0.5), "from 0.5 to 0.9"
    shoes = vector_similarities(looks(("shoes", 1.0), ("shoes", 0.7)), cutoffs)
    assert shoes[0, 1] == pytest.approx(0.25)


def test_without_cut_offs_vectors_say_nothing() -> None:
    assert (vector_similarities(looks(("top", 1.0), ("top", 0.1)), {}) == 0.5).all()
    assert vector_similarities(looks(("top", 1.0), ("top", 0.1)), {"bag": fitted(0, 1)})[0, 1] == 0.5


def test_a_look_without_a_vector_says_nothing() -> None:
    pairs = vector_similarities(looks(("top", 1.0), ("top", None), ("top", 1.0)), {"default": fitted(0.4, 0.8)})
    assert pairs[0].tolist() == [1, 0.5, 1]


def test_a_fit_that_could_not_tell_them_apart_is_a_step() -> None:
    pairs = vector_similarities(looks(("top", 1.0), ("top", 0.4), ("top", 0.6)), {"default": fitted(0.5, 0.5)})
    assert pairs[0].tolist() == [1, 0, 1]
