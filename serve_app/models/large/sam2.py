"""SAM 2.1: what boxes hold, cut out. A frame is encoded once; the boxes of all frames are decoded together.

Licence of code and weights (facebook/sam2.1-hiera-tiny, -small, -base-plus, -large): Apache-2.0. Their config.json says
`sam2_video`; the weights of the video tracker that are not needed for single frames are left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import torch
from torch import Tensor
from torch.nn.functional import interpolate
from transformers import PreTrainedModel, Sam2Model

from serve_app.contract import Box
from serve_app.models.large.checked_files import bad_files, read_object
from serve_app.models.large.model_files import PREPROCESSOR, load_network
from serve_app.models.large.resample import Filter, resample
from serve_app.models.large.shapes import run_by_shape

Network = TypeVar("Network", bound=PreTrainedModel)

NETWORKS: Final = {"sam2": Sam2Model, "sam2_video": Sam2Model}
# Pillow's numbers of its filters, as preprocessor_config.json has them.
FILTERS: Final[Mapping[int, Filter]] = {2: "bilinear", 3: "bicubic"}
FILES: Final = "config.json, preprocessor_config.json and *.safetensors"
# Weights that only training needs.
LOSS_PREFIX: Final = "criterion."

# A frame's features at a quarter, an eighth and a sixteenth of the network's input (each C×h×w).
Features = tuple[Tensor, ...]


@dataclass(frozen=True)
class Sam2Rules:
    """How boxes become masks.

    is_best_of_three: take, of three masks, the one that the network thinks best, instead of its single mask. The three
    are whole, part and part of a part, meant for a click, which may mean any of them; a box says which. Where the
    single mask is unstable SAM 2.1 takes the best of the three by itself.
    max_frames, max_boxes: how many are encoded and decoded at once.
    """

    is_best_of_three: bool = False
    max_frames: int = 8
    max_boxes: int = 64


@dataclass(frozen=True)
class Preprocessing:
    """What a folder's preprocessor_config.json asks for. size: transformers' own names and pixels. mean, std: RGB of
    pixels of 0 to 1, which `rescale_factor` makes of bytes. size_divisor: of both sides, 1 where nothing is asked.
    """

    size: Mapping[str, int]
    filter_name: Filter
    rescale_factor: float
    mean: tuple[float, ...]
    std: tuple[float, ...]
    size_divisor: int = 1

    def scale_and_shift(self, device: torch.device) -> tuple[Tensor, Tensor]:
        """Two tensors (3×1×1 float32): bytes times the first plus the second are the network's input."""
        mean, std = (torch.tensor(values, dtype=torch.float64).view(-1, 1, 1) for values in (self.mean, self.std))
        return (self.rescale_factor / std).float().to(device), (-mean / std).float().to(device)


class Sam2:
    """A loaded SAM 2.1, a Segmenter.

    Preprocessing is that of transformers' Sam2ImageProcessor: scaled to a square by the bilinear filter with
    antialiasing, as bytes, then normalised. That class scales with torchvision; here the bytes are Pillow's, of which
    torch's own differ by one step in a twentieth (its kernel for bytes) or a fifth (as float, as on a GPU) of the
    places of a noisy picture. With a half-precision dtype the boxes' positions are still encoded in float32, as eight
    bits would move them by pixels.
    """

    def __init__(
        self,
        network: Sam2Model,
        preprocessing: Preprocessing,
        device: torch.device,
        dtype: torch.dtype,
        rules: Sam2Rules,
    ) -> None:
        network.to(device, dtype)  # type: ignore[arg-type] # transformers wraps the method with its first argument
        self.network: Any = network
        self.network.prompt_encoder.float()
        self.network.shared_image_embedding.float()
        self.side_px = side_of(network)
        self.filter_name = preprocessing.filter_name
        self.scale, self.shift = preprocessing.scale_and_shift(device)
        with torch.inference_mode():
            self.positions = self.network.get_image_wide_positional_embeddings().to(dtype)
        self.device, self.dtype, self.rules = device, dtype, rules

    def cut_out(self, frames: Sequence[Tensor], boxes: Sequence[Sequence[Box]]) -> list[Tensor]:
        """For each frame (uint8 3×H×W) the masks (bool N×H×W) of its boxes, xyxy in its own pixels; a frame without
        boxes costs nothing.
        """
        pairs = list(zip(frames, boxes, strict=True))
        boxed = [(frame, own) for frame, own in pairs if own]
        max_values = self.rules.max_frames * 3 * self.side_px**2
        squares = run_by_shape(lambda batch: list(self.resize(batch)), [frame for frame, _ in boxed], max_values)
        features = run_by_shape(self.encode, squares, max_values)
        prompts = self.prompts(boxed)
        logits = iter(run_by_shape(partial(self.decode, features), prompts, self.rules.max_boxes * 5))
        masks = []
        for frame, own in pairs:
            if own:
                masks.append(scale_up(torch.stack([next(logits) for _ in own]), frame.shape[-2:]) > 0)
            else:
                masks.append(torch.zeros((0, *frame.shape[-2:]), dtype=torch.bool, device=self.device))
        return masks

    def prompts(self, boxed: Sequence[tuple[Tensor, Sequence[Box]]]) -> list[Tensor]:
        """A row (5 float32, not on the device) for each box: the place of its frame, and itself in pixels of the
        square.
        """
        rows = []
        for place, (frame, own) in enumerate(boxed):
            height, width = frame.shape[-2:]
            x_scale, y_scale = self.side_px / width, self.side_px / height
            rows += [
                torch.tensor([place, x0 * x_scale, y0 * y_scale, x1 * x_scale, y1 * y_scale]) for x0, y0, x1, y1 in own
            ]
        return rows

    def resize(self, frames: Tensor) -> Tensor:
        """Frames (uint8 B×3×H×W) as the network's squares (uint8 B×3×S×S)."""
        return resample(frames, (self.side_px, self.side_px), self.filter_name)

    def normalise(self, squares: Tensor) -> Tensor:
        """The network's input (B×3×S×S) of squares of bytes."""
        return (squares * self.scale + self.shift).to(self.dtype)

    @torch.inference_mode()
    def encode(self, squares: Tensor) -> list[Features]:
        """The features of each of B squares."""
        return list(zip(*self.network.get_image_embeddings(self.normalise(squares)), strict=True))

    @torch.inference_mode()
    def decode(self, features: Sequence[Features], prompts: Tensor) -> list[Tensor]:
        """The mask's logits (h×w, a quarter of the square's side) of each of B prompts (B×5).

        Each box is its own entry in the batch, beside its frame's features, so that frames with different numbers of
        boxes share a pass and nothing is padded; the decoder repeats the features for every box in any case.
        """
        own = [features[int(place)] for place in prompts[:, 0].tolist()]
        *fine, coarse = (torch.stack(level) for level in zip(*own, strict=True))
        sparse, dense = self.network.prompt_encoder(
            input_points=None, input_labels=None, input_boxes=prompts[:, None, 1:].to(self.device), input_masks=None
        )
        logits, scores, _, _ = self.network.mask_decoder(
            image_embeddings=coarse,
            image_positional_embeddings=self.positions.expand(len(prompts), -1, -1, -1),
            sparse_prompt_embeddings=sparse.to(self.dtype),
            dense_prompt_embeddings=dense.to(self.dtype),
            multimask_output=self.rules.is_best_of_three,
            high_resolution_features=fine,
        )
        best = scores[:, 0].argmax(-1)
        return list(logits[torch.arange(len(prompts), device=self.device), 0, best])


def load_sam2(folder: Path, device: torch.device, dtype: torch.dtype, rules: Sam2Rules | None = None) -> Sam2:
    """SAM 2.1 from a local folder; raises `bad_setting` where the folder is not a whole model of that kind."""
    network = load_network(folder, NETWORKS, "SAM 2.1")
    preprocessing = read_preprocessing(folder)
    side_px = side_of(network)
    if dict(preprocessing.size) != {"height": side_px, "width": side_px}:
        fault = f"scales frames to {dict(preprocessing.size)} for a network that takes height and width of {side_px}"
        raise bad_files(folder, fault)
    return Sam2(network, preprocessing, device, dtype, rules or Sam2Rules())


def side_of(network: Sam2Model) -> int:
    """Pixels of the sides of the squares that a network takes."""
    prompts: Any = network.config.prompt_encoder_config
    return int(prompts.image_size)


def scale_up(logits: Tensor, size_hw: Sequence[int]) -> Tensor:
    """Masks' logits (N×h×w) at another height and width (float32), as transformers scales them: between the centres of
    pixels.
    """
    if not len(logits):
        return torch.zeros((0, *size_hw), device=logits.device)
    return interpolate(logits[None].float(), tuple(size_hw), mode="bilinear", align_corners=False)[0]


def read_preprocessing(folder: Path) -> Preprocessing:
    """What a folder's preprocessor_config.json asks for; raises `bad_setting` where it is missing or incomplete."""
    settings = read_object(folder / PREPROCESSOR)
    if settings.get("resample") not in FILTERS:
        raise bad_files(folder, f"scales with filter {settings.get('resample')}, which is none of {dict(FILTERS)}")
    try:
        return Preprocessing(
            size=settings["size"],
            filter_name=FILTERS[settings["resample"]],
            rescale_factor=settings["rescale_factor"],
            mean=tuple(settings["image_mean"]),
            std=tuple(settings["image_std"]),
            size_divisor=settings.get("size_divisor") or 1,
        )
    except KeyError as error:
        raise bad_files(folder, f"holds a {PREPROCESSOR} without {error}") from error
