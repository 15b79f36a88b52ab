"""Frames as OWLv2 sees them: black below or beside them up to a square, blurred and scaled as its authors do.

They scale with scikit-image, whose filters are those of scipy.ndimage: a Gaussian against aliasing, then the straight
line between two pixels, and outside of the square its mirror image. Both are sums of pixels of one row or column, so
that one matrix for each side does all of it, and what is black needs no sum.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from serve_app.models.large.checked_files import bad_files, read_object
from serve_app.models.large.looks import PICTURE_CONFIGS

# scipy cuts its Gaussian off at so many deviations.
TRUNCATE: Final = 4.0
STEPS: Final = ("do_pad", "do_resize", "do_rescale", "do_normalize")
# What the processor takes for what its file leaves out; the mean and deviation of OpenAI's CLIP.
DEFAULTS: Final[dict[str, Any]] = {
    "rescale_factor": 1 / 255,
    "image_mean": (0.48145466, 0.4578275, 0.40821073),
    "image_std": (0.26862954, 0.26130258, 0.27577711),
}


@dataclass(frozen=True, eq=False)
class Square:
    """How a frame becomes the input of OWLv2. factor, shift: 3×1×1, on the device, applied to bytes."""

    side_px: int
    factor: Tensor
    shift: Tensor

    def apply(self, frames: Tensor) -> Tensor:
        """The input (float32 B×3×side×side) of frames (uint8 B×3×H×W) of one size."""
        height, width = frames.shape[-2:]
        weights = square_matrix(max(height, width), self.side_px, frames.device)
        scaled = weights[:, :height] @ frames.float() @ weights[:, :width].T
        return scaled * self.factor + self.shift


def read_square(folder: Path, side_px: int, device: torch.device) -> Square:
    """What a folder's preprocessor asks for. side_px: of the square that the network takes.

    Raises `bad_setting` for another size, and for a step that is left out.
    """
    file = next((folder / name for name in PICTURE_CONFIGS if (folder / name).is_file()), folder / PICTURE_CONFIGS[0])
    told = read_object(file)
    told = DEFAULTS | told.get("image_processor", told)
    size = told.get("size", {"height": side_px, "width": side_px})
    if size != {"height": side_px, "width": side_px}:
        raise bad_files(file, f"asks for the size {size}; the network of config.json takes {side_px}×{side_px}")
    for step in STEPS:
        if not told.get(step, True):
            raise bad_files(file, f"asks for {step} false, where frames are always made square, scaled and normalised")
    mean, std = (torch.tensor(told[key], device=device).reshape(3, 1, 1) for key in ("image_mean", "image_std"))
    return Square(side_px, told["rescale_factor"] / std, -mean / std)


@lru_cache(maxsize=64)
def square_matrix(n_in: int, n_out: int, device: torch.device) -> Tensor:
    """Weights (n_out×n_in float32) of each of n_in pixels of a row in each of n_out."""
    sigma = max(0.0, (n_in / n_out - 1) / 2)
    return (line_matrix(n_in, n_out) @ gaussian_matrix(n_in, sigma)).float().to(device)


def gaussian_matrix(count: int, sigma: float) -> Tensor:
    """A row blurred as `scipy.ndimage.gaussian_filter` does (count×count float64); itself at sigma 0."""
    if sigma == 0:
        return torch.eye(count, dtype=torch.float64)
    reach = int(TRUNCATE * sigma + 0.5)
    away = torch.arange(-reach, reach + 1)
    weights = torch.exp(-0.5 * (away.double() / sigma) ** 2)
    places = mirrored(torch.arange(count)[:, None] + away, count)
    blank = torch.zeros(count, count, dtype=torch.float64)
    return blank.scatter_add_(1, places, (weights / weights.sum()).repeat(count, 1))


def line_matrix(n_in: int, n_out: int) -> Tensor:
    """A row scaled as `scipy.ndimage.zoom` of order 1 does, on the grid of pixels' centres (n_out×n_in float64)."""
    place = (torch.arange(n_out, dtype=torch.float64)[:, None] + 0.5) * n_in / n_out - 0.5
    before = place.floor()
    share = place - before
    blank = torch.zeros(n_out, n_in, dtype=torch.float64)
    blank.scatter_add_(1, mirrored(before.long(), n_in), 1 - share)
    return blank.scatter_add_(1, mirrored(before.long() + 1, n_in), share)


def mirrored(places: Tensor, count: int) -> Tensor:
    """Places in a row of so many pixels, with those outside mirrored at the centres of its first and last one."""
    if count == 1:
        return torch.zeros_like(places)
    period = 2 * count - 2
    within = places.remainder(period)
    return torch.where(within < count, within, period - within)
