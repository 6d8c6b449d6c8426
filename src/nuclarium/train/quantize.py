"""A model file gets its network in 8-bit integers as well, if both find the same nuclei."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx

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
from nuclarium.train.int8 import int8_network_of

Array = npt.NDArray[np.float32]

LEAST_AGREEMENT = 0.95
"""F1 at an IoU of 0.5 between the nuclei of both networks, below which no file is written."""

_MOST_SIDE = 512
_MOST_INPUTS = 300
_NOTHING = -20.0


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
        Called with 1 for every image that both networks have segmented.

    Raises
    ------
    ModelError
        If the two networks do not find the same nuclei, an F1 of less than 0.95 at an IoU of 0.5.
    NuclariumError
        If an image cannot be read, or the file cannot be written.
    """
    model = load_model(source)
    recorder = _Recorder()
    for path in images:  # as they are, so that no rule of sizes has a part in the network
        _segmented(path, model, recorder, ViewSettings(magnification=1.0))
    network = int8_network_of(model.network, recorder.inputs)
    exact = OnnxRuntimeEngine(model.network, available_cores())
    rounded = OnnxRuntimeEngine(network, available_cores(), "onnxruntime-int8")
    total: ImageScores | None = None
    for path in images:
        scores = score(_segmented(path, model, rounded), _segmented(path, model, exact))
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


@dataclass
class _Recorder:
    """An engine that finds nothing, and keeps what it was given, the middle of what is large."""

    name: str = "recorder"
    inputs: list[Array] = field(default_factory=list)

    def run(self, pixels: Array) -> Array:
        """Return logits; see `Engine`."""
        if len(self.inputs) < _MOST_INPUTS:
            self.inputs.append(_middle(pixels))
        return np.full((len(pixels), 2, *pixels.shape[2:]), _NOTHING, np.float32)

    def release(self) -> None:
        """Give back memory; see `Engine`."""


def _middle(pixels: Array) -> Array:
    """Middle of an input, 512 px wide and high at most; it begins where the network's steps do."""
    top, left = (max(0, side - _MOST_SIDE) // 2 // 32 * 32 for side in pixels.shape[2:])
    middle = pixels[:, :, top : top + _MOST_SIDE, left : left + _MOST_SIDE]
    return np.ascontiguousarray(middle)


def _segmented(
    path: Path, model: Model, engine: Engine, settings: ViewSettings | None = None
) -> Labels:
    """Labels of the first plane, as a user gets them, or as the settings say."""
    with open_image(path) as image:
        selection = select(image, model=model.name, kind=model.input.kind)
        view = choose_views(selection, model, engine, settings or ViewSettings())[0]
        plane = selection.planes[0]
        found = segment_selected(plane, selection.channel, model, engine, view=view)
        return found.to_array()
