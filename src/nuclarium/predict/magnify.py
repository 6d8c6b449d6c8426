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


def magnified(pixels: Array, magnification: float) -> Array:
    """Resize pixels, shape (H, W) or (H, W, 3): means to shrink them, cubics to enlarge."""
    return _resized(pixels, magnification)


def restored(maps: Array, magnification: float) -> Array:
    """Bring maps of the network, shape (K, h, w), to the size of the pixels it was given."""
    if magnification == 1:
        return maps
    resized = np.stack([_resized(layer, 1 / magnification) for layer in maps])
    return np.clip(resized, 0, 1, out=resized)


def decoder_at(spec: DecoderSpec, magnification: float) -> DecoderSpec:
    """Settings that mean to the plane what the decoder's own mean to the network's pixels."""
    return replace(spec, min_area_px=max(1, round(spec.min_area_px / magnification**2)))


def _resized(pixels: Array, factor: float) -> Array:
    if factor == 1:
        return pixels
    size = (round(pixels.shape[1] * factor), round(pixels.shape[0] * factor))
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, size, interpolation=how), np.float32)
