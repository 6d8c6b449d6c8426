import importlib.util
import subprocess
import sys

import numpy as np
import pytest
from tests.contracts.engine import EngineContract
from tests.local_networks import local_network

from nuclarium.core.errors import ModelError
from nuclarium.predict.engine import OnnxRuntimeEngine, OpenVinoEngine, start_engine
from nuclarium.predict.model import load_model
from nuclarium.predict.quantized import INT8_KEY, int8_network, packed

HAS_OPENVINO = importlib.util.find_spec("openvino") is not None
needs_openvino = pytest.mark.skipif(not HAS_OPENVINO, reason="the extra openvino is not installed")


class TestOnnxRuntime(EngineContract):
    def start(self, network, threads):
        return OnnxRuntimeEngine(network, threads)


@needs_openvino
class TestOpenVino(EngineContract):
    def start(self, network, threads):
        return OpenVinoEngine(network, threads)


@needs_openvino
def test_bfloat16_gives_nearly_the_same_logits(rng):
    pixels = rng.random((1, 1, 32, 32), dtype=np.float32)
    exact = OpenVinoEngine(local_network(), 1)
    fast = start_engine(local_network(), engine="openvino-bf16")
    assert (exact.name, fast.name) == ("openvino", "openvino-bf16")
    np.testing.assert_allclose(fast.run(pixels), exact.run(pixels), rtol=0.02, atol=0.02)


@needs_openvino
def test_auto_takes_openvino_where_it_is_installed():
    assert start_engine(local_network()).name == "openvino"


def with_int8(text):
    """A model file that says to carry an 8-bit network."""
    onnx = pytest.importorskip("onnx")
    graph = onnx.load_from_string(local_network())
    entry = graph.metadata_props.add()
    entry.key, entry.value = INT8_KEY, text
    return graph.SerializeToString()


@pytest.mark.parametrize("name", ["fluo", "he"])
def test_shipped_models_run_in_8_bits_unasked_and_in_single_precision_when_asked(name, rng):
    model = load_model(name)
    pixels = rng.random((1, 3 if name == "he" else 1, 64, 96), dtype=np.float32)
    fast = start_engine(model.network)
    exact = start_engine(model.network, engine="onnxruntime")
    assert (fast.name, exact.name) == ("onnxruntime-int8", "onnxruntime")
    found, expected = fast.run(pixels), exact.run(pixels)
    assert found.shape == expected.shape
    assert not np.array_equal(found, expected)
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.98


def test_what_is_packed_into_a_model_file_is_what_is_run(rng):
    other = b"not even a network"
    assert int8_network(with_int8(packed(other))) == other
    with pytest.raises(ModelError, match="cannot be started"):
        start_engine(with_int8(packed(other)))


def test_8_bits_of_a_file_without_them_are_refused_with_what_to_do():
    assert int8_network(local_network()) is None
    with pytest.raises(ModelError, match="nuclarium quantize"):
        start_engine(local_network(), engine="onnxruntime-int8")


@pytest.mark.parametrize("text", ["", "no base 64", "QUJD"])
def test_8_bits_that_are_damaged_are_refused_and_the_rest_still_runs(text, rng):
    with pytest.raises(ModelError, match="cannot be unpacked"):
        start_engine(with_int8(text))
    engine = start_engine(with_int8(text), engine="onnxruntime")
    assert engine.run(rng.random((1, 1, 32, 32), dtype=np.float32)).shape == (1, 2, 32, 32)


def test_engine_that_is_named_is_started():
    assert start_engine(local_network(), engine="onnxruntime").name == "onnxruntime"


FIRST_RUNS = """
import os, sys, threading
import numpy as np
from nuclarium.predict.engine import OpenVinoEngine
engine = OpenVinoEngine(sys.stdin.buffer.read(), 1)
sys.setswitchinterval(1e-6)
gate = threading.Barrier(8)
def first():
    gate.wait()
    engine.run(np.zeros((1, 1, 64, 64), np.float32))
threads = [threading.Thread(target=first, daemon=True) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join(20) for thread in threads[:1]]
[thread.join(5) for thread in threads]
os._exit(any(thread.is_alive() for thread in threads))
"""


@needs_openvino
@pytest.mark.slow
@pytest.mark.parametrize("_", range(4))
def test_first_runs_of_several_threads_do_not_hang(_):
    """Without a lock about every third process hung; one process can show it once."""
    command = [sys.executable, "-c", FIRST_RUNS]
    done = subprocess.run(command, input=local_network(), timeout=60, check=False)
    assert done.returncode == 0
