"""From a float32 graph to one that computes in bytes, by what its layers give on real pictures."""

import copy
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

Inputs = Mapping[str, NDArray[np.generic]]


class SeenInputs(CalibrationDataReader):  # type: ignore[misc]  # the library has no types
    """Inputs one after another, as the calibration asks for them."""

    def __init__(self, inputs: Sequence[Inputs]) -> None:
        self.left: Iterator[Inputs] = iter(inputs)

    def get_next(self) -> Inputs | None:
        """The next inputs, None after the last."""
        return next(self.left, None)


def computing_in_bytes(model: onnx.ModelProto, inputs: Sequence[Inputs]) -> onnx.ModelProto:
    """A graph whose layers take and give uint8 and weigh by int8, one scale a channel.

    inputs: what the graph may be given; the ranges of its layers are the widest seen on them. The weights take seven
    of their eight bits: processors without VNNI would add two products of full bytes past the end of an int16.
    """
    with tempfile.TemporaryDirectory() as folder:
        plain, small = Path(folder) / "plain.onnx", Path(folder) / "small.onnx"
        # A copy: the library moves the weights of what it is given into a file.
        quant_pre_process(copy.deepcopy(model), plain, skip_symbolic_shape=True)
        quantize_static(
            plain,
            small,
            SeenInputs(inputs),
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
        )
        return onnx.load(small)
