"""Export the garment parser: `python -m catalog_jobs.parser.export --weights parser.pt --data DIR --out FILE.onnx`.

The file computes in bytes, which takes two thirds of the time and half of the room; the ranges of its layers come from
photos that it was trained on.
"""

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

from catalog_jobs.graphs import fold_batch_norms, to_onnx, version_of
from catalog_jobs.parser.network import GarmentParser
from catalog_jobs.parser.photos import Groups, Image, read_rgb, split_names
from catalog_jobs.parser.train import fit_inside
from catalog_jobs.quantize import computing_in_bytes
from serve_app.models.garment_parser import FRAME_LONG_SIDE_PX

MAX_FILE_BYTES = 8 * 1000**2
# Cells (of a grid four times coarser than the photo) that the file gives to another group than torch does.
MAX_CHANGED_SHARE = 0.03
N_CALIBRATION, N_CHECKED = 48, 8
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
def changed_share(parser: GarmentParser, model: bytes, photos: Sequence[Image]) -> float:
    """Share of the cells of photos (H×W×3 RGB) that torch and an exported graph give to different groups."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    network = PixelsParser(parser).eval()
    changed = []
    for pixels in photos:
        wanted = network(torch.from_numpy(pixels)[None])[0].argmax(1).numpy()
        got = session.run(["logits"], {"pixels": pixels[None]})[0].argmax(1)
        changed.append(float((wanted != got).mean()))
    return float(np.mean(changed))


def export(weights: Path, out: Path, names: Sequence[str], photos: Sequence[Image]) -> dict[str, object]:
    """Write the ONNX file and return its version, its size and the share of cells that the rounding changes.

    names: of the groups. photos: H×W×3 RGB with sides that are multiples of 32, which set the ranges of the layers.
    Raises ValueError if the file is too large or too far from what was trained.
    """
    parser = GarmentParser(len(names))
    parser.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    parser.eval()
    model = computing_in_bytes(graph_of(parser), [{"pixels": pixels[None]} for pixels in photos])
    version = version_of(weights)
    helper.set_model_props(model, {"version": version, "groups": json.dumps(list(names))})
    onnx.checker.check_model(model, full_check=True)
    data = model.SerializeToString()
    if len(data) > MAX_FILE_BYTES:
        raise ValueError(f"the file has {len(data)} bytes, over the limit of {MAX_FILE_BYTES}; narrow the network")
    changed = changed_share(parser, data, photos[:: max(1, len(photos) // N_CHECKED)])
    if changed > MAX_CHANGED_SHARE:
        raise ValueError(
            f"the exported graph gives {changed:.4f} of the cells to another group than torch, over the limit of "
            f"{MAX_CHANGED_SHARE}; train longer, or calibrate on more photos"
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(data)
    return {"version": version, "bytes": len(data), "changed_share": round(changed, 5)}


def calibration_photos(photos_dir: Path) -> list[Image]:
    """Some of the photos to train on, evenly over their names, at the size that is served."""
    names = split_names(photos_dir)[0]
    chosen = names[:: max(1, len(names) // N_CALIBRATION)]
    return [fit_inside(read_rgb(photos_dir / f"{name}.jpg"), FRAME_LONG_SIDE_PX) for name in chosen]


def main() -> None:
    """Read the arguments, export, and print what came out; `catalog_jobs.cards` takes it as --export."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--weights", type=Path, required=True, help="parser.pt of catalog_jobs.parser.train")
    arguments.add_argument("--data", type=Path, required=True, help="folder with photos/, labels.json, groups.json")
    arguments.add_argument("--out", type=Path, required=True, help="where the ONNX file goes")
    options = arguments.parse_args()
    names = Groups.load(options.data / "labels.json", options.data / "groups.json").names
    photos = calibration_photos(options.data / "photos")
    print(json.dumps(export(options.weights, options.out, names, photos)))


if __name__ == "__main__":
    main()
