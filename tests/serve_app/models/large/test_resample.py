"""Scaling on the device gives Pillow's pixels."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the large models need torch: pip install 'reelwear[models]'")

from PIL import Image  # noqa: E402

from serve_app.models.large.resample import Filter, resample  # noqa: E402

FILTERS: dict[Filter, Image.Resampling] = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
}


@pytest.mark.parametrize("filter_name", FILTERS)
@pytest.mark.parametrize(
    ("before_hw", "after_hw"),
    [
        pytest.param((128, 72), (80, 45), id="smaller"),
        pytest.param((60, 90), (133, 75), id="taller and narrower"),
        pytest.param((64, 64), (64, 31), id="one side alone"),
        pytest.param((50, 40), (50, 40), id="as it is"),
        pytest.param((7, 5), (224, 224), id="much larger"),
        pytest.param((128, 72), (102, 102), id="a portrait frame in a square"),
        pytest.param((72, 128), (102, 102), id="a landscape frame in a square"),
        pytest.param((200, 90), (60, 40), id="columns first"),
        pytest.param((100, 90), (60, 70), id="rows first by a hair"),
    ],
)
def test_pixels_are_those_of_pillow(filter_name: Filter, before_hw: tuple[int, int], after_hw: tuple[int, int]) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (*before_hw, 3), np.uint8)
    wanted = np.asarray(Image.fromarray(pixels).resize(after_hw[::-1], FILTERS[filter_name]))
    got = resample(torch.from_numpy(pixels).permute(2, 0, 1), after_hw, filter_name)
    assert got.dtype == torch.uint8
    assert np.array_equal(got.permute(1, 2, 0).numpy(), wanted)
