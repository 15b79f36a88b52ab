"""From torch to small ONNX files: batch norms folded, weights stored as halves or bytes and computed in float32."""

import copy
import hashlib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

Network = TypeVar("Network", bound=nn.Module)

OPSET = 17
# Smaller initializers (biases, shapes, resize scales) stay float32: shrinking them saves nothing.
MIN_SHRUNK_VALUES = 256
# Which convolution of an EfficientNet's modules goes with which batch norm.
NAMED_PAIRS = {
    "_conv_stem": "_bn0", "_expand_conv": "_bn0", "_depthwise_conv": "_bn1", "_project_conv": "_bn2",
    "_conv_head": "_bn1",
}  # fmt: skip


def fold_batch_norms(network: Network) -> Network:
    """A copy in eval mode whose batch norms are part of the convolutions before them."""
    folded = copy.deepcopy(network).eval()
    for module in list(folded.modules()):
        for convolution, norm in NAMED_PAIRS.items():
            if isinstance(getattr(module, convolution, None), nn.Conv2d):
                fold_pair(module, convolution, norm)
        if isinstance(module, nn.Sequential):
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


def to_onnx(
    network: nn.Module,
    inputs: Mapping[str, Tensor],
    outputs: Sequence[str],
    axes: Mapping[str, Mapping[int, str]],
) -> onnx.ModelProto:
    """A float32 graph of a network in eval mode. axes: of each input and output those that are free, by name."""
    buffer = io.BytesIO()
    # The other exporter of torch needs the package onnxscript; this one is complete for these networks.
    torch.onnx.export(
        network.eval(),
        tuple(inputs.values()),
        buffer,  # type: ignore[arg-type]
        input_names=list(inputs),
        output_names=list(outputs),
        dynamic_axes={name: dict(free) for name, free in axes.items()},
        opset_version=OPSET,
        dynamo=False,
    )
    return onnx.load_from_string(buffer.getvalue())


def halve_weights(model: onnx.ModelProto) -> None:
    """Store the large initializers as float16, each followed by a Cast that the runtime folds when it loads."""
    casts = []
    for tensor in large_floats(model):
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=onnx.TensorProto.FLOAT))
    put_first(model, casts)


def store_as_bytes(model: onnx.ModelProto) -> None:
    """Store the large matrices as int8 with a scale a row or column, put together again when the runtime loads.

    The scales go along the longer side, so that a table of words has one for each word. The sums are computed in
    float32: only the weights are rounded.
    """
    nodes = []
    for tensor in list(large_floats(model)):
        values = numpy_helper.to_array(tensor)
        if values.ndim != 2:
            continue
        name = tensor.name
        rounded, scales = as_bytes(values)
        tensor.CopyFrom(numpy_helper.from_array(rounded, f"{name}.int8"))
        model.graph.initializer.append(numpy_helper.from_array(scales, f"{name}.scale"))
        nodes.append(helper.make_node("Cast", [f"{name}.int8"], [f"{name}.cast"], to=onnx.TensorProto.FLOAT))
        nodes.append(helper.make_node("Mul", [f"{name}.cast", f"{name}.scale"], [name]))
    put_first(model, nodes)


def as_bytes(values: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """A matrix as int8 and its scales (one a row or one a column, the finer of the two)."""
    axis = 1 if values.shape[0] >= values.shape[1] else 0
    scales = np.abs(values).max(axis, keepdims=True).clip(1e-12) / 127
    return np.rint(values / scales).astype(np.int8), scales.astype(np.float32)


def large_floats(model: onnx.ModelProto) -> list[onnx.TensorProto]:
    """The float32 initializers that are worth shrinking."""
    return [
        tensor
        for tensor in model.graph.initializer
        if tensor.data_type == onnx.TensorProto.FLOAT and np.prod(tensor.dims) >= MIN_SHRUNK_VALUES
    ]


def put_first(model: onnx.ModelProto, nodes: Sequence[onnx.NodeProto]) -> None:
    """Put nodes before all others of the graph."""
    nodes = [*nodes, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def version_of(*files: Path) -> str:
    """The first twelve hex digits of the SHA-256 of files, one after another."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
