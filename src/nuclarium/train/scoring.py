"""Scores and times of a model file on the test part of a dataset, by the way of every user."""

from __future__ import annotations

import io
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.core.geometry import Box
from nuclarium.core.labels import Labels
from nuclarium.dataset.item import Item
from nuclarium.dataset.manifest import Dataset
from nuclarium.evaluate import ImageScores, score
from nuclarium.io.write import written_whole
from nuclarium.predict.engine import Engine, start_engine
from nuclarium.predict.finding import input_range
from nuclarium.predict.model import Model, load_model
from nuclarium.predict.plane import PlaneReader, segment_plane
from nuclarium.preprocess.intensity import sample_plane

MASK_THRESHOLD = 0.5


@dataclass(frozen=True)
class Predicted:
    """What a model says of one image.

    Parameters
    ----------
    foreground : ndarray of uint8, shape (H, W)
        Probability in 1/255.
    labels : ndarray of int32, shape (H, W)
    seconds : float
        From pixels to labels.
    network_seconds : float
        In the network alone.
    """

    foreground: npt.NDArray[np.uint8]
    labels: Labels
    seconds: float
    network_seconds: float

    @property
    def mask(self) -> npt.NDArray[np.int32]:
        """Pixels of at least `MASK_THRESHOLD`, as 1."""
        return (self.foreground >= 255 * MASK_THRESHOLD).astype(np.int32)


class _TimedEngine:
    """An engine that adds up its time."""

    def __init__(self, engine: Engine) -> None:
        self.name = engine.name
        self.seconds = 0.0
        self._engine = engine

    def run(self, pixels: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        began = time.perf_counter()
        logits = self._engine.run(pixels)
        self.seconds += time.perf_counter() - began
        return logits

    def release(self) -> None:
        self._engine.release()


def predict_image(pixels: npt.NDArray[Any], model: Model, engine: Engine) -> Predicted:
    """Segment an image as it is, without a search for its magnification."""
    if model.input.kind == "colour" and pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)

    def read(box: Box) -> npt.NDArray[Any]:
        return pixels[box.slices]

    timed = _TimedEngine(engine)
    began = time.perf_counter()
    shape = (pixels.shape[0], pixels.shape[1])
    intensity = input_range(sample_plane(read, shape), model.input)
    plane = PlaneReader(read, shape, intensity)
    found = segment_plane(plane, timed, model.input, model.decoder)
    labels = found.to_array()
    seconds = time.perf_counter() - began
    return Predicted(found.maps()[0], labels, seconds, timed.seconds)


def image_scores(predicted: Predicted, truth: Labels) -> ImageScores:
    """Count pixels of the mask, and nuclei of the labels; `pixels` are those of the mask."""
    mask = score(predicted.mask, (truth > 0).astype(np.int32))
    return replace(score(predicted.labels, truth), pixels=mask.pixels)


def score_model(
    path: Path, dataset: Dataset, items: Sequence[Item], predictions: Path, *, threads: int
) -> dict[str, Any]:
    """Segment images, keep what is found, and count.

    Parameters
    ----------
    path : Path
        Model file.
    dataset, items
        Images with truth.
    predictions : Path
        ``.npz`` to write: ``ID/foreground`` (uint8, 1/255) and ``ID/labels`` (uint16) of each.
    threads : int
        Of the network.

    Returns
    -------
    scored : dict
        ``images``: of each its id, condition, group and counts, as `ImageScores.counts`;
        ``inference``: seconds and what they were taken on.
    """
    model = load_model(path)
    engine = start_engine(model.network, engine="onnxruntime", threads=threads)
    arrays: dict[str, npt.NDArray[Any]] = {}
    rows, times = [], []
    predict_image(items[0].read_image(dataset.folder), model, engine)  # the first run is slower
    for item in items:
        found = predict_image(item.read_image(dataset.folder), model, engine)
        arrays[f"{item.id}/foreground"] = found.foreground
        arrays[f"{item.id}/labels"] = found.labels.astype(np.uint16)
        counted = image_scores(found, item.read_labels(dataset.folder))
        rows.append(
            {
                "id": item.id,
                "condition": item.condition,
                "group": item.group,
                "counts": counted.counts().tolist(),
            }
        )
        times.append((found.seconds, found.network_seconds, found.labels.size))
    _write_arrays(predictions, arrays)
    return {"images": rows, "inference": _inference(times, engine.name, threads)}


def _inference(times: list[tuple[float, float, int]], engine: str, threads: int) -> dict[str, Any]:
    seconds, network, pixels = np.array(times).T
    megapixels = pixels.sum() / 1e6
    return {
        "engine": engine,
        "threads": threads,
        "processor": platform.processor() or platform.machine(),
        "seconds_per_image": float(np.median(seconds)),
        "seconds_per_megapixel": float(seconds.sum() / megapixels),
        "network_seconds_per_megapixel": float(network.sum() / megapixels),
    }


def _write_arrays(path: Path, arrays: dict[str, npt.NDArray[Any]]) -> None:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    with written_whole(path) as part:
        part.write_bytes(buffer.getvalue())
