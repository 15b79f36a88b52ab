"""Tiny towers made of a few ONNX nodes: what they say of a picture or a text can be counted by hand.

A picture's vector is its mean red, green and blue; a text's is the mean of its words' rows in a table. So "red" lies
where a red picture lies, and both towers are ready in milliseconds.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from serve_app.contract import Cutoffs, WordFit
from serve_app.models.calibration import AttributeFit, Calibration
from serve_app.models.garment_parser import GARMENT_PARSER
from serve_app.models.rows import WEIGHTS_DIR

VERSION = "0123456789ab"
SIDE_PX = 8
DIMENSION = 3
# A word's direction in the space of mean colours; a word that is not here has none.
WORDS: Mapping[str, tuple[float, float, float]] = {
    "[UNK]": (0.0, 0.0, 0.0),
    "red": (1.0, 0.0, 0.0),
    "green": (0.0, 1.0, 0.0),
    "blue": (0.0, 0.0, 1.0),
    "dress": (0.1, 0.1, 0.1),
}
CUTOFFS = Cutoffs(exact=0.9, similar=0.7, same=0.85, unrelated=0.3)
# Patterns stand for colours here, as nothing smaller tells them apart: solid is red, striped is green.
PATTERN = AttributeFit(
    name="pattern",
    prompts={"solid": ("red", "red dress"), "striped": ("green",)},
    biases={"solid": 0.0, "striped": 0.0},
    scale=10.0,
    min_confidence=0.8,
    types=("top", "dress"),
)


def calibration(version: str = VERSION) -> Calibration:
    """What was fitted for the towers."""
    return Calibration(
        model_version=version, cutoffs={"default": CUTOFFS}, words=WordFit(scale=8, bias=-4), attributes=(PATTERN,)
    )


def write_towers(folder: Path, version: str = VERSION, text_version: str | None = None) -> Path:
    """The files of the image–text embedder in a folder, which is given back."""
    folder.mkdir(parents=True, exist_ok=True)
    properties = {"version": version, "side_px": str(SIDE_PX), "dimension": str(DIMENSION)}
    save(picture_tower(), folder / "image_tower.onnx", properties)
    save(text_tower(), folder / "text_tower.onnx", {"version": text_version or version})
    tokenizer = Tokenizer(WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "image_text.json").write_text(json.dumps(calibration(version).model_dump(mode="json")))
    return folder


def picture_tower() -> onnx.GraphProto:
    """uint8 B×H×W×3 → the unit vector (B×3) of the mean colour."""
    nodes = [
        helper.make_node("Cast", ["pixels"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["numbers"], ["means"], axes=[1, 2], keepdims=0),
        *unit_nodes("means"),
    ]
    return graph(nodes, [("pixels", TensorProto.UINT8, ("batch", "height", "width", 3))], [])


def text_tower() -> onnx.GraphProto:
    """int64 tokens and mask (B×T) → the unit vector (B×3) of the sum of the rows of the tokens that count."""
    table = np.array(list(WORDS.values()), np.float32)
    nodes = [
        helper.make_node("Gather", ["table", "tokens"], ["rows"]),
        helper.make_node("Cast", ["mask"], ["counts"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["counts", "last"], ["weights"]),
        helper.make_node("Mul", ["rows", "weights"], ["counted"]),
        helper.make_node("ReduceSum", ["counted", "middle"], ["sums"], keepdims=0),
        *unit_nodes("sums"),
    ]
    inputs = [(name, TensorProto.INT64, ("batch", "length")) for name in ("tokens", "mask")]
    return graph(nodes, inputs, [("table", table), ("last", np.array([2])), ("middle", np.array([1]))])


def unit_nodes(name: str) -> list[onnx.NodeProto]:
    """From a B×D tensor to `vectors`, each row of length 1."""
    return [
        helper.make_node("ReduceL2", [name], ["lengths"], axes=[1], keepdims=1),
        helper.make_node("Max", ["lengths", "least"], ["divisors"]),
        helper.make_node("Div", [name, "divisors"], ["vectors"]),
    ]


def graph(
    nodes: Sequence[onnx.NodeProto],
    inputs: Sequence[tuple[str, int, tuple[str | int, ...]]],
    constants: Sequence[tuple[str, NDArray[np.generic]]],
) -> onnx.GraphProto:
    """A graph with the output `vectors`."""
    return helper.make_graph(
        nodes,
        "tower",
        [helper.make_tensor_value_info(*one) for one in inputs],
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ("batch", DIMENSION))],
        [numpy_helper.from_array(value, name) for name, value in [*constants, ("least", np.array(1e-9, np.float32))]],
    )


def save(tower: onnx.GraphProto, path: Path, properties: Mapping[str, str]) -> None:
    """Write a tower with what it says of itself."""
    model = helper.make_model(tower, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, dict(properties))
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString())


def write_family(folder: Path) -> Path:
    """The files of the whole family in a folder: the parser that ships, and the tiny towers."""
    write_towers(folder)
    (folder / GARMENT_PARSER.files[0]).symlink_to(WEIGHTS_DIR / GARMENT_PARSER.files[0])
    return folder
