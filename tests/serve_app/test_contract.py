"""The wire format: masks as COCO writes them, vectors as float16."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from pycocotools import mask as coco

from serve_app.contract import Mask, Rle, decode_rle, decode_vector, encode_rle, encode_vector


@given(arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=40)))
def test_a_mask_is_written_as_coco_writes_it_and_read_back(mask: Mask) -> None:
    rle = encode_rle(mask)
    assert rle.counts == coco.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"].decode()
    assert (decode_rle(rle) == mask).all()


@given(st.integers(1, 3000), st.integers(1, 3000))
def test_long_runs_are_read_back(start: int, length: int) -> None:
    mask = np.zeros((100, 100), np.bool_)
    mask.T.reshape(-1)[start : start + length] = True
    assert (decode_rle(encode_rle(mask)) == mask).all()


def test_runs_that_do_not_fill_the_size_are_refused() -> None:
    with pytest.raises(ValueError, match="cover"):
        decode_rle(Rle(size=(7, 9), counts=encode_rle(np.ones((3, 3), np.bool_)).counts))


def test_a_unit_vector_survives_the_wire() -> None:
    vector = np.random.default_rng(0).normal(size=384).astype(np.float32)
    vector /= np.linalg.norm(vector)
    back = decode_vector(encode_vector(vector))
    assert float(np.linalg.norm(back)) == pytest.approx(1, abs=1e-6)
    assert float(back @ vector) > 0.99999
