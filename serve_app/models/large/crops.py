"""Garments cut out on the device, as `crop_masked` of `serve_app.models.pictures` cuts them out on the processor."""

import torch
from torch import Tensor

from serve_app.models.pictures import CROP_MARGIN_SHARE, MASKED_FILL


def crops_on_grey(frame: Tensor, masks: Tensor) -> list[Tensor]:
    """What each mask (bool N×H×W, none empty) covers of a frame (uint8 3×H×W), with a small margin, on grey.

    Only the sides of the crops leave the device.
    """
    if not len(masks):
        return []
    alone = torch.where(masks[:, None], frame, torch.full((), MASKED_FILL, dtype=torch.uint8, device=frame.device))
    return [
        crop[:, top : bottom + 1, left : right + 1]
        for crop, (left, top, right, bottom) in zip(alone, crop_sides(masks).tolist(), strict=True)
    ]


def crop_sides(masks: Tensor) -> Tensor:
    """The box (N×4: left, top, right, bottom, the last two within) of each mask (N×H×W, none empty) with its margin."""
    height, width = masks.shape[-2:]
    left, right = ends(masks.any(1))
    top, bottom = ends(masks.any(2))
    longest = torch.maximum(bottom - top, right - left)
    margin = 1 + (CROP_MARGIN_SHARE * longest).long()
    return torch.stack(
        [
            (left - margin).clamp(min=0),
            (top - margin).clamp(min=0),
            (right + margin).clamp(max=width - 1),
            (bottom + margin).clamp(max=height - 1),
        ],
        1,
    )


def ends(lines: Tensor) -> tuple[Tensor, Tensor]:
    """Position of the first and of the last True of each row (N×L, each with one at least)."""
    first = lines.int().argmax(1)
    last = lines.shape[1] - 1 - lines.flip(1).int().argmax(1)
    return first, last
