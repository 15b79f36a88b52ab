"""Which garment belongs to which person, by their masks."""

import torch
from torch import Tensor

# A garment of which less than this lies on any one person is nobody's: it hangs, or its wearer was not found.
MIN_SHARE = 0.5


def assign_wearers(garments: Tensor, people: Tensor, min_share: float = MIN_SHARE) -> list[int | None]:
    """The wearer of each garment (bool N×H×W): the person (bool P×H×W) whose mask holds most of it.

    People are numbered by size, the largest 0, which is their order where a PeopleSegmenter found them. None where
    nobody holds `min_share` of a garment.

    >>> garments = torch.tensor([[[True, True, False]], [[False, True, True]]])
    >>> assign_wearers(garments, torch.tensor([[[True, True, False]]]), 0.75)
    [0, None]
    """
    if not len(garments) or not len(people):
        return [None] * len(garments)
    by_size = people.flatten(1).sum(1).argsort(descending=True, stable=True)
    # Sums of ones are exact in float32 up to 16 million pixels, also where a GPU shortens its factors to TF32.
    cloth, bodies = garments.flatten(1).float(), people[by_size].flatten(1).float()
    held, wearers = (cloth @ bodies.T).max(1)
    is_worn = (held > 0) & (held >= min_share * cloth.sum(1))
    return [wearer if worn else None for wearer, worn in zip(wearers.tolist(), is_worn.tolist(), strict=True)]


def mask_boxes(masks: Tensor) -> Tensor:
    """Tight boxes (N×4 int64, xyxy) of masks (bool N×H×W), x1 and y1 just outside; an empty mask's is all zeros."""
    x0, x1 = extent(masks.any(1))
    y0, y1 = extent(masks.any(2))
    return torch.stack([x0, y0, x1, y1], dim=1)


def extent(filled: Tensor) -> tuple[Tensor, Tensor]:
    """The first filled place and the one after the last of each row (bool N×L); zeros where nothing is filled."""
    places = torch.arange(filled.shape[1], device=filled.device)
    last = (filled * (places + 1)).amax(1)
    first = torch.where(filled, places, filled.shape[1]).amin(1)
    return torch.minimum(first, last), last
