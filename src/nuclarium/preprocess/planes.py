"""Stacks to planes: maxima over slices, the sharpest, every slice, or some of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import SettingsError
from nuclarium.core.geometry import Box
from nuclarium.core.image import Image, PixelSource
from nuclarium.preprocess.slices import ChosenSlices, choose_slices

FOCUS_SIDE = 1024


@dataclass(frozen=True)
class Plane:
    """A plane of an image, itself an image of one slice and one time point.

    Parameters
    ----------
    image : Image
        All channels of the plane; its pixels are read when asked for.
    z : int or None
        The slice that it is, or None for a projection.
    choice : str
        How it was chosen, for the record, such as ``z 7 of 0..20, the sharpest``.
    slices : tuple of int
        What it is made of, in ascending order.
    """

    image: Image
    z: int | None
    choice: str
    slices: tuple[int, ...] = (0,)

    @property
    def first_z(self) -> int:
        """The slice that it is, or the first of a projection."""
        return self.slices[0]


def select_planes(image: Image, mode: str = "max", *, t: int = 0, c: int = 0) -> tuple[Plane, ...]:
    """Make planes of a stack.

    Parameters
    ----------
    image : Image
    mode : str
        Which slices, as `preprocess.slices.choose_slices` describes: ``max`` for the maximum over
        all, ``best`` for the sharpest of channel `c`, ``each``, ``every:5``, ``10-20``, ``max:3``,
        or the number of a slice from 0.
    t : int
        Time point.
    c : int
        Channel that ``best`` looks at.

    Raises
    ------
    SettingsError
        If `mode` is none of these, or `t` or the slice is not in the image.
    """
    times, _, depth = image.shape[:3]
    if not 0 <= t < times:
        raise SettingsError(
            f"The time point must be in 0..{times - 1} for {image.name}, but got {t}."
        )
    chosen = choose_slices(mode, depth, image.name, lambda: slice_sharpness(image, t=t, c=c))
    return tuple(_plane(image, t, item) for item in chosen)


def sharpest_slice(image: Image, *, t: int = 0, c: int = 0) -> int:
    """Find the slice with the strongest fine structure, the first of equal ones."""
    return int(np.argmax(slice_sharpness(image, t=t, c=c)))


def slice_sharpness(image: Image, *, t: int = 0, c: int = 0) -> list[float]:
    """Measure how much fine structure each slice has.

    The measure is the variance of the Laplacian of the slightly blurred middle of the slice (at
    most 1024 × 1024 px).
    """
    height, width = image.plane_shape
    y0, x0 = max(0, (height - FOCUS_SIDE) // 2), max(0, (width - FOCUS_SIDE) // 2)
    window = Box(y0, x0, min(height, y0 + FOCUS_SIDE), min(width, x0 + FOCUS_SIDE))
    sharpness = []
    for z in range(image.shape[2]):
        pixels = image.read(window, t=t, c=c, z=z).astype(np.float32)
        grey = pixels.mean(axis=2) if pixels.ndim == 3 else pixels
        fine = cv2.Laplacian(cv2.GaussianBlur(grey, (0, 0), 1.0), cv2.CV_32F)
        sharpness.append(float(fine.var()))
    return sharpness


def _plane(image: Image, t: int, chosen: ChosenSlices) -> Plane:
    shape = (1, image.shape[1], 1, *image.shape[3:])
    source = _MaximumSource(image.source, t, chosen.slices)
    z = chosen.slices[0] if len(chosen.slices) == 1 else None
    return Plane(replace(image, source=source, shape=shape), z, chosen.choice, chosen.slices)


@dataclass(frozen=True)
class _MaximumSource:
    """The maximum over some slices of one time point, read a window at a time."""

    source: PixelSource
    t: int
    slices: tuple[int, ...]

    def read(self, window: Box, *, t: int, c: int, z: int, level: int) -> npt.NDArray[Any]:
        first, *others = self.slices
        pixels = self.source.read(window, t=self.t, c=c, z=first, level=level)
        for other in others:
            np.maximum(
                pixels, self.source.read(window, t=self.t, c=c, z=other, level=level), out=pixels
            )
        return pixels

    def close(self) -> None:
        self.source.close()
