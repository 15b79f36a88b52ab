"""Export the garment parser: `python -m catalog_jobs.parser.export --weights parser.pt --data DIR --out FILE.onnx`."""

import argparse
import copy
import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import helper, numpy_helper
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from catalog_jobs.evaluate import Report, measure_file
from catalog_jobs.parser.card import Making, card_text
from catalog_jobs.parser.network import GarmentParser, InvertedResidual, Lite0Encoder
from catalog_jobs.parser.photos import VALIDATION_FILE, Groups, split_names

OPSET = 17
MAX_FILE_BYTES = 8 * 1000**2
MAX_ERROR = 0.02
# Smaller initializers (biases, shapes, resize scales) stay float32: halving them saves nothing.
MIN_HALVED_VALUES = 256
OUTPUTS = ("logits", "votes", "pooled")


class PixelsParser(nn.Module):
    """The parser on images as they are decoded: uint8 B×H×W×3 RGB."""

    def __init__(self, parser: GarmentParser) -> None:
        super().__init__()
        self.parser = parser

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        parsing = self.parser(pixels.permute(0, 3, 1, 2).float())
        return parsing.logits, parsing.votes, parsing.pooled


def fold_batch_norms(parser: GarmentParser) -> GarmentParser:
    """A copy of the parser, in eval mode, whose batch norms are part of the convolutions before them."""
    folded = copy.deepcopy(parser).eval()
    pairs = {"_conv_stem": "_bn0", "_expand_conv": "_bn0", "_depthwise_conv": "_bn1", "_project_conv": "_bn2"}
    for module in list(folded.modules()):
        if isinstance(module, (Lite0Encoder, InvertedResidual)):
            for convolution, norm in pairs.items():
                if hasattr(module, convolution):
                    fold_pair(module, convolution, norm)
        elif isinstance(module, nn.Sequential):
            for name in range(len(module) - 1):
                if isinstance(module[name], nn.Conv2d) and isinstance(module[name + 1], nn.BatchNorm2d):
                    fold_pair(module, str(name), str(name + 1))
    return folded


def fold_pair(owner: nn.Module, convolution: str, norm: str) -> None:
    """Fold one batch norm of a module into one of its convolutions, leaving the identity behind."""
    before, after = owner.get_submodule(convolution), owner.get_submodule(norm)
    if not isinstance(before, nn.Conv2d) or not isinstance(after, nn.BatchNorm2d):
        raise TypeError(f"{convolution} and {norm} are no convolution and batch norm")
    setattr(owner, convolution, fuse_conv_bn_eval(before, after))
    setattr(owner, norm, nn.Identity())


def to_onnx(parser: GarmentParser) -> onnx.ModelProto:
    """The folded parser as a float32 graph with free batch, height and width."""
    axes = {"pixels": {0: "batch", 1: "height", 2: "width"}}
    axes |= {name: {0: "batch", 2: "rows", 3: "columns"} for name in OUTPUTS[:2]} | {"pooled": {0: "batch"}}
    buffer = io.BytesIO()
    # The other exporter of torch needs the package onnxscript; this one is complete for this network.
    torch.onnx.export(
        PixelsParser(parser).eval(),
        (torch.zeros(2, 96, 64, 3, dtype=torch.uint8),),
        buffer,  # type: ignore[arg-type]
        input_names=["pixels"],
        output_names=list(OUTPUTS),
        dynamic_axes=axes,
        opset_version=OPSET,
        dynamo=False,
    )
    return onnx.load_from_string(buffer.getvalue())


def halve_weights(model: onnx.ModelProto) -> None:
    """Store the large initializers as float16, each followed by a Cast that the runtime folds when it loads."""
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT or np.prod(tensor.dims) < MIN_HALVED_VALUES:
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def weights_version(weights: Path) -> str:
    """The first twelve hex digits of the SHA-256 of a weights file."""
    return hashlib.sha256(weights.read_bytes()).hexdigest()[:12]


@torch.no_grad()
def largest_error(parser: GarmentParser, model: bytes, size_wh: tuple[int, int] = (320, 448)) -> float:
    """Largest difference between torch and the exported graph on random pixels, relative to the output's spread."""
    width, height = size_wh
    pixels = np.random.default_rng(0).integers(0, 256, (2, height, width, 3), np.uint8)
    wanted = PixelsParser(parser).eval()(torch.from_numpy(pixels))
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    got = session.run(list(OUTPUTS), {"pixels": pixels})
    return max(float(np.abs(w.numpy() - g).max() / w.numpy().std()) for w, g in zip(wanted, got, strict=True))


def export(weights: Path, out: Path, names: Sequence[str]) -> float:
    """Write the ONNX file and return its largest error; raises ValueError if it is too large or too far off."""
    parser = GarmentParser(len(names))
    parser.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    parser.eval()
    model = to_onnx(fold_batch_norms(parser))
    halve_weights(model)
    helper.set_model_props(model, {"version": weights_version(weights), "groups": json.dumps(list(names))})
    onnx.checker.check_model(model, full_check=True)
    data = model.SerializeToString()
    if len(data) > MAX_FILE_BYTES:
        raise ValueError(f"the file has {len(data)} bytes, over the limit of {MAX_FILE_BYTES}; narrow the network")
    error = largest_error(parser, data)
    if error > MAX_ERROR:
        raise ValueError(f"the exported graph is {error:.4f} away from torch, over the limit of {MAX_ERROR}")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(data)
    return error


def write_card(weights: Path, out: Path, data: Path, error: float) -> Report:
    """Measure the exported file on the photos it never saw and write its model card beside it."""
    recipe = weights.with_name("recipe.json")
    report = measure_file(out, data, VALIDATION_FILE)
    making = Making(
        n_training_photos=len(split_names(data / "photos")[0]),
        recipe=json.loads(recipe.read_text()) if recipe.is_file() else {},
        file_bytes=out.stat().st_size,
        largest_error=error,
    )
    out.with_suffix(".md").write_text(card_text(report, making))
    return report


def main() -> None:
    """Read the arguments, export, measure, and write the model card."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument(
        "--weights", type=Path, required=True, help="parser.pt of catalog_jobs.parser.train, with its recipe.json"
    )
    arguments.add_argument(
        "--data", type=Path, required=True, help="folder with photos/, masks/, labels.json, groups.json"
    )
    arguments.add_argument("--out", type=Path, required=True, help="where the ONNX file and, as .md, its card go")
    options = arguments.parse_args()
    names = Groups.load(options.data / "labels.json", options.data / "groups.json").names
    error = export(options.weights, options.out, names)
    report = write_card(options.weights, options.out, options.data, error)
    size = options.out.stat().st_size
    print(json.dumps({"file": str(options.out), "bytes": size, "largest_error": round(error, 5), **asdict(report)}))


if __name__ == "__main__":
    main()
