"""Scaling on the device, to the very pixels that Pillow gives, which is what published models were trained on.

The filter runs along the rows and along the columns, each a product with a matrix of Pillow's weights. They are
integers of 22 bits there, and what lies between is rounded to bytes (Pillow's src/libImaging/Resample.c). Halves of 11
bits keep every sum a whole number that float32 holds exactly, so that no processor answers otherwise.
"""

from functools import lru_cache
from typing import Literal

import torch
from torch import Tensor

Filter = Literal["bilinear", "bicubic"]
# Reach of a filter in pixels of the larger grid, and the sharpness of Pillow's cubic.
SUPPORT: dict[Filter, float] = {"bilinear": 1.0, "bicubic": 2.0}
CUBIC_A = -0.5
WEIGHT_BITS, HALF_BITS = 22, 11


def resample(pixels: Tensor, size_hw: tuple[int, int], filter_name: Filter) -> Tensor:
    """Pictures (uint8 …×H×W) at another height and width, as uint8."""
    height, width = pixels.shape[-2:]
    # As Pillow 13 chooses (its pull request 9549); the order shows in the rounding between the two.
    if height - size_hw[0] > 2 * max(0, width - size_hw[1]):
        return along_rows(along_columns(pixels, size_hw[0], filter_name), size_hw[1], filter_name)
    return along_columns(along_rows(pixels, size_hw[1], filter_name), size_hw[0], filter_name)


def along_rows(pixels: Tensor, width: int, filter_name: Filter) -> Tensor:
    """Pictures at another width."""
    if pixels.shape[-1] == width:
        return pixels
    high, low = filter_matrices(pixels.shape[-1], width, filter_name, pixels.device)
    return to_bytes(pixels.float() @ high.T, pixels.float() @ low.T)


def along_columns(pixels: Tensor, height: int, filter_name: Filter) -> Tensor:
    """Pictures at another height."""
    if pixels.shape[-2] == height:
        return pixels
    high, low = filter_matrices(pixels.shape[-2], height, filter_name, pixels.device)
    return to_bytes(high @ pixels.float(), low @ pixels.float())


def to_bytes(high: Tensor, low: Tensor) -> Tensor:
    """Bytes from sums weighted by the higher and by the lower halves of the weights."""
    sums = (high.int() << HALF_BITS) + low.int() + (1 << (WEIGHT_BITS - 1))
    return (sums >> WEIGHT_BITS).clamp(0, 255).to(torch.uint8)


@lru_cache(maxsize=64)
def filter_matrices(n_in: int, n_out: int, filter_name: Filter, device: torch.device) -> tuple[Tensor, Tensor]:
    """The higher and the lower halves of `filter_matrix`, as float32 on a device."""
    weights = filter_matrix(n_in, n_out, filter_name)
    high = weights >> HALF_BITS
    return high.float().to(device), (weights - (high << HALF_BITS)).float().to(device)


def filter_matrix(n_in: int, n_out: int, filter_name: Filter) -> Tensor:
    """Weights (n_out×n_in int64, of 22 bits) of each input pixel in each output pixel."""
    scale = n_in / n_out
    stretch = max(scale, 1.0)
    reach = SUPPORT[filter_name] * stretch
    centre = (torch.arange(n_out, dtype=torch.float64)[:, None] + 0.5) * scale
    column = torch.arange(n_in, dtype=torch.float64)
    first, last = (centre - reach + 0.5).floor(), (centre + reach + 0.5).floor()
    away = ((column - centre + 0.5) / stretch).abs()
    weights = torch.where((column >= first) & (column < last), filter_weights(away, filter_name), 0.0)
    weights = weights / weights.sum(1, keepdim=True)
    rounded: Tensor = (weights * 2**WEIGHT_BITS + weights.sign() / 2).trunc()
    return rounded.long()


def filter_weights(away: Tensor, filter_name: Filter) -> Tensor:
    """What a pixel counts by its distance (≥ 0, in pixels of the larger grid)."""
    if filter_name == "bilinear":
        return (1 - away).clamp(min=0)
    near = ((CUBIC_A + 2) * away - (CUBIC_A + 3)) * away * away + 1
    far = (((away - 5) * away + 8) * away - 4) * CUBIC_A
    return torch.where(away < 1, near, torch.where(away < 2, far, torch.zeros_like(away)))
