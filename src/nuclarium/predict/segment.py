"""An image to labels: choose channel, plane and model, and say what was chosen."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from nuclarium.core.errors import ModelError
from nuclarium.core.image import Image
from nuclarium.core.labels import Labels
from nuclarium.io.checks import check_segmentable, finite
from nuclarium.measurement.channels import Channel, channel_image
from nuclarium.predict.channel import ChosenChannel, Judge, choose_channel
from nuclarium.predict.choose_view import choose_view
from nuclarium.predict.engine import Engine, EngineName, start_engine
from nuclarium.predict.finding import input_range, look
from nuclarium.predict.magnify import at_least
from nuclarium.predict.model import Kind, Model, choose_model, load_model, wrong_kind
from nuclarium.predict.plane import (
    PlaneLabels,
    PlaneReader,
    balanced_tile_size,
    segment_plane,
)
from nuclarium.predict.sampling import sampled
from nuclarium.predict.schedule import Progress
from nuclarium.predict.store import TileStore
from nuclarium.predict.turned import ALL_TURNS
from nuclarium.predict.view import Contrast, View, ViewSettings
from nuclarium.preprocess.intensity import PixelReader, sample_plane
from nuclarium.preprocess.planes import Plane, select_planes

COLOUR = "colour"


@dataclass(frozen=True)
class Selection:
    """What of an image is segmented, and with which model.

    Parameters
    ----------
    planes : tuple of Plane
        One, or every slice.
    channel : Channel or None
        The channel of the nuclei; None for a model of colour, which takes all three.
    chosen : ChosenChannel
        How the channel was found.
    model_name : str
        Name or file of the model.
    model_why : str
        How the model was chosen, for the record.
    """

    planes: tuple[Plane, ...]
    channel: Channel | None
    chosen: ChosenChannel
    model_name: str
    model_why: str = "as asked"

    @property
    def channel_name(self) -> str:
        """Name of the channel, or ``colour``."""
        return COLOUR if self.channel is None else self.channel.name


def select(
    image: Image,
    *,
    model: str | None = None,
    kind: Kind | None = None,
    channel: str | None = None,
    z: str = "max",
    t: int = 0,
    judge: Judge | None = None,
) -> Selection:
    """Decide what of an image is segmented; nothing but a sample of it is read.

    `kind` is what the named model is made for. `judge` compares channels whose names say nothing,
    such as by `sureness`.

    Raises
    ------
    SettingsError
        If the image has no such channel, slice or time point.
    ModelError
        If no model is shipped for this kind of image, or the one that is named is for another.
    UnreadableImageError
        If the image is too small to hold a nucleus.
    """
    check_segmentable(image)
    first = select_planes(image, z if z.isdecimal() else "max", t=t)[0]
    if model is not None and kind == "colour":
        chosen = _all_colours(first.image, channel, model)
    else:
        chosen = choose_channel(first.image, channel, judge=judge)
    if chosen.channel is None and model is not None and kind == "fluorescence":
        raise wrong_kind(model)
    is_colour = chosen.channel is None
    name = model or choose_model(is_rgb=is_colour)
    why = f"for {COLOUR}" if is_colour else "for one channel"
    planes = select_planes(image, z, t=t, c=0 if chosen.channel is None else chosen.channel.c)
    return Selection(planes, chosen.channel, chosen, name, "as asked" if model else why)


def _all_colours(image: Image, channel: str | None, model: str) -> ChosenChannel:
    if channel is not None:
        raise ModelError(
            f"The model {model} takes all three colours, but the channel {channel} was asked for. "
            "Leave the channel out, or take a model of one channel, such as fluo."
        )
    if not image.is_rgb:
        raise ModelError(
            f"The model {model} takes a colour image, but {image.name} has "
            f"{image.shape[1]} channel{'s' * (image.shape[1] > 1)} and no colours. Take a model of "
            "one channel, such as fluo."
        )
    return ChosenChannel(None, "the model takes colour")


def sureness(image: Image, model: Model, engine: Engine) -> float:
    """Mean score of the nuclei in parts of a grey image, in [0, 1]; 0 without any."""
    return look(sampled(image.read, image.plane_shape), model, engine)[0].sureness


def shown_image(plane: Plane, channel: Channel | None) -> Image:
    """Return what of a plane is segmented and looked at: one channel, or its colours."""
    return plane.image if channel is None else channel_image(plane.image, channel)


def choose_views(
    selection: Selection, model: Model, engine: Engine, settings: ViewSettings
) -> list[View]:
    """Decide how each plane of a selection is shown to the network.

    All slices of a stack are shown alike, as suits the one in the middle.
    """
    middle = len(selection.planes) // 2
    image = shown_image(selection.planes[middle], selection.channel)
    plane = sampled(_reader(image), image.plane_shape)
    view = choose_view(
        plane, model, engine, settings=settings, spacing=image.spacing, name=image.name
    )
    others = replace(view, labels=None)
    return [view if index == middle else others for index in range(len(selection.planes))]


def segment_selected(
    plane: Plane,
    channel: Channel | None,
    model: Model,
    engine: Engine,
    *,
    view: View | None = None,
    store: TileStore | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> PlaneLabels:
    """Segment one plane of a selection as `view` says, or as it is; see `plane.segment_plane`."""
    image = shown_image(plane, channel)
    view = view or View()
    if view.labels is not None:
        if progress is not None:
            progress(image.plane_shape[0] * image.plane_shape[1])
        return _calibrated(view.labels, model)
    read = _reader(image)
    sample = sample_plane(read, image.plane_shape)
    intensity = input_range(sample, model.input, is_dark=view.is_dark)
    labels = segment_plane(
        PlaneReader(read, image.plane_shape, intensity, view.magnification),
        engine,
        model.input,
        at_least(model.decoder, view.least_area_px, view.magnification),
        store=store,
        workers=workers,
        progress=progress,
    )
    return _calibrated(labels, model)


def _calibrated(labels: PlaneLabels, model: Model) -> PlaneLabels:
    """Turn the scores of nuclei into probabilities, if the model knows how."""
    if model.calibration is None:
        return labels
    score = model.calibration.apply(labels.nuclei.score)
    return replace(labels, nuclei=replace(labels.nuclei, score=score))


def _reader(image: Image) -> PixelReader:
    """Return a reader that refuses what is not finite."""
    return lambda window: finite(image.read(window), image.name)


def segment(
    image: Image,
    model: str | Path | Model | None = None,
    *,
    channel: str | int | None = None,
    z: str | int = "max",
    t: int = 0,
    diameter_um: float | None = None,
    magnification: float | None = None,
    contrast: Contrast = "auto",
    engine: EngineName = "auto",
    tta: bool = False,
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
    diameter_um : float, optional
        Typical diameter of a nucleus; estimated from the image when left out.
    magnification : float, optional
        At which the network sees the image, a power of two from 1/8 to 4; chosen by the diameter
        when left out.
    contrast : str
        ``bright`` for bright nuclei on a dark ground, ``dark`` for dark ones on a bright ground,
        or ``auto``; not used by a model of colour.
    engine : str
        ``auto``, ``onnxruntime``, ``onnxruntime-int8``, ``openvino`` or ``openvino-bf16``.
    tta : bool
        Average over all eight turns and reflections of the image (test-time augmentation), not
        only over those that the model asks for (1 for ``fluo``, 4 for ``he``).
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
    settings = ViewSettings(contrast, diameter_um, magnification)

    @functools.cache
    def ready(name: str) -> tuple[Model, Engine]:
        loaded = model if isinstance(model, Model) else load_model(name)
        spec = loaded.input
        tile_size = balanced_tile_size(image.plane_shape, spec.tile_size, spec.divisor)
        threads = cores if tile_size >= max(image.plane_shape) else 1
        return loaded, start_engine(
            loaded.network,
            engine=engine,
            threads=threads,
            turns=ALL_TURNS if tta else spec.turns,
        )

    named = model.name if isinstance(model, Model) else None if model is None else str(model)
    selection = select(
        image,
        model=named,
        kind=None if named is None else ready(named)[0].input.kind,
        channel=None if channel is None else str(channel),
        z=str(z),
        t=t,
        judge=lambda grey: sureness(grey, *ready(str(named or choose_model(is_rgb=False)))),
    )
    loaded, started = ready(selection.model_name)
    views = choose_views(selection, loaded, started, settings)
    planes = [
        segment_selected(
            plane, selection.channel, loaded, started, view=view, workers=cores
        ).to_array()
        for plane, view in zip(selection.planes, views, strict=True)
    ]
    return np.stack(planes) if str(z) == "each" else planes[0]


def available_cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
