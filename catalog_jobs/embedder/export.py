"""Export the embedder: `python -m catalog_jobs.embedder.export --weights embedder.pt --data DIR --out DIR`.

Writes image_tower.onnx, text_tower.onnx, tokenizer.json and image_text.json (what was fitted), and prints what
`python -m catalog_jobs.cards embedder --export` takes.
"""

import argparse
import json
import shutil
from pathlib import Path
from typing import Final

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnx import helper
from torch import Tensor, nn

from catalog_jobs.embedder.network import DIMENSION, ImageTower, WordsHead
from catalog_jobs.embedder.sentences import MAX_TOKENS, Sentences, minilm_folder
from catalog_jobs.graphs import fold_batch_norms, halve_weights, store_as_bytes, to_onnx, version_of

IMAGE_FILE, TEXT_FILE, TOKENIZER_FILE = "image_tower.onnx", "text_tower.onnx", "tokenizer.json"
MAX_IMAGE_BYTES: Final = 12 * 1000**2
MAX_TEXT_BYTES: Final = 24 * 1000**2
# Least cosine between what torch and the exported file say of one input; the text tower's weights are rounded to bytes.
MIN_IMAGE_COSINE, MIN_TEXT_COSINE = 0.9995, 0.99
SIDE_PX: Final = 192
SOME_TEXTS: Final = ("crimson gown", "light denim", "a woman wearing a black leather jacket", "orange suit", "hat")


class PixelsTower(nn.Module):
    """The image tower on images as they are decoded: uint8 B×S×S×3 RGB."""

    def __init__(self, tower: ImageTower) -> None:
        super().__init__()
        self.tower = tower

    def forward(self, pixels: Tensor) -> Tensor:
        vectors: Tensor = self.tower(pixels.permute(0, 3, 1, 2).float())
        return vectors


class TextTower(nn.Module):
    """Tokens and their mask (B×T) to unit vectors (B×384)."""

    def __init__(self, sentences: Sentences, head: WordsHead) -> None:
        super().__init__()
        self.sentences = sentences
        self.head = head

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        vectors: Tensor = self.head(self.sentences(tokens, mask))
        return vectors


def export_image_tower(tower: ImageTower, out: Path, version: str, side_px: int) -> float:
    """Write the image tower; returns the least cosine to torch. Raises ValueError for a file too large or too far."""
    network = PixelsTower(fold_batch_norms(tower)).eval()
    pixels = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, side_px, side_px, 3), np.uint8))
    model = to_onnx(network, {"pixels": pixels}, ["vectors"], {"pixels": {0: "batch"}, "vectors": {0: "batch"}})
    halve_weights(model)
    properties = {"version": version, "side_px": str(side_px), "dimension": str(DIMENSION)}
    helper.set_model_props(model, properties)
    with torch.no_grad():
        wanted = network(pixels).numpy()
    return write_checked(model, out, MAX_IMAGE_BYTES, {"pixels": pixels.numpy()}, wanted, MIN_IMAGE_COSINE)


def export_text_tower(sentences: Sentences, head: WordsHead, out: Path, version: str) -> float:
    """Write the text tower; returns the least cosine to torch over some texts. Raises ValueError as the other does."""
    network = TextTower(sentences, head).eval()
    keep_positions(sentences, MAX_TOKENS)
    encoded = sentences.tokenizer.encode_batch(list(SOME_TEXTS))
    tokens = torch.tensor([entry.ids for entry in encoded])
    mask = torch.tensor([entry.attention_mask for entry in encoded])
    free = {0: "batch", 1: "tokens"}
    axes = {"tokens": free, "mask": free, "vectors": {0: "batch"}}
    model = to_onnx(network, {"tokens": tokens, "mask": mask}, ["vectors"], axes)
    store_as_bytes(model)
    helper.set_model_props(model, {"version": version})
    with torch.no_grad():
        wanted = network(tokens, mask).numpy()
    inputs = {"tokens": tokens.numpy(), "mask": mask.numpy()}
    return write_checked(model, out, MAX_TEXT_BYTES, inputs, wanted, MIN_TEXT_COSINE)


def keep_positions(sentences: Sentences, count: int) -> None:
    """Forget the positions that no text reaches."""
    embeddings = sentences.bert.embeddings
    if embeddings.position_embeddings.num_embeddings > count:
        kept = embeddings.position_embeddings.weight.data[:count].clone()
        embeddings.position_embeddings = nn.Embedding(kept.shape[0], kept.shape[1], _weight=kept)
        for name in ("position_ids", "token_type_ids"):
            setattr(embeddings, name, getattr(embeddings, name)[:, :count])


def write_checked(
    model: onnx.ModelProto,
    out: Path,
    max_bytes: int,
    inputs: dict[str, NDArray[np.generic]],
    wanted: NDArray[np.float32],
    min_cosine: float,
) -> float:
    """Write a graph if it is small enough and answers as torch does; returns the least cosine between the two."""
    onnx.checker.check_model(model, full_check=True)
    data = model.SerializeToString()
    if len(data) > max_bytes:
        raise ValueError(f"{out.name} has {len(data)} bytes, over the limit of {max_bytes}; narrow the network")
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    got = session.run(["vectors"], inputs)[0]
    cosine = float((wanted * got).sum(1).min())
    if cosine < min_cosine:
        raise ValueError(f"{out.name} answers with a cosine of {cosine:.4f} to torch, under the limit of {min_cosine}")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(data)
    return cosine


def export(weights: Path, out: Path, sentences_dir: Path | None, side_px: int) -> dict[str, object]:
    """Write both towers and the tokenizer into a folder; returns sizes and the least cosines to torch."""
    state = torch.load(weights, map_location="cpu", weights_only=True)
    tower, head = ImageTower(), WordsHead()
    tower.load_state_dict(state["tower"])
    head.load_state_dict(state["head"])
    folder = minilm_folder(sentences_dir)
    version = version_of(weights)
    images = export_image_tower(tower, out / IMAGE_FILE, version, side_px)
    texts = export_text_tower(Sentences(folder), head, out / TEXT_FILE, version)
    shutil.copyfile(folder / TOKENIZER_FILE, out / TOKENIZER_FILE)
    sizes = {name: (out / name).stat().st_size for name in (IMAGE_FILE, TEXT_FILE, TOKENIZER_FILE)}
    return {"version": version, "bytes": sizes, "image_cosine": round(images, 5), "text_cosine": round(texts, 5)}


def main() -> None:
    """Read the arguments, export, fit, and print what came out."""
    from catalog_jobs.embedder.fit import write_calibration

    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--weights", type=Path, required=True, help="embedder.pt of catalog_jobs.embedder.train")
    arguments.add_argument("--data", type=Path, required=True, help="folder with ccp/ and clothing/")
    arguments.add_argument("--out", type=Path, required=True, help="where the files go")
    arguments.add_argument("--sentences", type=Path, help="folder of all-MiniLM-L6-v2; its package if left out")
    arguments.add_argument("--side-px", type=int, default=SIDE_PX, help="side of the square that a picture is put into")
    options = arguments.parse_args()
    made = export(options.weights, options.out, options.sentences, options.side_px)
    made["fitted"] = write_calibration(options.out, options.data)
    print(json.dumps(made))


if __name__ == "__main__":
    main()
