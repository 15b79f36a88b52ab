import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog_jobs.catalog.indexing.runs import columns_of_mask, run_lengths
from serve_app.contract import encode_rle


@given(st.integers(1, 40), st.integers(1, 40), st.floats(0.3, 6), st.integers(0, 2**32 - 1), st.data())
def test_a_box_of_a_mask_is_what_the_whole_mask_has_there(
    height: int, width: int, coarse: float, seed: int, data: st.DataObject
) -> None:
    noise = np.random.default_rng(seed).random((height, width)).astype(np.float32)
    mask = np.asarray(cv2.GaussianBlur(noise, (0, 0), coarse) > 0.5)
    left, top = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    right, bottom = data.draw(st.integers(left + 1, width)), data.draw(st.integers(top + 1, height))
    rle = encode_rle(mask)
    found = columns_of_mask(rle.counts, rle.size, (left, top, right, bottom))
    assert np.array_equal(found.T > 0, mask[top:bottom, left:right])


def test_runs_that_do_not_fill_the_picture_are_refused() -> None:
    assert run_lengths("52203").tolist() == [5, 2, 2, 2, 5]
    with pytest.raises(ValueError, match="cover 16 pixels"):
        columns_of_mask("52203", (5, 5), (0, 0, 5, 5))
