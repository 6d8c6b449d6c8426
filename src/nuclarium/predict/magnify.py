"""Pixels at the magnification of the network, and its maps back at that of the plane."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from nuclarium.predict.model import DecoderSpec, InputSpec

MAGNIFICATIONS = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0)
"""Powers of two, so that tiles fall on whole pixels of the network."""

_REACH = 2
"""Pixels, of the plane or of the network, that a resized pixel depends on in each direction."""

_SMOOTHING = np.array([1, 2, 1], np.float32) / 4

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class TileGrid:
    """Sizes in pixels of the plane that are whole steps of the network's own grid.

    Parameters
    ----------
    step : int
        Windows begin at multiples of it.
    halo : int
        What is read around a tile.
    largest_tile : int
        Longest side of a tile.
    """

    step: int
    halo: int
    largest_tile: int


def tile_grid(spec: InputSpec, magnification: float) -> TileGrid:
    """Return the sizes at which a plane in tiles gives the maps of the whole plane."""
    if magnification == 1:
        return TileGrid(spec.divisor, spec.halo, spec.tile_size)
    step = max(1, math.ceil(spec.divisor / magnification))
    reach = spec.halo / magnification + _REACH * max(1, 1 / magnification)
    halo = math.ceil(reach / step) * step
    return TileGrid(step, halo, max(step, int(spec.tile_size / max(1, magnification))))


def decoder_at(spec: DecoderSpec, magnification: float) -> DecoderSpec:
    """Return settings that mean to the plane what the given ones mean to the network's pixels."""
    return replace(spec, min_area_px=max(1, round(spec.min_area_px / magnification**2)))


def at_least(spec: DecoderSpec, area_px: int, magnification: float) -> DecoderSpec:
    """Return settings, still for the network's pixels, that drop what is below pixels of the plane.

    Examples
    --------
    >>> at_least(DecoderSpec(min_area_px=30), area_px=16, magnification=2.0).min_area_px
    64
    """
    return replace(spec, min_area_px=max(spec.min_area_px, round(area_px * magnification**2)))


def magnified(pixels: Array, magnification: float) -> Array:
    """Resize pixels, shape (H, W) or (H, W, 3): means to shrink them, cubics to enlarge."""
    how = cv2.INTER_AREA if magnification < 1 else cv2.INTER_CUBIC
    return pixels if magnification == 1 else _resized(pixels, magnification, how)


def restored(maps: Array, magnification: float) -> Array:
    """Bring foreground and distance, shape (2, h, w), to the size of the pixels they are of.

    Before it is enlarged the distance is smoothed as the decoder does it, whose three pixels are
    less than one of the network's; else nuclei fall into pieces.
    """
    foreground, distance = maps
    if magnification == 1:
        return maps
    if magnification < 1:
        distance = cv2.sepFilter2D(
            distance, -1, _SMOOTHING, _SMOOTHING, borderType=cv2.BORDER_REPLICATE
        )
    how = cv2.INTER_LINEAR if magnification < 1 else cv2.INTER_AREA
    return np.stack([_resized(layer, 1 / magnification, how) for layer in (foreground, distance)])


def _resized(pixels: Array, factor: float, how: int) -> Array:
    size = (round(pixels.shape[1] * factor), round(pixels.shape[0] * factor))
    return np.asarray(cv2.resize(pixels, size, interpolation=how), np.float32)
