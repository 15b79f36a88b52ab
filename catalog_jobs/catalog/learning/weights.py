"""Weights of our own embedder, out of the ONNX files that ship and back into them; see `catalog_jobs.graphs`."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import nn

from catalog_jobs.embedder.network import ImageTower, WordsHead
from catalog_jobs.graphs import fold_batch_norms
from serve_app.errors import ModelServerError

IMAGES_PREFIX, HEAD_PREFIX = "tower.", "head."
HALF, BYTES, SCALE = ".half", ".int8", ".scale"


def read_graph(file: Path) -> onnx.ModelProto:
    """A graph; raises ModelServerError for a file that is missing or none."""
    try:
        return onnx.load(file)
    except Exception as fault:
        told = str(fault).partition("\n")[0]
        raise ModelServerError("bad_setting", f"{file} cannot be read ({told}); name another folder") from fault


def floats_of(graph: onnx.GraphProto) -> dict[str, NDArray[np.float32]]:
    """Weights by name as float32: kept so, as halves, or in bytes with scales, see `catalog_jobs.graphs`."""
    kept = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    floats = {}
    for name, values in kept.items():
        plain = name.removesuffix(HALF).removesuffix(BYTES)
        if name.endswith(BYTES):
            floats[plain] = (values * kept[f"{plain}{SCALE}"]).astype(np.float32)
        elif values.dtype in (np.float16, np.float32) and not name.endswith(SCALE):
            floats[plain] = values.astype(np.float32)
    return floats


def restore_tower(model: onnx.ModelProto) -> ImageTower:
    """The image tower of a file, its batch norms folded; raises ModelServerError where it is another network."""
    tower = fold_batch_norms(ImageTower())
    load_weights(tower, floats_of(model.graph), IMAGES_PREFIX)
    return tower.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]  # the stub


def restore_head(model: onnx.ModelProto) -> WordsHead:
    """The words head of a text tower's file; raises ModelServerError where it has none."""
    head = WordsHead()
    load_weights(head, floats_of(model.graph), HEAD_PREFIX)
    return head


def load_weights(module: nn.Module, floats: Mapping[str, NDArray[np.float32]], prefix: str) -> None:
    """Weights of a graph into a module of the same names; counters of batches are none."""
    wanted = [name for name in module.state_dict() if not name.endswith("num_batches_tracked")]
    missing = [name for name in wanted if f"{prefix}{name}" not in floats]
    if missing:
        raise ModelServerError(
            "bad_setting", f"the graph has no {prefix}{missing[0]}: it is none that `catalog_jobs.embedder` exported"
        )
    module.load_state_dict({name: torch.from_numpy(floats[f"{prefix}{name}"].copy()) for name in wanted}, strict=False)


def arrays_of(module: nn.Module) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """The weights of a module by name."""
    for name, values in module.state_dict().items():
        if values.is_floating_point():
            yield name, values.detach().cpu().contiguous().numpy().astype(np.float32)


def put_weights(model: onnx.ModelProto, values: Mapping[str, NDArray[np.float32]]) -> None:
    """Put weights into a graph under their names. Halves stay halves; what was bytes becomes float32, for whose small
    changes bytes are too coarse.
    """
    graph = model.graph
    of_bytes = {name for name in values if any(tensor.name == f"{name}{BYTES}" for tensor in graph.initializer)}
    for tensor in graph.initializer:
        name = tensor.name.removesuffix(HALF)
        if name in values:
            kind = np.float16 if tensor.name.endswith(HALF) else np.float32
            tensor.CopyFrom(numpy_helper.from_array(values[name].astype(kind), tensor.name))
    spent = {f"{name}{end}" for name in of_bytes for end in (BYTES, SCALE)}
    made = {f"{name}.cast" for name in of_bytes} | of_bytes
    nodes = [node for node in graph.node if not made.intersection(node.output)]
    tensors = [tensor for tensor in graph.initializer if tensor.name not in spent]
    tensors += [numpy_helper.from_array(values[name], name) for name in sorted(of_bytes)]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(tensors)
