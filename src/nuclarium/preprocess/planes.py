"""Stacks to planes: a maximum projection, the sharpest slice, every slice, or one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import SettingsError
from nuclarium.core.geometry import Box
from nuclarium.core.image import Image, PixelSource

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
    """

    image: Image
    z: int | None
    choice: str


def select_planes(image: Image, mode: str = "max", *, t: int = 0, c: int = 0) -> tuple[Plane, ...]:
    """Make planes of a stack.

    Parameters
    ----------
    image : Image
    mode : str
        ``max`` for the maximum over all slices, ``best`` for the sharpest slice of channel `c`,
        ``each`` for every slice, or the number of a slice from 0.
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
    if mode == "each":
        return tuple(_plane(image, t, [z], z, f"z {z} of 0..{depth - 1}") for z in range(depth))
    if depth == 1 and mode in ("max", "best"):
        return (_plane(image, t, [0], 0, "the only slice"),)
    if mode == "max":
        choice = f"maximum of z 0..{depth - 1}"
        return (_plane(image, t, range(depth), None, choice),)
    if mode == "best":
        z = sharpest_slice(image, t=t, c=c)
        return (_plane(image, t, [z], z, f"z {z} of 0..{depth - 1}, the sharpest"),)
    z = _slice_number(mode, depth, image.name)
    return (_plane(image, t, [z], z, f"z {z} of 0..{depth - 1}, as asked"),)


def sharpest_slice(image: Image, *, t: int = 0, c: int = 0) -> int:
    """Find the slice with the strongest fine structure.

    The measure is the variance of the Laplacian of the slightly blurred middle of the slice (at
    most 1024 × 1024 px), the first slice of the largest value.
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
    return int(np.argmax(sharpness))


def _slice_number(mode: str, depth: int, name: str) -> int:
    if mode.isdecimal() and int(mode) < depth:
        return int(mode)
    raise SettingsError(
        f"z must be max, best, each or a slice in 0..{depth - 1} for {name}, but got {mode}."
    )


def _plane(image: Image, t: int, slices: Sequence[int], z: int | None, choice: str) -> Plane:
    shape = (1, image.shape[1], 1, *image.shape[3:])
    source = _MaximumSource(image.source, t, tuple(slices))
    return Plane(replace(image, source=source, shape=shape), z, choice)


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
