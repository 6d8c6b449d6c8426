"""Run a network: ONNX Runtime in the core install, OpenVINO where it is installed."""

from __future__ import annotations

import importlib.util
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import MissingExtraError, ModelError
from nuclarium.predict.quantized import has_int8_network, int8_network
from nuclarium.predict.turned import TurnedEngine

EngineName = Literal["auto", "onnxruntime", "onnxruntime-int8", "openvino", "openvino-bf16"]
Array = npt.NDArray[np.float32]
_SMALL_SIDE = 64


class Engine(Protocol):
    """A network that is ready to run; several threads may run it at once."""

    name: str

    def run(self, pixels: Array) -> Array:
        """Return logits, float32 of shape (N, K, H, W), for input of shape (N, C, H, W)."""
        ...

    def release(self) -> None:
        """Give back the memory that runs have left; the network stays ready."""
        ...


class OnnxRuntimeEngine:
    """ONNX Runtime on the CPU.

    Parameters
    ----------
    network : bytes
        An ONNX file.
    threads : int
        Threads that one run uses.
    """

    def __init__(self, network: bytes, threads: int, name: str = "onnxruntime") -> None:
        import onnxruntime

        self.name = name

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        # A remembered memory pattern doubles what the arena holds once sizes vary.
        options.enable_mem_pattern = False
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(
                network,
                options,
                providers=[("CPUExecutionProvider", {"arena_extend_strategy": "kSameAsRequested"})],
            )
        except Exception as error:
            raise ModelError(_broken(error)) from error
        self._input = self._session.get_inputs()[0].name

    def run(self, pixels: Array) -> Array:
        """Return logits; see `Engine`."""
        logits: Array = self._session.run(None, {self._input: pixels})[0]
        return logits

    def release(self) -> None:
        """Shrink the arena, which happens at the end of a run: of a very small one."""
        import onnxruntime

        options = onnxruntime.RunOptions()
        options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
        shape = [
            side if isinstance(side, int) else _SMALL_SIDE if axis > 1 else 1
            for axis, side in enumerate(self._session.get_inputs()[0].shape)
        ]
        self._session.run(None, {self._input: np.zeros(shape, np.float32)}, options)


# Its bindings make shared values at the first run of a process, and hang for good when two threads
# do so at once: one holds the interpreter's lock and waits for the other, which waits for the lock.
_OPENVINO_FIRST_RUN = threading.Lock()
_OPENVINO_HAS_RUN = threading.Event()


class OpenVinoEngine:
    """OpenVINO on the CPU, in single precision or in bfloat16.

    Parameters
    ----------
    network : bytes
        An ONNX file.
    threads : int
        Threads that one run uses.
    precision : str
        ``f32``, or ``bf16``: half the time on a processor that computes with it, and labels that
        differ by a few pixels; other processors keep to single precision.
    """

    def __init__(
        self, network: bytes, threads: int, precision: Literal["f32", "bf16"] = "f32"
    ) -> None:
        self.name = "openvino" if precision == "f32" else f"openvino-{precision}"
        try:
            import openvino
        except ModuleNotFoundError as error:
            raise MissingExtraError("The engine OpenVINO", "openvino") from error
        core = openvino.Core()
        streams = max(1, (os.cpu_count() or 1) // threads)
        settings = {
            "NUM_STREAMS": streams,
            "INFERENCE_NUM_THREADS": streams * threads,
            "INFERENCE_PRECISION_HINT": precision,
        }
        try:
            self._compiled: Any = core.compile_model(core.read_model(network), "CPU", settings)
        except Exception as error:
            raise ModelError(_broken(error)) from error
        self._local = threading.local()

    def run(self, pixels: Array) -> Array:
        """Return logits; see `Engine`."""
        if _OPENVINO_HAS_RUN.is_set():
            return self._run(pixels)
        with _OPENVINO_FIRST_RUN:
            logits = self._run(pixels)
            _OPENVINO_HAS_RUN.set()
        return logits

    def release(self) -> None:
        """Let OpenVINO free what it keeps between runs, as far as no other run is under way."""
        with suppress(RuntimeError):
            self._compiled.release_memory()

    def _run(self, pixels: Array) -> Array:
        if not hasattr(self._local, "request"):
            self._local.request = self._compiled.create_infer_request()
        result = self._local.request.infer({0: pixels}, share_inputs=True)
        return np.array(result[0], np.float32)


def _int8_engine(network: bytes, threads: int) -> Engine:
    quantized = int8_network(network)
    if quantized is None:
        raise ModelError(
            "The engine onnxruntime-int8 needs a model file with an 8-bit network, but this one "
            "has none. Make one with `nuclarium quantize`, or take the engine onnxruntime."
        )
    return OnnxRuntimeEngine(quantized, threads, "onnxruntime-int8")


_ENGINES: dict[str, Callable[[bytes, int], Engine]] = {
    "onnxruntime": OnnxRuntimeEngine,
    "onnxruntime-int8": _int8_engine,
    "openvino": OpenVinoEngine,
    "openvino-bf16": partial(OpenVinoEngine, precision="bf16"),
}


def start_engine(
    network: bytes, *, engine: EngineName = "auto", threads: int = 1, turns: int = 1
) -> Engine:
    """Make a network ready to run.

    Parameters
    ----------
    network : bytes
        A model file, or any ONNX file.
    engine : str
        ``auto`` takes ``onnxruntime-int8`` where the file carries an 8-bit network, as the shipped
        ones do. Without one it takes OpenVINO where it is installed, else ONNX Runtime.
        ``openvino-bf16`` is never taken unasked.
    threads : int
        Threads that one run uses.
    turns : int
        Turns and reflections that the answer is averaged over; see `turned.TurnedEngine`.

    Raises
    ------
    ModelError
        If the network cannot be loaded, or has no 8-bit form when that is asked for.
    MissingExtraError
        If OpenVINO is asked for and not installed.
    """
    started: Engine = _ENGINES[_chosen(engine, network)](network, threads)
    return started if turns == 1 else TurnedEngine(started, turns)


def _chosen(engine: EngineName, network: bytes) -> str:
    """Name of the engine that ``auto`` means for a model file here, or the one asked for."""
    if engine != "auto":
        return engine
    if has_int8_network(network):
        return "onnxruntime-int8"
    return "openvino" if importlib.util.find_spec("openvino") else "onnxruntime"


def _broken(error: Exception) -> str:
    reason = str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
    return (
        f"The model's network cannot be started ({reason}). Make the file again with "
        "`nuclarium export`, or take a shipped model."
    )
