"""Export the garment parser: `python -m catalog_jobs.parser.export --weights parser.pt --data DIR --out FILE.onnx`."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import helper
from torch import Tensor, nn

from catalog_jobs.graphs import fold_batch_norms, halve_weights, to_onnx, version_of
from catalog_jobs.parser.network import GarmentParser
from catalog_jobs.parser.photos import Groups

MAX_FILE_BYTES = 8 * 1000**2
MAX_ERROR = 0.02
OUTPUTS = ("logits", "votes", "presence")


class PixelsParser(nn.Module):
    """The parser on images as they are decoded: uint8 B×H×W×3 RGB."""

    def __init__(self, parser: GarmentParser) -> None:
        super().__init__()
        self.parser = parser

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        parsing = self.parser(pixels.permute(0, 3, 1, 2).float())
        return parsing.logits, parsing.votes, parsing.presence


def graph_of(parser: GarmentParser) -> onnx.ModelProto:
    """The folded parser as a float32 graph with free batch, height and width."""
    axes = {"pixels": {0: "batch", 1: "height", 2: "width"}, "presence": {0: "batch"}}
    axes |= {name: {0: "batch", 2: "rows", 3: "columns"} for name in OUTPUTS[:2]}
    pixels = torch.zeros(2, 96, 64, 3, dtype=torch.uint8)
    return to_onnx(PixelsParser(fold_batch_norms(parser)), {"pixels": pixels}, OUTPUTS, axes)


@torch.no_grad()
def largest_error(parser: GarmentParser, model: bytes, size_wh: tuple[int, int] = (320, 448)) -> float:
    """Largest difference between torch and the exported graph on random pixels, relative to the output's spread."""
    width, height = size_wh
    pixels = np.random.default_rng(0).integers(0, 256, (2, height, width, 3), np.uint8)
    wanted = PixelsParser(parser).eval()(torch.from_numpy(pixels))
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    got = session.run(list(OUTPUTS), {"pixels": pixels})
    return max(float(np.abs(w.numpy() - g).max() / w.numpy().std()) for w, g in zip(wanted, got, strict=True))


def export(weights: Path, out: Path, names: Sequence[str]) -> dict[str, object]:
    """Write the ONNX file and return its version, size and largest error.

    Raises ValueError if it is too large or too far from what was trained.
    """
    parser = GarmentParser(len(names))
    parser.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    parser.eval()
    model = graph_of(parser)
    halve_weights(model)
    version = version_of(weights)
    helper.set_model_props(model, {"version": version, "groups": json.dumps(list(names))})
    onnx.checker.check_model(model, full_check=True)
    data = model.SerializeToString()
    if len(data) > MAX_FILE_BYTES:
        raise ValueError(f"the file has {len(data)} bytes, over the limit of {MAX_FILE_BYTES}; narrow the network")
    error = largest_error(parser, data)
    if error > MAX_ERROR:
        raise ValueError(f"the exported graph is {error:.4f} away from torch, over the limit of {MAX_ERROR}")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(data)
    return {"version": version, "bytes": len(data), "largest_error": round(error, 5)}


def main() -> None:
    """Read the arguments, export, and print what came out; `catalog_jobs.cards` takes it as --export."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--weights", type=Path, required=True, help="parser.pt of catalog_jobs.parser.train")
    arguments.add_argument("--data", type=Path, required=True, help="folder with labels.json and groups.json")
    arguments.add_argument("--out", type=Path, required=True, help="where the ONNX file goes")
    options = arguments.parse_args()
    names = Groups.load(options.data / "labels.json", options.data / "groups.json").names
    print(json.dumps(export(options.weights, options.out, names)))


if __name__ == "__main__":
    main()
