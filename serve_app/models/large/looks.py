"""How pictures become a CLIP's or SigLIP's input, as its folder's files say."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

import torch
from torch import Tensor

from serve_app.models.large.checked_files import bad_files, read_object
from serve_app.models.large.resample import Filter, resample

Family = Literal["clip", "siglip"]

# transformers 5 writes the second, which holds the first as one of its parts.
PICTURE_CONFIGS: Final = ("preprocessor_config.json", "processor_config.json")
# Pillow's numbers of its filters.
FILTERS: Final[Mapping[int, Filter]] = {2: "bilinear", 3: "bicubic"}


@dataclass(frozen=True)
class Looks:
    """How a picture becomes numbers: scaled, cut, and (pixel · factor - mean) / std.

    side_hw: what the model sees. short_edge_px: the shorter side is scaled to it and the middle cut out; None scales
    both sides to side_hw.
    """

    side_hw: tuple[int, int]
    short_edge_px: int | None
    filter_name: Filter
    factor: float
    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    def fit(self, pictures: Tensor) -> Tensor:
        """Pictures (uint8 B×3×H×W) as the model sees them (uint8 B×3×h×w)."""
        if self.short_edge_px is None:
            return resample(pictures, self.side_hw, self.filter_name)
        height, width = pictures.shape[-2:]
        short, long = min(height, width), int(self.short_edge_px * max(height, width) / min(height, width))
        scaled_hw = (long, self.short_edge_px) if width == short else (self.short_edge_px, long)
        scaled = resample(pictures, scaled_hw, self.filter_name)
        top, left = ((scaled_hw[axis] - self.side_hw[axis]) // 2 for axis in (0, 1))
        return scaled[..., top : top + self.side_hw[0], left : left + self.side_hw[1]]

    def numbers(self, fitted: Tensor) -> Tensor:
        """float32 B×3×h×w of what `fit` gave."""
        scale, shift = scale_and_shift(self, fitted.device)
        return fitted.float() * scale + shift


@lru_cache(maxsize=32)
def scale_and_shift(looks: Looks, device: torch.device) -> tuple[Tensor, Tensor]:
    """What a pixel is multiplied by and what is added (each 3×1×1), once for each device."""
    mean, std = (torch.tensor(values, dtype=torch.float64)[:, None, None] for values in (looks.mean, looks.std))
    return (looks.factor / std).float().to(device), (-mean / std).float().to(device)


def read_looks(folder: Path, family: Family, side_px: int) -> Looks:
    """What the folder's files say of pictures. side_px: of the square that the network takes.

    Raises `bad_setting` if a value is missing, or if what comes out is not that square.
    """
    file = next((folder / name for name in PICTURE_CONFIGS if (folder / name).is_file()), folder / PICTURE_CONFIGS[0])
    told = read_object(file)
    told = told.get("image_processor", told)
    try:
        size = told["size"]
        # Older files give one number, which means another thing to each family.
        by_edge = {"shortest_edge": size} if family == "clip" else {"height": size, "width": size}
        size = by_edge if isinstance(size, int) else size
        short_edge = size.get("shortest_edge")
        side_hw = None if short_edge else (int(size["height"]), int(size["width"]))
        if told.get("do_center_crop", family == "clip"):
            crop = told["crop_size"]
            crop_hw = (crop, crop) if isinstance(crop, int) else (int(crop["height"]), int(crop["width"]))
            if side_hw not in (None, crop_hw):
                raise bad_files(file, f"scales to {side_hw} and cuts {crop_hw} out of it; only one of both is known")
            side_hw = crop_hw
        does_normalize = told.get("do_normalize", True)
        looks = Looks(
            side_hw=side_hw or (0, 0),
            short_edge_px=short_edge,
            filter_name=FILTERS[told["resample"]],
            factor=float(told.get("rescale_factor", 1 / 255)) if told.get("do_rescale", True) else 1.0,
            mean=three(told["image_mean"]) if does_normalize else (0.0, 0.0, 0.0),
            std=three(told["image_std"]) if does_normalize else (1.0, 1.0, 1.0),
        )
    except (KeyError, TypeError, ValueError) as fault:
        raise bad_files(file, f"does not say how to scale pictures ({type(fault).__name__}: {fault})") from fault
    if looks.side_hw != (side_px, side_px) or (short_edge or side_px) < side_px or not told.get("do_resize", True):
        side_hw = (side_px, side_px)
        raise bad_files(file, f"makes pictures of {looks.side_hw}; the network of config.json takes {side_hw}")
    return looks


def three(values: Iterable[float]) -> tuple[float, float, float]:
    """Red, green and blue; raises ValueError for another number of them."""
    red, green, blue = values
    return float(red), float(green), float(blue)
