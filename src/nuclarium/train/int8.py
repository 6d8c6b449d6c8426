"""A network in 8-bit integers: about 0.4 of the time, and nearly the same logits.

Weights and what flows between the layers become integers [1]_. How large that gets is learned from
inputs. The weights have 7 bits: with 8, the sums overflow on processors that have no instructions
for it (VNNI), and the nuclei are others. The first two layers and the last stay in single
precision: dim nuclei are a few steps of 8 bits above the ground until two layers have seen them,
and logits are read closer than in 256 steps.

References
----------
.. [1] B. Jacob et al., CVPR 2018, doi:10.1109/CVPR.2018.00286
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper
from onnxruntime import quantization
from onnxruntime.quantization.shape_inference import quant_pre_process

if TYPE_CHECKING:
    from collections.abc import Iterator

Array = npt.NDArray[np.float32]

FIRST_IN_FLOATS = 2
"""Layers that a network begins with, and are not rounded; nor is its last."""

_DOUBLED = [1.0, 1.0, 2.0, 2.0]


def int8_network_of(network: bytes, inputs: Sequence[Array]) -> bytes:
    """ONNX file of a network in 8-bit integers, whose ranges are those that inputs make.

    Parameters
    ----------
    network : bytes
        ONNX file in single precision.
    inputs : sequence of ndarray of float32, shape (1, C, H, W)
    """
    with tempfile.TemporaryDirectory() as name, _quiet():
        folder = Path(name)
        whole, lean, small = (folder / f"{part}.onnx" for part in ("whole", "lean", "int8"))
        graph = onnx.load_from_string(network)
        del graph.metadata_props[:]
        onnx.save(graph, whole)
        quant_pre_process(whole, lean, skip_symbolic_shape=True)
        quantization.quantize_static(
            lean,
            small,
            _Reader(graph.graph.input[0].name, inputs),
            quant_format=quantization.QuantFormat.QDQ,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
            nodes_to_exclude=_kept_in_floats(onnx.load(lean).graph),
        )
        quantized = onnx.load(small)
    _double_by_copying(quantized.graph)
    onnx.checker.check_model(quantized)
    return bytes(quantized.SerializeToString())


def _kept_in_floats(graph: onnx.GraphProto) -> list[str]:
    """Names of the nodes that are not rounded: some layers, and what only follows on such."""
    layers = [node.name for node in graph.node if node.op_type == "Conv"]
    ends = {*layers[:FIRST_IN_FLOATS], *layers[-1:]}
    constant = {array.name for array in graph.initializer}
    exact = {entry.name for entry in graph.input}
    kept = []
    for node in graph.node:
        shown = [name for name in node.input if name and name not in constant]
        if node.name in ends or (node.op_type != "Conv" and exact.issuperset(shown)):
            exact.update(node.output)
            kept.append(node.name)
    return kept


def _double_by_copying(graph: onnx.GraphProto) -> None:
    """Write every enlargement of integers by two as copies of whole pixels.

    ONNX Runtime keeps integers with the channels last, and enlarges them there one by one, which
    is slow (benchmarks/int8_layers.py). The result is the same.
    """
    values = {array.name: numpy_helper.to_array(array) for array in graph.initializer}
    makers = {name: node for node in graph.node for name in node.output}
    users: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)
    for node in [node for node in graph.node if _is_doubling(node, values)]:
        before, after = makers.get(node.input[0]), users.get(node.output[0], [])
        if before is None or before.op_type != "DequantizeLinear" or len(after) != 1:
            continue
        if after[0].op_type != "QuantizeLinear" or not _alike(before, after[0], values):
            continue
        nodes, constants = _copies(before.input[0], after[0].output[0], node.name)
        graph.initializer.extend(constants)
        place = list(graph.node).index(after[0])
        for new in reversed(nodes):
            graph.node.insert(place, new)
        graph.node.remove(after[0])
        graph.node.remove(node)
        if len(users[before.output[0]]) == 1:
            graph.node.remove(before)
    used = {name for node in graph.node for name in node.input}
    for array in [array for array in graph.initializer if array.name not in used]:
        graph.initializer.remove(array)


def _is_doubling(node: onnx.NodeProto, values: dict[str, npt.NDArray[Any]]) -> bool:
    """Whether a node takes every pixel twice, along both sides."""
    if node.op_type != "Resize" or len(node.input) != 3 or node.input[2] not in values:
        return False
    settings = {entry.name: helper.get_attribute_value(entry) for entry in node.attribute}
    how = [settings.get(name) for name in ("mode", "coordinate_transformation_mode")]
    is_nearest = how == [b"nearest", b"asymmetric"] and settings.get("nearest_mode") == b"floor"
    return is_nearest and values[node.input[2]].tolist() == _DOUBLED


def _alike(one: onnx.NodeProto, other: onnx.NodeProto, values: dict[str, npt.NDArray[Any]]) -> bool:
    """Whether two nodes stand for the same steps of integers."""
    pairs = zip(one.input[1:], other.input[1:], strict=True)
    return all(a == b or np.array_equal(values[a], values[b]) for a, b in pairs)


def _copies(
    source: str, result: str, name: str
) -> tuple[list[onnx.NodeProto], list[onnx.TensorProto]]:
    """Nodes and constants that copy every pixel of (N, C, H, W) into (N, C, 2H, 2W)."""
    constants: list[onnx.TensorProto] = []
    nodes: list[onnx.NodeProto] = []

    def constant(part: str, numbers: Sequence[int]) -> str:
        array = np.array(numbers, np.int64)
        constants.append(numpy_helper.from_array(array, f"{name}/{part}"))
        return f"{name}/{part}"

    def add(kind: str, inputs: Sequence[str], to: str | None = None, **settings: Any) -> str:
        to = to or f"{name}/{kind}_{len(nodes)}"
        nodes.append(helper.make_node(kind, inputs, [to], name=f"{name}/{len(nodes)}", **settings))
        return to

    pixels = add("Transpose", [source], perm=[0, 2, 3, 1])
    shape = add("Mul", [add("Shape", [pixels]), constant("larger", [1, 2, 2, 1])])
    apart = add("Unsqueeze", [pixels, constant("axes", [2, 4])])
    copied = add("Expand", [apart, constant("twice", [1, 1, 2, 1, 2, 1])])
    doubled = add("Reshape", [copied, shape])
    add("Transpose", [doubled], result, perm=[0, 3, 1, 2])
    return nodes, constants


class _Reader(quantization.CalibrationDataReader):
    """Inputs one after the other, as ONNX Runtime asks for them."""

    def __init__(self, name: str, inputs: Sequence[Array]) -> None:
        self._rest = iter([{name: pixels} for pixels in inputs])

    def get_next(self) -> dict[str, Any] | None:
        """Return the next input, or None after the last."""
        return next(self._rest, None)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep back advice of ONNX Runtime's quantizer that its caller has followed."""
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
