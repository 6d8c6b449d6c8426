import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="quantizing needs the extra train")

from nuclarium.predict.engine import start_engine  # noqa: E402
from nuclarium.train.int8 import _double_by_copying, int8_network_of  # noqa: E402

SHAPES = {
    "first": (32, 1, 3, 3),
    "each": (32, 1, 3, 3),
    "mixed": (32, 32, 1, 1),
    "again": (32, 1, 3, 3),
    "last": (2, 32, 1, 1),
}


def layered(seed=0, *, resize=None):
    """An ONNX network of five convolutions, two of them by channel, the fourth at a larger size."""
    make, rng = onnx.helper.make_node, np.random.default_rng(seed)
    weights = [
        onnx.numpy_helper.from_array(rng.normal(0, 0.5, shape).astype(np.float32), f"{name}_w")
        for name, shape in SHAPES.items()
    ]
    weights.append(onnx.numpy_helper.from_array(np.float32([1, 1, 2, 2]), "scales"))
    how = resize or {
        "mode": "nearest",
        "coordinate_transformation_mode": "asymmetric",
        "nearest_mode": "floor",
    }
    nodes, before = [], "pixels"
    for name, shape in SHAPES.items():
        if name == "again":
            nodes.append(
                make("Resize", [before, "", "scales"], ["doubled"], name="doubling", **how)
            )
            before = "doubled"
        after = "logits" if name == "last" else name
        padding = {"pads": [1] * 4} if shape[-1] == 3 else {}
        group = {"group": 32} if name in ("each", "again") else {}
        nodes.append(make("Conv", [before, f"{name}_w"], [after], name=name, **padding, **group))
        before = after
    kind = onnx.TensorProto.FLOAT
    pixels = onnx.helper.make_tensor_value_info("pixels", kind, ["n", 1, "h", "w"])
    logits = onnx.helper.make_tensor_value_info("logits", kind, ["n", 2, "h2", "w2"])
    graph = onnx.helper.make_graph(nodes, "layered", [pixels], [logits], weights)
    version = [onnx.helper.make_opsetid("", 18)]
    return onnx.helper.make_model(graph, opset_imports=version, ir_version=9).SerializeToString()


@pytest.fixture
def inputs(rng):
    return [rng.random((1, 1, 32, 48), dtype=np.float32) for _ in range(4)]


def test_first_two_layers_and_the_last_stay_in_floats(inputs):
    small = onnx.load_from_string(int8_network_of(layered(), inputs))
    values = [onnx.numpy_helper.to_array(array) for array in small.graph.initializer]
    rounded = [array for array in values if array.dtype == np.int8 and array.ndim == 4]
    assert [array.shape for array in rounded] == [SHAPES["mixed"], SHAPES["again"]]
    assert all(32 < np.abs(array).max() <= 64 for array in rounded), "7 bits"
    exact = [array.shape for array in values if array.dtype == np.float32 and array.ndim == 4]
    assert exact == [SHAPES[name] for name in ("first", "each", "last")]


def test_integers_give_nearly_the_same_logits(rng, inputs):
    small = start_engine(int8_network_of(layered(), inputs), engine="onnxruntime")
    exact = start_engine(layered(), engine="onnxruntime")
    pixels = rng.random((2, 1, 64, 32), dtype=np.float32)
    found, expected = small.run(pixels), exact.run(pixels)
    assert found.shape == expected.shape == (2, 2, 128, 64)
    assert np.abs(found - expected).max() < 0.05 * np.ptp(expected)


def test_copies_enlarge_as_the_layer_did(rng, inputs, monkeypatch):
    """Bit by bit, also where height and width differ."""
    pixels = rng.random((3, 1, 32, 80), dtype=np.float32)
    copied = int8_network_of(layered(), inputs)
    graph = onnx.load_from_string(copied).graph
    used = {name for node in graph.node for name in node.input}
    assert {array.name for array in graph.initializer} <= used
    monkeypatch.setattr("nuclarium.train.int8._double_by_copying", lambda graph: None)
    layer = int8_network_of(layered(), inputs)
    kinds = [
        {node.op_type for node in onnx.load_from_string(n).graph.node} for n in (copied, layer)
    ]
    assert "Resize" in kinds[1] - kinds[0]
    answers = [start_engine(n, engine="onnxruntime").run(pixels) for n in (copied, layer)]
    assert np.array_equal(*answers)


@pytest.mark.parametrize(
    "resize",
    [
        {"mode": "linear", "coordinate_transformation_mode": "half_pixel"},
        {"mode": "nearest", "coordinate_transformation_mode": "half_pixel"},
    ],
)
def test_other_ways_of_enlarging_stay(inputs, resize):
    small = onnx.load_from_string(int8_network_of(layered(resize=resize), inputs))
    assert "Resize" in {node.op_type for node in small.graph.node}


def test_enlarging_of_floats_stays():
    graph = onnx.load_from_string(layered()).graph
    before = [node.SerializeToString() for node in graph.node]
    _double_by_copying(graph)
    assert [node.SerializeToString() for node in graph.node] == before
