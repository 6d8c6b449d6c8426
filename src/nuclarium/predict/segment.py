"""An image to labels: choose channel, plane and model, and say what was chosen."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.core.geometry import Box
from nuclarium.core.image import Image
from nuclarium.core.labels import Labels
from nuclarium.io.checks import check_segmentable, finite
from nuclarium.measurement.channels import Channel, channel_image
from nuclarium.predict.channel import ChosenChannel, Judge, choose_channel
from nuclarium.predict.engine import Engine, EngineName, start_engine
from nuclarium.predict.model import Model, choose_model, load_model, wrong_kind
from nuclarium.predict.plane import (
    PlaneLabels,
    PlaneReader,
    Progress,
    balanced_tile_size,
    segment_plane,
)
from nuclarium.predict.store import TileStore
from nuclarium.preprocess.intensity import plane_range
from nuclarium.preprocess.planes import Plane, select_planes

JUDGED_SIDE = 512


@dataclass(frozen=True)
class Selection:
    """What of an image is segmented, and with which model.

    Parameters
    ----------
    planes : tuple of Plane
        One, or every slice.
    channel : Channel
        The channel of the nuclei.
    chosen : ChosenChannel
        How the channel was found.
    model_name : str
        Name or file of the model.
    """

    planes: tuple[Plane, ...]
    channel: Channel
    chosen: ChosenChannel
    model_name: str


def select(
    image: Image,
    *,
    model: str | None = None,
    channel: str | None = None,
    z: str = "max",
    t: int = 0,
    judge: Judge | None = None,
) -> Selection:
    """Decide what of an image is segmented; nothing but a sample of it is read.

    `judge` compares channels whose names say nothing, such as by `sureness`.

    Raises
    ------
    SettingsError
        If the image has no such channel, slice or time point.
    ModelError
        If no model is shipped for this kind of image.
    UnreadableImageError
        If the image is too small to hold a nucleus.
    """
    check_segmentable(image)
    first = select_planes(image, z if z.isdecimal() else "max", t=t)[0]
    chosen = choose_channel(first.image, channel, judge=judge)
    name = model or choose_model(is_rgb=chosen.channel is None)
    if chosen.channel is None:
        raise wrong_kind(name)
    planes = select_planes(image, z, t=t, c=chosen.channel.c)
    return Selection(planes, chosen.channel, chosen, name)


def sureness(image: Image, model: Model, engine: Engine) -> float:
    """Mean score of the nuclei in the middle of a grey image, in [0, 1]; 0 without any."""
    middle = _middle(image.plane_shape)

    def read(window: Box) -> npt.NDArray[Any]:
        return image.read(window.shifted(middle.y0, middle.x0))

    intensity = plane_range(read, middle.shape, model.input.percentiles)
    plane = PlaneReader(read, middle.shape, intensity)
    score = segment_plane(plane, engine, model.input, model.decoder).nuclei.score
    return float(score.mean()) if len(score) else 0.0


def _middle(shape: tuple[int, int]) -> Box:
    """Box of at most `JUDGED_SIDE` in the middle of a plane."""
    height, width = (min(side, JUDGED_SIDE) for side in shape)
    y0, x0 = (shape[0] - height) // 2, (shape[1] - width) // 2
    return Box(y0, x0, y0 + height, x0 + width)


def segment_selected(
    plane: Plane,
    channel: Channel,
    model: Model,
    engine: Engine,
    *,
    store: TileStore | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> PlaneLabels:
    """Segment one plane of a selection; see `plane.segment_plane`."""
    grey = channel_image(plane.image, channel)

    def read(window: Box) -> npt.NDArray[Any]:
        return finite(grey.read(window), grey.name)

    intensity = plane_range(read, grey.plane_shape, model.input.percentiles)
    return segment_plane(
        PlaneReader(read, grey.plane_shape, intensity),
        engine,
        model.input,
        model.decoder,
        store=store,
        workers=workers,
        progress=progress,
    )


def segment(
    image: Image,
    model: str | Path | Model | None = None,
    *,
    channel: str | int | None = None,
    z: str | int = "max",
    t: int = 0,
    engine: EngineName = "auto",
    workers: int | None = None,
) -> Labels:
    """Find the nuclei of an image.

    Parameters
    ----------
    image : Image
        As `open_image` gives it, or `Image.from_array`.
    model : str, Path or Model, optional
        Shipped name, model file, or a model that is loaded; the one for this kind of image when
        left out.
    channel : str or int, optional
        Channel of the nuclei; the only one, or one named like a nuclear stain, when left out.
    z : str or int
        ``max``, ``best``, ``each`` or a slice number from 0.
    t : int
        Time point.
    engine : str
        ``auto``, ``onnxruntime`` or ``openvino``.
    workers : int, optional
        Tiles at once; as many as there are processors when left out.

    Returns
    -------
    labels : ndarray of int32, shape (H, W), or (Z, H, W) for ``z="each"``
        0 is background, ``1..n`` are nuclei, numbered in each plane by the place of their first
        peak in reading order. All zero where there is none.

    Raises
    ------
    NuclariumError
        If the image cannot be read or has no model, or a setting does not fit it.

    Examples
    --------
    >>> import nuclarium as nu
    >>> with nu.sample_image() as image:
    ...     labels = nu.segment(image)
    >>> labels.shape == image.plane_shape
    True
    """
    cores = workers or available_cores()

    @functools.cache
    def ready(name: str) -> tuple[Model, Engine]:
        loaded = model if isinstance(model, Model) else load_model(name)
        spec = loaded.input
        tile_size = balanced_tile_size(image.plane_shape, spec.tile_size, spec.divisor)
        threads = cores if tile_size >= max(image.plane_shape) else 1
        return loaded, start_engine(loaded.network, engine=engine, threads=threads)

    named = model.name if isinstance(model, Model) else model
    selection = select(
        image,
        model=None if named is None else str(named),
        channel=None if channel is None else str(channel),
        z=str(z),
        t=t,
        judge=lambda grey: sureness(grey, *ready(str(named or choose_model(is_rgb=False)))),
    )
    loaded, started = ready(selection.model_name)
    planes = [
        segment_selected(plane, selection.channel, loaded, started, workers=cores).to_array()
        for plane in selection.planes
    ]
    return np.stack(planes) if str(z) == "each" else planes[0]


def available_cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
