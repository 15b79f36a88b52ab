"""What a server's vectors promise beyond the contract."""

import random
from pathlib import Path

import numpy as np
import pytest

from infra.errors import ErrorCode, ReelwearError
from infra.local.ports import choose_port
from infra.settings import VectorsSettings
from infra.vectors import Vectors
from infra.vectors.point import Row
from infra.vectors.remote import filter_of, params_of, struct_of

MODEL = "parser-pool@1"


def test_a_server_that_is_down_is_named_and_worth_a_retry(tmp_path: Path) -> None:
    port = choose_port((), random.Random())
    vectors = Vectors(VectorsSettings(qdrant_url=f"http://127.0.0.1:{port}"), tmp_path)
    with pytest.raises(ReelwearError, match=str(port)) as failure:
        vectors.ensure("items", MODEL, 3)
    assert failure.value.code is ErrorCode.STORE_DOWN
    assert failure.value.is_retryable
    vectors.close()


def test_a_collection_is_made_with_one_unnamed_vector_or_with_named_ones() -> None:
    unnamed, named = params_of({"": 3}), params_of({"image": 3, "text": 3})
    assert (getattr(unnamed, "size", None), sorted(named)) == (3, ["image", "text"])


def test_a_point_carries_its_vector_under_its_name() -> None:
    vector = np.ones(2, np.float32)
    assert struct_of(Row("1", "", vector, {})).vector == [1, 1]
    assert struct_of(Row("1", "text", vector, {})).vector == {"text": [1, 1]}


def test_a_filter_asks_for_one_word_or_for_any_of_several() -> None:
    asked = filter_of({"color": "red", "types": ("top", "dress")}).model_dump(exclude_none=True)
    matches = {condition["key"]: condition["match"] for condition in asked["must"]}
    assert matches == {"color": {"value": "red"}, "types": {"any": ["top", "dress"]}}
