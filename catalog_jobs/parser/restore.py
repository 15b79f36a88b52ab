"""Go on from earlier weights: from those of a training, or from a file that ships.

The latter's batch norms were folded away; its encoder gets them again.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn

from catalog_jobs.parser.network import PIXEL_MEAN, PIXEL_SCALE, InvertedResidual, Lite0Encoder, SameConv
from catalog_jobs.parser.photos import Photo

PREFIX = "parser.encoder."
NORMS = {"_conv_stem": "_bn0", "_expand_conv": "_bn0", "_depthwise_conv": "_bn1", "_project_conv": "_bn2"}


def restore_encoder(encoder: Lite0Encoder, file: Path, views: Sequence[Tensor]) -> None:
    """Load the encoder of an exported parser. Its answers stay the same, up to the rounding of the file's weights.

    views: batches of images (B×3×H×W, 0..255), which tell what each convolution gives: every batch norm is set to
    those statistics and to undo itself. Raises ValueError where the file holds no such encoder.
    """
    stored = stored_floats(onnx.load(file))
    owners = [module for module in encoder.modules() if isinstance(module, (Lite0Encoder, InvertedResidual))]
    names = {module: name for name, module in encoder.named_modules()}
    biases: dict[SameConv, Tensor] = {}
    for owner in owners:
        for convolution in NORMS:
            if not hasattr(owner, convolution):
                continue
            where = f"{PREFIX}{names[owner]}.{convolution}".replace("..", ".")
            if f"{where}.weight" not in stored:
                raise ValueError(f"{file} has no {where}.weight; it is no garment parser of this encoder")
            module = getattr(owner, convolution)
            module.weight.data.copy_(torch.from_numpy(stored[f"{where}.weight"]))
            biases[module] = torch.from_numpy(stored[f"{where}.bias"])
            norm = getattr(owner, NORMS[convolution])
            norm.reset_parameters()
            module.register_forward_hook(settle(norm, biases[module]))
    encoder.eval()
    with torch.no_grad():
        encoder((torch.cat(list(views)) - PIXEL_MEAN) / PIXEL_SCALE)
    for module in biases:
        module._forward_hooks.clear()


def stored_floats(model: onnx.ModelProto) -> dict[str, NDArray[np.float32]]:
    """Weights and biases by name, as float32, of a file that keeps them so, as halves, or as integers with scales.

    Of the latter without those of plain matrices, whose scales may lie along either side.
    """
    kept = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    floats = {}
    for name, values in kept.items():
        scale = kept.get(f"{name}_scale", kept.get(f"{name.removesuffix('_quantized')}_scale"))
        if name.endswith("_quantized") and scale is not None and values.ndim != 2:
            by_row = scale.reshape(-1, *[1] * (values.ndim - 1))
            floats[name.removesuffix("_quantized")] = (values * by_row).astype(np.float32)
        elif values.dtype in (np.float16, np.float32):
            floats[name.removesuffix(".half")] = values.astype(np.float32)
    return floats


def settle(norm: nn.BatchNorm2d, bias: Tensor):  # type: ignore[no-untyped-def]  # noqa: ANN201  # a torch hook
    """A hook that sets a batch norm from what its convolution gives, before it is applied."""

    def hook(_module: nn.Module, _inputs: tuple[Tensor, ...], given: Tensor) -> None:
        mean, variance = given.mean((0, 2, 3)), given.var((0, 2, 3), unbiased=False)
        norm.running_mean.copy_(mean)  # type: ignore[union-attr]
        norm.running_var.copy_(variance)  # type: ignore[union-attr]
        norm.weight.data.copy_((variance + norm.eps).sqrt())
        norm.bias.data.copy_(mean + bias)

    return hook


def go_on(network: nn.Module, state: Mapping[str, Tensor]) -> list[str]:
    """Load a training's weights, and return the names of parameters that start anew.

    A layer that has become wider keeps what it knew in its first channels, and the new ones are not listened to yet.
    """
    wanted = network.state_dict()
    for name, now in wanted.items():
        before = state.get(name)
        if before is None or not fits_into(before, now):
            continue
        known = tuple(slice(side) for side in before.shape)
        if before.dim() > 1:
            now[: before.shape[0], before.shape[1] :] = 0
        now[known] = before
    return [name for name in wanted if name not in state]


def fits_into(before: Tensor, now: Tensor) -> bool:
    """Whether a tensor is as large as another one, or smaller, along each of its axes."""
    return before.dim() == now.dim() and all(b <= n for b, n in zip(before.shape, now.shape, strict=True))


def some_views(photos: Sequence[Photo], size_wh: tuple[int, int], n_views: int = 24) -> list[Tensor]:
    """Whole photos at one size, evenly over the list."""
    chosen = [photos[int(i)] for i in np.linspace(0, len(photos) - 1, n_views)]
    resized = [cv2.resize(photo.pixels, size_wh, interpolation=cv2.INTER_AREA) for photo in chosen]
    return [torch.from_numpy(np.asarray(pixels)).permute(2, 0, 1)[None].float() for pixels in resized]
