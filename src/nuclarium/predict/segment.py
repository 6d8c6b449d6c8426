"""An image to labels: choose channel, plane and model, and say what was chosen."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nuclarium.core.image import Image
from nuclarium.core.labels import Labels
from nuclarium.io.checks import check_segmentable
from nuclarium.measure.channels import Channel, channel_image
from nuclarium.predict.channel import ChosenChannel, choose_channel
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
) -> Selection:
    """Decide what of an image is segmented; nothing but a sample of it is read.

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
    chosen = choose_channel(first.image, channel)
    name = model or choose_model(is_rgb=chosen.channel is None)
    if chosen.channel is None:
        raise wrong_kind(name)
    planes = select_planes(image, z, t=t, c=chosen.channel.c)
    return Selection(planes, chosen.channel, chosen, name)


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
    intensity = plane_range(grey.read, grey.plane_shape, model.input.percentiles)
    return segment_plane(
        PlaneReader(grey.read, grey.plane_shape, intensity),
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
        0 is background, ``1..n`` are nuclei, numbered in each plane by the place of their middle in
        reading order. All zero where there is none.

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
    loaded = model if isinstance(model, Model) else None
    selection = select(
        image,
        model=loaded.name if loaded else (str(model) if model is not None else None),
        channel=None if channel is None else str(channel),
        z=str(z),
        t=t,
    )
    loaded = loaded or load_model(selection.model_name)
    cores = workers or available_cores()
    tiled = balanced_tile_size(image.plane_shape, loaded.input.tile_size, loaded.input.divisor)
    is_tiled = tiled < max(image.plane_shape)
    ready = start_engine(loaded.network, engine=engine, threads=1 if is_tiled else cores)
    planes = [
        segment_selected(
            plane, selection.channel, loaded, ready, workers=cores if is_tiled else 1
        ).to_array()
        for plane in selection.planes
    ]
    return np.stack(planes) if str(z) == "each" else planes[0]


def available_cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
