"""Crops cut out on the device are those that are cut out on the processor."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the large models need torch: pip install 'reelwear[models]'")

from serve_app.models.large.crops import crops_on_grey  # noqa: E402
from serve_app.models.pictures import crop_masked  # noqa: E402


@pytest.mark.parametrize("seed", range(4))
def test_a_crop_is_the_one_of_the_processor(seed: int) -> None:
    rng = np.random.default_rng(seed)
    frame = rng.integers(0, 256, (90, 60, 3), np.uint8)
    masks = np.zeros((3, 90, 60), np.bool_)
    masks[0, 5:80, 3:40] = rng.random((75, 37)) > 0.5
    masks[1, 89, 59] = True
    masks[2] = True
    crops = crops_on_grey(torch.from_numpy(frame).permute(2, 0, 1), torch.from_numpy(masks))
    for crop, mask in zip(crops, masks, strict=True):
        assert np.array_equal(crop.permute(1, 2, 0).numpy(), crop_masked(frame, mask))


def test_no_mask_has_no_crop() -> None:
    assert crops_on_grey(torch.zeros(3, 4, 4, dtype=torch.uint8), torch.zeros(0, 4, 4, dtype=torch.bool)) == []
