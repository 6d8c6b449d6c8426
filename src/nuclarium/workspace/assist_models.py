"""Suggestions of a model: the nuclei of a plane of a stack, or of a box of a slide."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.annotate.nuclei import Ring
from nuclarium.core.errors import SettingsError
from nuclarium.core.geometry import Box
from nuclarium.core.image import Image, PixelSource
from nuclarium.io import open_image
from nuclarium.predict.engine import start_engine
from nuclarium.predict.model import Model, load_model
from nuclarium.predict.plane import PlaneLabels
from nuclarium.predict.segment import choose_views, segment_selected, select, sureness
from nuclarium.predict.view import ViewSettings
from nuclarium.workspace.assist_outlines import iter_rings

MOST_PIXELS = 1 << 26
"""Pixels of a plane or box that is segmented for suggestions at once."""

_MARGIN_PX = 64
Found = tuple[tuple[Ring, ...], float]
"""Rings of a nucleus and its score."""


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """What is segmented, and how.

    Parameters
    ----------
    path : str
        File of the image.
    scene : int
    model : str
        Shipped name; the one for this kind of image when empty.
    z : int or None
        Plane of a stack; None for the maximum over all.
    box : Box or None
        Part of the plane; the whole when None.
    diameter_um : float or None
        Typical diameter of a nucleus; estimated when None.
    """

    path: str
    scene: int = 0
    model: str = ""
    z: int | None = None
    box: Box | None = None
    diameter_um: float | None = None


def suggest_by_model(
    request: ModelRequest, progress: Callable[[float], None]
) -> tuple[str, str, list[Found]]:
    """Segment, and outline what was found.

    Nuclei that the edge of the box cuts are those whose middle lies inside.

    Parameters
    ----------
    progress : callable
        Is told how much is done, 0 to 1.

    Returns
    -------
    model, digest : str
        Name and SHA-256 of the model that was taken.
    found : list of (rings, score)

    Raises
    ------
    NuclariumError
        If the image cannot be read, the model does not fit it, or the box is too large.
    """
    with open_image(request.path, scene=request.scene) as image:
        box = _checked(request.box, image)
        seen = box.grown(_MARGIN_PX).intersection(Box.of_shape(image.plane_shape))
        part = cropped(image, seen)
        z = "max" if request.z is None else str(request.z)
        name = request.model or None
        loaded: dict[str, Model] = {}

        def ready(wanted: str) -> Model:
            return loaded.setdefault(wanted, load_model(wanted))

        def judge(grey: Image) -> float:
            model = ready(name or "fluo")
            return sureness(grey, model, start_engine(model.network, turns=model.input.turns))

        kind = None if name is None else ready(name).input.kind
        selection = select(part, model=name, kind=kind, z=z, judge=judge)
        model = ready(selection.model_name)
        engine = start_engine(model.network, turns=model.input.turns)
        progress(0.05)
        view = choose_views(selection, model, engine, ViewSettings("auto", request.diameter_um))[0]
        progress(0.2)
        whole, done = seen.shape[0] * seen.shape[1], 0

        def on_tile(pixels: int) -> None:
            nonlocal done
            done += pixels
            progress(0.2 + 0.7 * min(1.0, done / whole))

        labels = segment_selected(
            selection.planes[0], selection.channel, model, engine, view=view, progress=on_tile
        )
        return model.name, model.hash, list(_outlined(labels, seen, box))


def cropped(image: Image, box: Box) -> Image:
    """Return a part of an image as an image, read when asked for."""
    if box == Box.of_shape(image.plane_shape):
        return image
    shape = (*image.shape[:3], *box.shape, *image.shape[5:])
    source = _Part(image.source, box)
    return replace(image, source=source, shape=shape, level_shapes=(box.shape,))


@dataclass(frozen=True)
class _Part:
    """A box of another source, at full size."""

    source: PixelSource
    box: Box

    def read(self, window: Box, *, t: int, c: int, z: int, level: int) -> npt.NDArray[Any]:
        """Read a window that is counted from the corner of the box."""
        moved = window.shifted(self.box.y0, self.box.x0)
        return self.source.read(moved, t=t, c=c, z=z, level=0)

    def close(self) -> None:
        """Leave the file to its image."""


def _checked(box: Box | None, image: Image) -> Box:
    whole = Box.of_shape(image.plane_shape)
    box = whole if box is None else box.intersection(whole)
    height, width = box.shape
    if not height or not width:
        raise SettingsError(
            "The box of suggestions must lie in the image, but it lies beside it. Draw it over "
            "the image."
        )
    if height * width > MOST_PIXELS:
        raise SettingsError(
            f"A model is run on at most {MOST_PIXELS:,} pixels at once here, but the box has "
            f"{height * width:,}. Choose a smaller box, or run `nuclarium segment` on the file "
            "and import its results."
        )
    return box


def _outlined(labels: PlaneLabels, seen: Box, box: Box) -> Iterator[Found]:
    array = labels.to_array()
    scores = labels.nuclei.score
    for label, rings in iter_rings(array, (seen.y0, seen.x0)):
        corners = np.array(rings[0]).reshape(-1, 2)
        x, y = (corners.min(axis=0) + corners.max(axis=0)) / 2
        if box.y0 <= y < box.y1 and box.x0 <= x < box.x1:
            yield rings, round(float(scores[label - 1]), 4)
