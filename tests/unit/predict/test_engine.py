import importlib.util
import subprocess
import sys

import numpy as np
import pytest
from tests.contracts.engine import EngineContract
from tests.local_networks import local_network

from nuclarium.predict.engine import OnnxRuntimeEngine, OpenVinoEngine, start_engine

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
