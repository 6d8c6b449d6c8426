"""Networks of a few lines that see a few pixels: as numpy engines, and as model files."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from nuclarium.predict.engine import Array
from nuclarium.predict.model import METADATA_KEY, DecoderSpec, InputSpec, Kind, model_metadata


class SmoothingEngine:
    """The mean of 3 × 3 px as both maps; on a grid of 2 × 2 px where `stride` is 2.

    Counts its runs; `fails_after` makes it raise from that run on.
    """

    name = "numpy"

    def __init__(self, *, stride: int = 1, fails_after: int | None = None) -> None:
        self.stride = stride
        self.fails_after = fails_after
        self.runs = 0
        self._lock = threading.Lock()

    def release(self) -> None:
        pass

    def run(self, pixels: Array) -> Array:
        with self._lock:
            self.runs += 1
            if self.fails_after is not None and self.runs > self.fails_after:
                raise MemoryError("the network gave up")
        n, _, height, width = pixels.shape
        s = self.stride
        coarse = pixels[:, 0].reshape(n, height // s, s, width // s, s).max(axis=(2, 4))
        coarse = coarse.repeat(s, axis=1).repeat(s, axis=2)
        around = np.pad(coarse, ((0, 0), (1, 1), (1, 1)))
        shifted = [around[:, y : y + height, x : x + width] for y in range(3) for x in range(3)]
        mean = np.sum(shifted, axis=0) / np.float32(9)
        return np.stack([12 * mean - 4, 6 * mean - 3], axis=1).astype(np.float32)


def local_network(kind: str = "fluorescence") -> bytes:
    """An ONNX network that averages 3 × 3 px for the foreground, 9 × 9 px for the distance.

    For colour it takes the darkness of all three.
    """
    onnx = pytest.importorskip("onnx", reason="model files are made with the extra train")
    make = onnx.helper.make_node
    channels = 3 if kind == "colour" else 1
    nodes = [
        make("AveragePool", ["pixels"], ["fine"], kernel_shape=[3, 3], pads=[1] * 4),
        make("AveragePool", ["pixels"], ["broad"], kernel_shape=[9, 9], pads=[4] * 4),
        make("Concat", ["fine", "broad"], ["both"], axis=1),
        make("Conv", ["both", "weight", "bias"], ["logits"]),
    ]
    rows = np.array([[6.0, 3.0], [-5.0, -2.5]])[channels // 3]
    weight = np.diag(rows).repeat(channels, axis=1).astype(np.float32)[:, :, None, None]
    bias = np.array([[3.0, 0.0], [4.0, 1.0]], np.float32)[channels // 3]
    constants = [
        onnx.numpy_helper.from_array(weight, "weight"),
        onnx.numpy_helper.from_array(bias, "bias"),
    ]
    float_type = onnx.TensorProto.FLOAT
    pixels = onnx.helper.make_tensor_value_info("pixels", float_type, ["n", channels, "h", "w"])
    logits = onnx.helper.make_tensor_value_info("logits", float_type, ["n", 2, "h", "w"])
    graph = onnx.helper.make_graph(nodes, "local", [pixels], [logits], constants)
    model = onnx.helper.make_model(
        graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=9
    )
    return model.SerializeToString()


def write_local_model(
    path: Path, *, tile_size: int = 256, kind: Kind = "fluorescence", **card: str
) -> Path:
    """A model file of nuclarium that holds `local_network`."""
    import onnx

    graph = onnx.load_from_string(local_network(kind))
    entry = graph.metadata_props.add()
    entry.key = METADATA_KEY
    spec = InputSpec(kind=kind, divisor=2, tile_size=tile_size, halo=8)
    entry.value = model_metadata("local", spec, DecoderSpec(), card)
    path.write_bytes(graph.SerializeToString())
    return path
