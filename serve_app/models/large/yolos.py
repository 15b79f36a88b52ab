"""YOLOS: a plain vision transformer that finds the garments it was trained on; and what all such detectors share.

Detectors after DETR (Carion et al. 2020) scale a frame alike, and answer with a fixed number of boxes for each, as
centre and size in shares of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import torch
from torch import Tensor
from transformers import PreTrainedModel, YolosForObjectDetection

from serve_app.models.large.checked_files import bad_files, read_object
from serve_app.models.large.model_files import PREPROCESSOR, load_network
from serve_app.models.large.parts import Found
from serve_app.models.large.resample import Filter, resample
from serve_app.models.large.shapes import run_by_shape

Model = TypeVar("Model", bound=PreTrainedModel)

# Labels of Fashionpedia (Jia et al. 2020) for what is sewn to a garment or is none, and so never an item.
PARTS: Final = frozenset(
    {
        "umbrella",
        "hood",
        "collar",
        "lapel",
        "epaulette",
        "sleeve",
        "pocket",
        "neckline",
        "buckle",
        "zipper",
        "applique",
        "bead",
        "bow",
        "flower",
        "fringe",
        "ribbon",
        "rivet",
        "ruffle",
        "sequin",
        "tassel",
    }
)
# Pillow's numbers of its filters.
FILTERS: Final[Mapping[int, Filter]] = {2: "bilinear", 3: "bicubic"}
# What the processors take for what their file leaves out; the mean and deviation of ImageNet.
DEFAULTS: Final[dict[str, Any]] = {
    "resample": 2,
    "rescale_factor": 1 / 255,
    "image_mean": (0.485, 0.456, 0.406),
    "image_std": (0.229, 0.224, 0.225),
    "max_size": 1333,
}
# YOLOS cuts its input into patches of 16 pixels, and its processor leaves no rest.
YOLOS_MULTIPLE_PX: Final = 16
# Frames some 20 times as long as wide are scaled out of shape to this width, or they would have no room for the boxes.
MIN_SIDE_PX: Final = 64
# Eight frames at the size that the models were trained at.
BATCH_PIXELS: Final = 8 * 800 * 1333
SCORE, LABEL = 4, 5


@dataclass(frozen=True, eq=False)
class Scaling:
    """How a frame becomes the input of a model. factor, shift: 3×1×1, on the device, applied to bytes."""

    shortest_px: int
    longest_px: int
    multiple_px: int
    filter_name: Filter
    factor: Tensor
    shift: Tensor

    def size_hw(self, height: int, width: int) -> tuple[int, int]:
        """The size of a frame for the model: the shorter side as set, unless the longer one would be over its limit.

        Roundings are those of `get_size_with_aspect_ratio` of transformers, and of its variant for YOLOS.
        """
        short, long = min(height, width), max(height, width)
        exact = float(self.shortest_px)
        if long / short * exact > self.longest_px:
            exact = self.longest_px * short / long
        new_short = round(exact)
        is_as_it_shall_be = new_short == short and (self.multiple_px == 1 or height <= width)
        new_long = long if is_as_it_shall_be else int(exact * long / short)
        new_short, new_long = (max(MIN_SIDE_PX, side - side % self.multiple_px) for side in (new_short, new_long))
        return (new_short, new_long) if height <= width else (new_long, new_short)

    def apply(self, frames: Tensor) -> Tensor:
        """The input (float32 B×3×h×w) of frames (uint8 B×3×H×W) of one size."""
        height, width = frames.shape[-2:]
        return resample(frames, self.size_hw(height, width), self.filter_name) * self.factor + self.shift


@dataclass(frozen=True)
class YolosRules:
    """What is kept of what YOLOS says. max_batch_pixels: of its input, over all frames of one pass."""

    threshold: float = 0.5
    max_batch_pixels: int = BATCH_PIXELS


class Yolos:
    """A loaded YOLOS; the prompt is not heeded, since its labels are those of its training."""

    def __init__(self, model: YolosForObjectDetection, scaling: Scaling, dtype: torch.dtype, rules: YolosRules) -> None:
        # Boxes of 8 bits, as bfloat16 gives them, would be off by pixels; so the heads stay in float32.
        model.vit.to(dtype)  # type: ignore[arg-type] # transformers wraps the method with its first argument
        self.model, self.scaling, self.dtype, self.rules = model, scaling, dtype, rules
        self.labels = tuple(label for _, label in sorted((model.config.id2label or {}).items()))
        self.not_items = PARTS if set(self.labels) >= PARTS else frozenset[str]()

    def detect(self, frames: Sequence[Tensor], prompt: Sequence[str] | None = None) -> list[list[Found]]:  # noqa: ARG002
        """What is found in each frame, the surest first; parts of garments are left out."""
        inputs = self.prepare(frames)
        return self.finish(run_by_shape(self.infer, inputs, 3 * self.rules.max_batch_pixels), frames)

    def prepare(self, frames: Sequence[Tensor]) -> list[Tensor]:
        """The input (float32 3×h×w) of each frame, as the processor of transformers makes it."""
        return run_by_shape(lambda batch: list(self.scaling.apply(batch)), frames, 3 * self.rules.max_batch_pixels)

    @torch.inference_mode()
    def infer(self, batch: Tensor) -> list[Tensor]:
        """For each input its boxes (Q×6 float32): centre and size in shares, score, number of the label."""
        tokens = self.model.vit(batch.to(self.dtype)).last_hidden_state
        tokens = tokens[:, -self.model.config.num_detection_tokens :].float()
        # The last class stands for no object.
        scores, labels = self.model.class_labels_classifier(tokens).softmax(-1)[..., :-1].max(-1)
        boxes = self.model.bbox_predictor(tokens).sigmoid()
        return list(torch.cat([boxes, scores[..., None], labels[..., None].float()], dim=-1))

    def finish(self, rows: Sequence[Tensor], frames: Sequence[Tensor]) -> list[list[Found]]:
        """What is kept of the boxes of each frame."""
        found = [
            found_in(its_rows[its_rows[:, SCORE] > self.rules.threshold], frame, self.labels)
            for its_rows, frame in zip(fetch(rows), frames, strict=True)
        ]
        return [[one for one in its_found if one.label not in self.not_items] for its_found in found]


def load_yolos(folder: Path, device: torch.device, dtype: torch.dtype, rules: YolosRules | None = None) -> Yolos:
    """The YOLOS of a folder; raises `bad_setting` for one that does not hold it whole and as safetensors."""
    model = load_network(folder, {"yolos": YolosForObjectDetection}, "YOLOS").to(device)  # type: ignore[arg-type]
    return Yolos(model, read_scaling(folder, device, YOLOS_MULTIPLE_PX), dtype, rules or YolosRules())


def read_scaling(folder: Path, device: torch.device, multiple_px: int = 1) -> Scaling:
    """The scaling that a folder's preprocessor asks for, also in the words of older files; `bad_setting` for others."""
    if (folder / PREPROCESSOR).exists():
        described = DEFAULTS | read_object(folder / PREPROCESSOR)
    else:
        described = DEFAULTS | read_object(folder / "processor_config.json").get("image_processor", {})
    size = described.get("size")
    if isinstance(size, int):
        size = {"shortest_edge": size, "longest_edge": described["max_size"]}
    if not isinstance(size, Mapping) or not {"shortest_edge", "longest_edge"} <= set(size):
        raise bad_files(folder, f"asks for the size {size}, where one by shortest_edge and longest_edge is known")
    if described["resample"] not in FILTERS:
        raise bad_files(folder, f"asks for Pillow's filter {described['resample']}, where {list(FILTERS)} are known")
    for step in ("do_resize", "do_rescale", "do_normalize"):
        if not described.get(step, True):
            raise bad_files(folder, f"asks for {step} false, where frames are always scaled and normalised")
    mean, std = (torch.tensor(described[key], device=device).reshape(3, 1, 1) for key in ("image_mean", "image_std"))
    return Scaling(
        size["shortest_edge"],
        size["longest_edge"],
        multiple_px,
        FILTERS[described["resample"]],
        described["rescale_factor"] / std,
        -mean / std,
    )


def fetch(rows: Sequence[Tensor]) -> list[Tensor]:
    """Small tensors of one shape on the CPU, brought there at once."""
    return list(torch.stack(list(rows)).cpu()) if rows else []


def found_in(rows: Tensor, frame: Tensor, labels: Sequence[str]) -> list[Found]:
    """Boxes (Q×6: centre and size in shares, score, number of the label) as finds, the surest first.

    Boxes are cut at the edges of the frame; one under a pixel wide or high there holds nothing and is left out.
    """
    height, width = frame.shape[-2:]
    rows = rows[rows[:, SCORE].argsort(descending=True, stable=True)]
    centre, size = rows[:, :2], rows[:, 2:4]
    limits = torch.tensor([width, height], dtype=rows.dtype)
    first, last = ((centre + side * size).clamp(0, 1) * limits for side in (-0.5, 0.5))
    is_seen = (last - first >= 1).all(-1)
    return [
        Found((x0, y0, x1, y1), labels[int(label)], score)
        for (x0, y0), (x1, y1), score, label in zip(
            first[is_seen].tolist(),
            last[is_seen].tolist(),
            rows[is_seen, SCORE].tolist(),
            rows[is_seen, LABEL].tolist(),
            strict=True,
        )
    ]
