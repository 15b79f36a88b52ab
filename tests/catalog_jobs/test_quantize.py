"""Graphs on their way to bytes."""

from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="the jobs need torch: pip install 'reelwear[models]'")

import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from catalog_jobs.quantize import pad_in_convolutions


def padded(amounts: list[int], value: float = 0.0, **of_pad: Any) -> onnx.ModelProto:
    """A convolution of 2×3×3 weights with a stride of two behind a node that pads; own padding of one at the top."""
    weights = np.random.default_rng(0).normal(size=(4, 2, 3, 3)).astype(np.float32)
    constants = [
        numpy_helper.from_array(np.array(amounts, np.int64), "amounts"),
        numpy_helper.from_array(np.array(value, np.float32), "value"),
        numpy_helper.from_array(weights, "weights"),
    ]
    nodes = [
        helper.make_node("Pad", ["x", "amounts", "value"], ["wide"], **of_pad),
        helper.make_node("Conv", ["wide", "weights"], ["y"], strides=[2, 2], pads=[1, 0, 0, 0]),
    ]
    x, y = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, n, None, None]) for name, n in (("x", 2), ("y", 4))
    )
    graph = helper.make_graph(nodes, "padded", [x], [y], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def answer(model: onnx.ModelProto) -> Any:
    x = np.random.default_rng(1).normal(size=(1, 2, 9, 12)).astype(np.float32)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0]


def test_zeros_that_a_node_adds_are_added_by_the_convolution() -> None:
    model = padded([0, 0, 0, 1, 0, 0, 1, 2])
    wanted = answer(model)
    pad_in_convolutions(model)
    assert [node.op_type for node in model.graph.node] == ["Conv"]
    onnx.checker.check_model(model)
    np.testing.assert_allclose(answer(model), wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "model",
    [
        pytest.param(padded([0, 0, 1, 1, 0, 0, 1, 1], value=2.0), id="no zeros"),
        pytest.param(padded([0, 0, 1, 1, 0, 0, 1, 1], mode="edge"), id="the edge repeated"),
        pytest.param(padded([0, 0, 1, 1, 1, 0, 1, 1]), id="more pictures"),
    ],
)
def test_other_padding_stays_a_node(model: onnx.ModelProto) -> None:
    wanted = answer(model)
    pad_in_convolutions(model)
    assert [node.op_type for node in model.graph.node] == ["Pad", "Conv"]
    np.testing.assert_array_equal(answer(model), wanted)
