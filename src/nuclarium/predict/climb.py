"""The way up from every foreground pixel of a tile to its peak, for all pixels side by side.

Two things keep this fast without a compiled loop. Height and direction share one 16-bit number, so
the highest neighbour of all pixels at once is a few vectorised maxima; and only foreground pixels
are followed upwards, each doubling of the way in one look-up.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from nuclarium.predict.links import followed

APRON = 2
"""Pixels around a tile that its way up depends on: one to smooth, one to climb."""

_SMOOTHING = np.array([1, 2, 1], np.float32)
_STEPS = np.array(list(itertools.product((-1, 0, 1), repeat=2)))
_DIRECTION_BITS = 4
_STRIP = 2**17

Heights = npt.NDArray[np.uint16]
Indices = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Climb:
    """Foreground pixels of a tile and of the ring of pixels around it, and where they climb to.

    Parameters
    ----------
    pixels : ndarray of int, shape (n,)
        Indices of the raveled window: pixels of the tile in reading order, then those of the ring.
    end : ndarray of int, shape (n,)
        Index in `pixels` of the peak, or of the pixel of the ring, where the way of each one ends.
    own : int
        How many of the pixels are of the tile.
    """

    pixels: Indices
    end: Indices
    own: int


def smoothed_heights(maps: npt.NDArray[np.uint8], threshold: int) -> Heights:
    """Height of every foreground pixel, from 1 to 4081, and 0 in the background.

    Parameters
    ----------
    maps : ndarray of uint8, shape (2, H + 2, W + 2)
        Foreground and distance in 1/255.
    threshold : int
        Least value of the first map in the foreground.

    Returns
    -------
    height : ndarray of uint16, shape (H, W)
        Sum of nine values of the distance map with weights 1, 2, 4, plus one.
    """
    inner = (slice(1, -1), slice(1, -1))
    height = cv2.sepFilter2D(
        maps[1], cv2.CV_16S, _SMOOTHING, _SMOOTHING, delta=1, borderType=cv2.BORDER_CONSTANT
    )
    found: Heights = height[inner].view(np.uint16) * (maps[0][inner] >= threshold)
    return found


def climb(height: Heights) -> Climb:
    """Follow every pixel to its highest neighbour, and on from there, to the end.

    Among equally high pixels the one that comes last in the plane is the higher one, so that there
    is always exactly one way and no circle. The outermost pixels of the window stay where they are.

    Parameters
    ----------
    height : ndarray of uint16, shape (h + 2, w + 2)
        Of a tile and one pixel around it, as from `smoothed_heights`.
    """
    columns = height.shape[1]
    own, above = [], []
    for rows in strips((height.shape[0] - 2, columns)):
        first = rows.start * columns
        pixels, highest = _first_steps(height[rows.start : rows.stop + 2])
        own.append(pixels + first)
        above.append(highest + first)
    ring = _ring(height)
    pixels = np.concatenate([*own, ring])
    position = np.empty(height.size, np.int32)
    position[pixels] = np.arange(len(pixels), dtype=np.int32)
    end = np.empty_like(pixels)
    np.concatenate([position[part] for part in (*above, ring)], out=end)
    return Climb(pixels, followed(end), len(pixels) - len(ring))


def strips(shape: tuple[int, ...]) -> Iterator[slice]:
    """Yield the rows of an array, as many at a time as fit near the processor.

    Examples
    --------
    >>> list(strips((150, 2048)))
    [slice(0, 64, None), slice(64, 128, None), slice(128, 150, None)]
    """
    step = max(1, _STRIP // shape[1])
    return (slice(y, min(y + step, shape[0])) for y in range(0, shape[0], step))


def _first_steps(height: Heights) -> tuple[Indices, Indices]:
    """Foreground pixels inside a window and the highest neighbour of each, as raveled indices."""
    ranked = height << _DIRECTION_BITS
    across = ranked[:, 1:-1] + np.uint16(1)
    np.maximum(across, ranked[:, :-2], out=across)
    np.maximum(across, ranked[:, 2:] + np.uint16(2), out=across)
    highest = np.zeros_like(height)
    inner = highest[1:-1, 1:-1]
    np.maximum(across[1:-1] + np.uint16(3), across[:-2], out=inner)
    np.maximum(inner, across[2:] + np.uint16(6), out=inner)
    foreground = np.zeros(height.shape, bool)
    np.greater(height[1:-1, 1:-1], 0, out=foreground[1:-1, 1:-1])
    pixels = np.flatnonzero(foreground)
    steps = _STEPS @ (height.shape[1], 1)
    return pixels, pixels + steps[highest.ravel()[pixels] & ((1 << _DIRECTION_BITS) - 1)]


def _ring(height: Heights) -> Indices:
    """Foreground pixels on the outer edge of a window, as raveled indices."""
    foreground = np.zeros(height.shape, bool)
    for line in np.s_[[0, -1]], np.s_[:, [0, -1]]:
        foreground[line] = height[line] > 0
    return np.flatnonzero(foreground)
