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

from catalog_jobs.evaluate.parser import Report, measure_file, summary
from catalog_jobs.graphs import fold_batch_norms, halve_weights, to_onnx, version_of
from catalog_jobs.parser.card import Making, card_text
from catalog_jobs.parser.network import GarmentParser
from catalog_jobs.parser.photos import VALIDATION_FILE, Groups, split_names

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


def export(weights: Path, out: Path, names: Sequence[str]) -> float:
    """Write the ONNX file and return its largest error; raises ValueError if it is too large or too far off."""
    parser = GarmentParser(len(names))
    parser.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    parser.eval()
    model = graph_of(parser)
    halve_weights(model)
    helper.set_model_props(model, {"version": version_of(weights), "groups": json.dumps(list(names))})
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
    print(json.dumps({"file": str(options.out), "bytes": size, "largest_error": round(error, 5), **summary(report)}))


if __name__ == "__main__":
    main()
