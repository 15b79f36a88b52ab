"""People cut out of frames, by networks that find instances of COCO's classes.

RF-DETR Seg (Roboflow/rf-detr-seg-nano to -xlarge): code and weights Apache-2.0. Mask2Former
(facebook/mask2former-swin-tiny-coco-instance and larger): code MIT, but its model zoo gives the published weights under
CC BY-NC 4.0, and the question whether the code's licence covers them is open (facebookresearch/Mask2Former issues 204,
206); use those where that is allowed, or weights of one's own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor
from torch.nn.functional import interpolate
from transformers import Mask2FormerForUniversalSegmentation, PreTrainedModel, RfDetrForInstanceSegmentation
from transformers.image_transforms import get_size_with_aspect_ratio

from serve_app.models.large.checked_files import bad_files
from serve_app.models.large.model_files import load_network
from serve_app.models.large.resample import resample
from serve_app.models.large.sam2 import Preprocessing, read_preprocessing, scale_up
from serve_app.models.large.shapes import run_by_shape
from serve_app.models.large.wearing import mask_boxes

PERSON: Final = "person"
SIZES: Final = (frozenset({"height", "width"}), frozenset({"shortest_edge", "longest_edge"}))
# Mask2Former's processor takes the mean chance of a mask's pixels on a grid of this many rows and columns.
MASK2FORMER_GRID_PX: Final = 384
WHITE: Final = 255


@dataclass(frozen=True)
class PeopleRules:
    """What is taken for a person.

    min_left_share: one of whom less than this is left after the pixels that a surer one holds too is that one again.
    max_people: a frame's largest ones. max_values: numbers in the network's input at once.
    """

    min_score: float = 0.5
    min_left_share: float = 0.5
    max_people: int = 32
    max_values: int = 8 * 3 * 800 * 1333


@dataclass(frozen=True)
class Kind:
    """A kind of network. read: from its output and a class's number, the chance of that class (B×Q) and the masks'
    logits (B×Q×h×w). is_mask_scored: whether the mean chance of a mask's pixels counts too. is_antialiased: how its
    processor scales frames.
    """

    network_class: type[PreTrainedModel]
    read: Callable[[Mapping[str, Tensor], int], tuple[Tensor, Tensor]]
    is_mask_scored: bool
    is_antialiased: bool


def read_mask2former(output: Mapping[str, Tensor], number: int) -> tuple[Tensor, Tensor]:
    """Chances over all classes and none."""
    return output["class_queries_logits"].float().softmax(-1)[..., number], output["masks_queries_logits"]


def read_rf_detr(output: Mapping[str, Tensor], number: int) -> tuple[Tensor, Tensor]:
    """Chances of each class by itself."""
    return output["logits"].float().sigmoid()[..., number], output["pred_masks"]


KINDS: Final[Mapping[str, Kind]] = {
    "mask2former": Kind(Mask2FormerForUniversalSegmentation, read_mask2former, True, True),
    "rf_detr": Kind(RfDetrForInstanceSegmentation, read_rf_detr, False, False),
}


class PersonFinder:
    """A loaded network that finds people, a PeopleSegmenter.

    Preprocessing is that of transformers' processor for the network; frames that it would pad to share a batch are
    batched by shape instead. Scores are the processors' too. Masks are the network's logits scaled to the frame between
    the centres of pixels, then > 0: so does RF-DETR's processor and so did Mask2Former's authors; transformers'
    processor for Mask2Former scales masks of 384×384 to the nearest pixel, which leaves steps at their edges. Half
    precision is autocast's: both sample features at positions that eight bits would blur.
    """

    def __init__(
        self,
        network: PreTrainedModel,
        kind: Kind,
        number: int,
        preprocessing: Preprocessing,
        device: torch.device,
        dtype: torch.dtype,
        rules: PeopleRules,
    ) -> None:
        network.to(device)  # type: ignore[arg-type] # transformers wraps the method with its first argument
        self.network: Any = network
        self.kind, self.number, self.preprocessing = kind, number, preprocessing
        self.scale, self.shift = preprocessing.scale_and_shift(device)
        self.device, self.dtype, self.rules = device, dtype, rules

    def find_people(self, frames: Sequence[Tensor]) -> list[Tensor]:
        """For each frame (uint8 3×H×W) the masks (bool P×H×W) of its people, the largest first; no pixel is in two."""
        scaled = run_by_shape(lambda batch: list(self.resize(batch)), frames, self.rules.max_values)
        found = run_by_shape(self.segment, scaled, self.rules.max_values)
        return [
            self.part(scores, logits, frame.shape[-2:]) for (scores, logits), frame in zip(found, frames, strict=True)
        ]

    def resize(self, frames: Tensor) -> Tensor:
        """Frames (uint8 B×3×H×W) at the size of the network's input."""
        size_hw = input_size(self.preprocessing, frames.shape[-2:])
        if self.kind.is_antialiased:
            return resample(frames, size_hw, self.preprocessing.filter_name)
        return interpolate(frames.float(), size_hw, mode=self.preprocessing.filter_name, align_corners=False)

    def normalise(self, scaled: Tensor) -> Tensor:
        """The network's input (B×3×h×w float32)."""
        return scaled * self.scale + self.shift

    @torch.inference_mode()
    def segment(self, scaled: Tensor) -> list[tuple[Tensor, Tensor]]:
        """The scores (P) and logits (P×h×w) of the people in each of B frames."""
        with torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32):
            chances, logits = self.kind.read(self.network(pixel_values=self.normalise(scaled)), self.number)
        is_likely = chances >= self.rules.min_score
        counts = is_likely.sum(1).tolist()
        scores, masks = chances[is_likely], logits[is_likely].float()
        if self.kind.is_mask_scored:
            scores = scores * mask_scores(masks)
        return list(zip(torch.split(scores, counts), torch.split(masks, counts), strict=True))

    def part(self, scores: Tensor, logits: Tensor, size_hw: Sequence[int]) -> Tensor:
        """The masks (bool P×H×W) of those who are sure enough, as large as the frame."""
        areas = (logits > 0).sum((1, 2)) * (scores >= self.rules.min_score)
        largest = areas.argsort(descending=True, stable=True)[: self.rules.max_people]
        largest = largest[areas[largest] > 0]
        return part_people(scale_up(logits[largest], size_hw) > 0, scores[largest], self.rules.min_left_share)


def load_people(
    folder: Path, device: torch.device, dtype: torch.dtype, rules: PeopleRules | None = None
) -> PersonFinder:
    """A network of one of `KINDS` from a local folder; raises `bad_setting` where the folder is not a whole model of
    such a kind, or the network knows no people.
    """
    network = load_network(folder, {name: kind.network_class for name, kind in KINDS.items()}, "Mask2Former or RF-DETR")
    names = network.config.id2label or {}
    numbers = [int(number) for number, name in names.items() if name.lower() == PERSON]
    if not numbers:
        raise bad_files(folder, f"has no class named {PERSON!r} in config.json's id2label")
    preprocessing = read_preprocessing(folder)
    if not any(keys <= preprocessing.size.keys() for keys in SIZES):
        raise bad_files(folder, f"asks for a size of {dict(preprocessing.size)}, neither two sides nor two edges")
    kind = KINDS[network.config.model_type]
    return PersonFinder(network, kind, numbers[0], preprocessing, device, dtype, rules or PeopleRules())


def input_size(preprocessing: Preprocessing, size_hw: Sequence[int]) -> tuple[int, int]:
    """Height and width that a frame is scaled to: the asked ones, or as large as two edges allow, raised to the next
    multiples of the divisor.
    """
    size, divisor = preprocessing.size, preprocessing.size_divisor
    if "height" in size:
        height, width = size["height"], size["width"]
    else:
        height, width = get_size_with_aspect_ratio(tuple(size_hw), size["shortest_edge"], size["longest_edge"])
    return -(-height // divisor) * divisor, -(-width // divisor) * divisor


def mask_scores(logits: Tensor) -> Tensor:
    """The mean chance (N) of the pixels inside each mask, on the grid that Mask2Former's processor takes; its logits
    are N×h×w, of which those that a batch keeps are few.
    """
    grid = scale_up(logits, (MASK2FORMER_GRID_PX, MASK2FORMER_GRID_PX))
    inside = grid > 0
    return (grid.sigmoid() * inside).sum((1, 2)) / (inside.sum((1, 2)) + 1e-6)


def part_people(masks: Tensor, scores: Tensor, min_left_share: float) -> Tensor:
    """Masks (bool P×H×W, P up to 255) such that no pixel is in two, the largest first: the surest has it.

    One of whom less than `min_left_share` is left is dropped.
    """
    surest_first = masks[scores.argsort(descending=True, stable=True)]
    parted = surest_first & (surest_first.cumsum(0, dtype=torch.uint8) == 1)
    left = parted.sum((1, 2))
    order = left.argsort(descending=True, stable=True)
    is_kept = (left > 0) & (left >= min_left_share * surest_first.sum((1, 2)))
    return parted[order[is_kept[order]]]


def on_white(frame: Tensor, mask: Tensor, pad_px: int = 20) -> Tensor:
    """A person (bool H×W) cut out of a frame (uint8 3×H×W): the mask's box and `pad_px` around it where the frame
    reaches that far, white outside the mask. Raises ValueError for an empty mask.
    """
    x0, y0, x1, y1 = mask_boxes(mask[None])[0].tolist()
    if x0 == x1:
        raise ValueError("the mask is empty; cut out only masks with pixels")
    rows, columns = slice(max(0, y0 - pad_px), y1 + pad_px), slice(max(0, x0 - pad_px), x1 + pad_px)
    return torch.where(mask[rows, columns], frame[:, rows, columns], WHITE)
