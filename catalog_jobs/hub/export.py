"""Export a CLIP or SigLIP to ONNX: `python -m catalog_jobs.hub.export --model FOLDER --out DIR [--int8]`.

The folder is one that the model server loads: FashionCLIP, CLIP ViT-B/32, Marqo-FashionSigLIP, or any other CLIP or
SigLIP with safetensors. Into DIR go image.onnx, text.onnx, tokenizer.json and embedder.json, which run without
transformers. What the export loses against torch is printed as JSON: how far the vectors turn and, with --images,
whether views of the pictures of a folder still find the same pictures.
"""

import argparse
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import onnx
import torch
from torch import Tensor, nn

from catalog_jobs.evaluate.large import scale_and_bias
from catalog_jobs.graphs import to_onnx, version_of
from catalog_jobs.hub.loss import TEXTS, measure_pictures, measure_texts, pictures_of
from catalog_jobs.quantize import computing_products_in_bytes
from serve_app.errors import ModelServerError
from serve_app.models.large.clip import ClipEmbedder, load_clip, unit
from serve_app.models.large.exported import EXPORTED_FILES, IMAGE_FILE, TEXT_FILE, TOKENIZER_FILE
from serve_app.models.large.onnx_clip import EmbedderCard, load_onnx_clip

# Least cosine between what torch and a float32 graph say of one input.
MIN_COSINE: Final = 0.9999
MOST_PICTURES: Final = 400


class ImageTower(nn.Module):
    """Numbers of pictures (B×3×h×w) to unit vectors (B×D)."""

    def __init__(self, embedder: ClipEmbedder) -> None:
        super().__init__()
        self.network = embedder.network

    def forward(self, pixels: Tensor) -> Tensor:
        return unit(self.network.get_image_features(pixel_values=pixels).pooler_output)


class TextTower(nn.Module):
    """Tokens (B×T) to unit vectors (B×D)."""

    def __init__(self, embedder: ClipEmbedder) -> None:
        super().__init__()
        self.network = embedder.network

    def forward(self, tokens: Tensor) -> Tensor:
        return unit(self.network.get_text_features(input_ids=tokens).pooler_output)


def image_graph(embedder: ClipEmbedder) -> onnx.ModelProto:
    """The image tower in float32, of any number of pictures."""
    pixels = embedder.looks.numbers(torch.zeros(2, 3, *embedder.looks.side_hw, dtype=torch.uint8))
    axes = {"pixels": {0: "batch"}, "vectors": {0: "batch"}}
    return to_onnx(ImageTower(embedder), {"pixels": pixels}, ["vectors"], axes)


def text_graph(embedder: ClipEmbedder) -> onnx.ModelProto:
    """The text tower in float32, of any number of texts of one length."""
    tokens = torch.stack(embedder.words.encode(TEXTS[:1] * 2))
    axes = {"tokens": {0: "batch", 1: "length"}, "vectors": {0: "batch"}}
    return to_onnx(TextTower(embedder), {"tokens": tokens}, ["vectors"], axes)


def export(folder: Path, out: Path, is_int8: bool, pictures: Sequence[Path] = ()) -> dict[str, object]:
    """Write the four files, and return what they are and what they lose against torch.

    pictures: files to measure the loss on; none measures it on texts alone. Raises ModelServerError for a folder that
    is no CLIP or SigLIP, ValueError for a picture that is none and for float32 graphs that do not answer as torch.
    """
    embedder = load_clip(folder, torch.device("cpu"))
    # The plain form of attention has the fewest nodes; runtimes join them as they like.
    embedder.network.set_attn_implementation("eager")
    out.mkdir(parents=True, exist_ok=True)
    for name, graph in ((IMAGE_FILE, image_graph(embedder)), (TEXT_FILE, text_graph(embedder))):
        made = computing_products_in_bytes(graph) if is_int8 else graph
        onnx.checker.check_model(made)
        (out / name).write_bytes(made.SerializeToString())
    shutil.copyfile(folder / TOKENIZER_FILE, out / TOKENIZER_FILE)
    write_card(embedder, folder.name, out, is_int8)
    return describe(embedder, out, is_int8, pictures)


def write_card(embedder: ClipEmbedder, name: str, out: Path, is_int8: bool) -> None:
    """Write embedder.json, whose version is of all files beside it and of what it says itself."""
    scale, bias = scale_and_bias(embedder)
    card = EmbedderCard(
        name=f"{name}-int8" if is_int8 else name,
        version="",
        dimension=embedder.dimension,
        is_int8=is_int8,
        looks=embedder.looks,
        words=embedder.words.rules,
        made_from=f"{name} {embedder.version}",
        scale=scale,
        bias=bias,
    )
    files = (out / IMAGE_FILE, out / TEXT_FILE, out / TOKENIZER_FILE, card.save(out))
    card.model_copy(update={"version": version_of(*files)}).save(out)


def describe(embedder: ClipEmbedder, out: Path, is_int8: bool, pictures: Sequence[Path]) -> dict[str, object]:
    """What lies in an exported folder and what it loses; raises ValueError where float32 loses anything."""
    exported = load_onnx_clip(out, torch.get_num_threads())
    loss = {"texts": measure_texts(embedder, exported)}
    if pictures:
        loss["images"] = measure_pictures(pictures, embedder, exported)
    least = min(float(str(part["cosine"]["least"])) for part in loss.values())  # type: ignore[index]
    if not is_int8 and least < MIN_COSINE:
        raise ValueError(f"{out} answers with a cosine of {least} to torch, under the limit of {MIN_COSINE}")
    sizes = {name: (out / name).stat().st_size for name in EXPORTED_FILES}
    return {
        "name": exported.name,
        "version": exported.version,
        "dimension": exported.dimension,
        "bytes": sizes,
        "loss": loss,
    }


def main(argv: Sequence[str] | None = None) -> None:
    """Read the arguments, export, and print what came out as JSON."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--model", type=Path, required=True, metavar="FOLDER", help="folder of the model")
    arguments.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the files go")
    arguments.add_argument(
        "--int8", action="store_true", help="compute in bytes: a quarter of the size, quicker, a little less exact"
    )
    arguments.add_argument(
        "--images",
        type=Path,
        metavar="DIR",
        help=f"pictures, or class folders of them, to measure the loss on; at most {MOST_PICTURES} are taken",
    )
    options = arguments.parse_args(argv)
    try:
        pictures = pictures_of(options.images, MOST_PICTURES) if options.images else ()
        made = export(options.model, options.out, options.int8, pictures)
    except (ModelServerError, ValueError) as fault:
        arguments.error(fault.message if isinstance(fault, ModelServerError) else str(fault))
    print(json.dumps(made))


if __name__ == "__main__":
    main()
