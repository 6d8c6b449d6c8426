"""A model's network in 8-bit integers: about 0.6 of the time, and nearly the same nuclei.

Weights and what flows between the layers become integers [1]_. How large that gets is learned from
images. The weights have 7 bits: with 8, the sums overflow on processors that have no instructions
for it (VNNI), and the nuclei are others. Layers that begin or end with few channels stay in single
precision, the first, the last and those of one channel at a time among them: they are little work,
and rounding them costs most.

References
----------
.. [1] B. Jacob et al., CVPR 2018, doi:10.1109/CVPR.2018.00286
"""

from __future__ import annotations

import logging
import math
import tempfile
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import onnx
from onnxruntime import quantization
from onnxruntime.quantization.shape_inference import quant_pre_process

from nuclarium.core.errors import ModelError
from nuclarium.core.labels import Labels
from nuclarium.evaluate import ImageScores, score
from nuclarium.io import open_image
from nuclarium.io.write import written_whole
from nuclarium.predict.engine import Engine, OnnxRuntimeEngine
from nuclarium.predict.model import Model, load_model
from nuclarium.predict.quantized import INT8_KEY, packed
from nuclarium.predict.segment import available_cores, choose_views, segment_selected, select
from nuclarium.predict.view import ViewSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

Array = npt.NDArray[np.float32]

LEAST_AGREEMENT = 0.95
"""F1 at an IoU of 0.5 between the nuclei of both networks, below which no file is written."""

NARROW = 24
"""Layers with fewer channels, on either side, are not rounded."""

_MOST_SIDE = 512
_MOST_INPUTS = 300


@dataclass(frozen=True)
class Quantized:
    """What became of a model.

    Parameters
    ----------
    model : Model
        As it is read back from the file.
    images : int
        Images that both networks were compared on.
    agreement : ImageScores
        Nuclei of the 8-bit network against those of the one in single precision.
    """

    model: Model
    images: int
    agreement: ImageScores


def quantize_model(
    source: str | Path,
    images: Sequence[Path],
    out: Path,
    *,
    seen: Callable[[int], None] = lambda number: None,
) -> Quantized:
    """Write a copy of a model file that carries its network in 8-bit integers as well.

    Parameters
    ----------
    source : str or Path
        Name of a shipped model, or a model file.
    images : sequence of Path
        Ten or more, like those that the model is used on. Best are some that it learned from: on
        others, both networks can be compared afterwards.
    out : Path
        Model file to write; it may be `source`.
    seen : callable
        Called with 1 for every image that was segmented; each is twice.

    Raises
    ------
    ModelError
        If the two networks do not find the same nuclei, an F1 of less than 0.95 at an IoU of 0.5.
    NuclariumError
        If an image cannot be read, or the file cannot be written.
    """
    model = load_model(source)
    recorder = _Recorder(OnnxRuntimeEngine(model.network, available_cores()))
    exact = []
    for path in images:
        exact.append(_segmented(path, model, recorder))
        seen(1)
    network = int8_network_of(model.network, recorder.inputs)
    engine = OnnxRuntimeEngine(network, available_cores(), "onnxruntime-int8")
    total: ImageScores | None = None
    for path, expected in zip(images, exact, strict=True):
        scores = score(_segmented(path, model, engine), expected)
        total = scores if total is None else total + scores
        seen(1)
    f1 = float("nan") if total is None else total.matches[0].f1
    if total is None or not f1 >= LEAST_AGREEMENT:
        found = "no nuclei" if math.isnan(f1) else f"an F1 of {f1:.3f}"
        raise ModelError(
            f"In 8 bits the network must find the same nuclei, an F1 of {LEAST_AGREEMENT} at an "
            f"IoU of 0.5, but {found} is what came of {len(images)} images. Give more images, like "
            "those that the model is used on, or leave the model as it is."
        )
    graph = onnx.load_from_string(model.network)
    kept = [entry for entry in graph.metadata_props if entry.key != INT8_KEY]
    del graph.metadata_props[:]
    graph.metadata_props.extend(kept)
    entry = graph.metadata_props.add()
    entry.key, entry.value = INT8_KEY, packed(network)
    with written_whole(out) as part:
        part.write_bytes(graph.SerializeToString())
    return Quantized(load_model(out), len(images), total)


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
        return small.read_bytes()


def _kept_in_floats(graph: onnx.GraphProto) -> list[str]:
    """Names of the nodes that are not rounded: narrow layers, and what only follows on such."""
    shapes = {array.name: tuple(array.dims) for array in graph.initializer}
    exact = {entry.name for entry in graph.input}
    kept = []
    for node in graph.node:
        if node.op_type == "Conv":
            is_exact = min(shapes[node.input[1]][:2]) < NARROW
        else:
            is_exact = exact.issuperset(name for name in node.input if name and name not in shapes)
        if is_exact:
            exact.update(node.output)
            kept.append(node.name)
    return kept


@dataclass
class _Recorder:
    """An engine that keeps what it was given, the middle of what is large."""

    engine: Engine
    name: str = "recorder"
    inputs: list[Array] = field(default_factory=list)

    def run(self, pixels: Array) -> Array:
        """Return logits; see `Engine`."""
        if len(self.inputs) < _MOST_INPUTS:
            self.inputs.append(_middle(pixels))
        return self.engine.run(pixels)

    def release(self) -> None:
        """Give back memory; see `Engine`."""
        self.engine.release()


class _Reader(quantization.CalibrationDataReader):
    """Inputs one after the other, as ONNX Runtime asks for them."""

    def __init__(self, name: str, inputs: Sequence[Array]) -> None:
        self._rest = iter([{name: pixels} for pixels in inputs])

    def get_next(self) -> dict[str, Any] | None:
        """Return the next input, or None after the last."""
        return next(self._rest, None)


def _middle(pixels: Array) -> Array:
    """Middle of an input, 512 px wide and high at most; it begins where the network's steps do."""
    top, left = (max(0, side - _MOST_SIDE) // 2 // 32 * 32 for side in pixels.shape[2:])
    middle = pixels[:, :, top : top + _MOST_SIDE, left : left + _MOST_SIDE]
    return np.ascontiguousarray(middle)


def _segmented(path: Path, model: Model, engine: Engine) -> Labels:
    """Labels of the first plane, as a user gets them."""
    with open_image(path) as image:
        selection = select(image, model=model.name, kind=model.input.kind)
        view = choose_views(selection, model, engine, ViewSettings())[0]
        plane = selection.planes[0]
        found = segment_selected(plane, selection.channel, model, engine, view=view)
        return found.to_array()


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep back advice of ONNX Runtime's quantizer that its caller has followed."""
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
