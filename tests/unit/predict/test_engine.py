import importlib.util

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
def test_auto_takes_openvino_where_it_is_installed():
    assert start_engine(local_network()).name == "openvino"


def test_engine_that_is_named_is_started():
    assert start_engine(local_network(), engine="onnxruntime").name == "onnxruntime"
