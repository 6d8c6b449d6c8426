"""Intensities to a common range, the same for a window as for the whole image."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from nuclarium.core.geometry import Box, iter_boxes

SAMPLE_PIXELS = 4_000_000
SAMPLE_SIDE = 256
_COUNTED_PIXELS = 1 << 14
_COUNTED_AT_ONCE = 1 << 23
"""OpenCV counts in single precision, which is exact up to twice as many."""
PixelReader = Callable[[Box], npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class IntensityRange:
    """The two intensities that become 0 and 1.

    Parameters
    ----------
    low, high : float
        In the units of the image, not the same; `high` is below `low` where nuclei are dark on
        a bright ground.
    """

    low: float
    high: float

    def apply(self, pixels: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Map `low` to 0 and `high` to 1, without clipping; float32 of the same shape."""
        scale = np.float32(1.0 / (self.high - self.low))
        return (pixels.astype(np.float32) - np.float32(self.low)) * scale


def percentile_range(
    pixels: npt.NDArray[Any], wanted: tuple[float, float] = (1.0, 99.8)
) -> IntensityRange:
    """Range from one percentile of the pixels to another, which may be the lower one.

    A constant image gets a range of one grey level above its value, so that it maps to 0.
    """
    low, high = (float(value) for value in percentiles(pixels, wanted))
    return IntensityRange(low, high if high != low else low + 1.0)


def percentiles(pixels: npt.NDArray[Any], wanted: Sequence[float]) -> npt.NDArray[np.float64]:
    """Percentiles as `numpy.percentile` gives them; of 8 and 16 bits by counting, not by sorting.

    Parameters
    ----------
    pixels : ndarray
        Not empty.
    wanted : sequence of float
        In [0, 100].

    Returns
    -------
    values : ndarray of float64, shape (len(wanted),)
    """
    if pixels.dtype.kind != "u" or pixels.dtype.itemsize > 2 or pixels.size < _COUNTED_PIXELS:
        return np.asarray(np.percentile(pixels, wanted), np.float64)
    up_to = np.cumsum(_counts(pixels))
    place = np.array(wanted) / 100 * (pixels.size - 1)
    below = np.floor(place)
    low, high = (
        np.searchsorted(up_to, np.minimum(rank, pixels.size - 1), side="right")
        for rank in (below, below + 1)
    )
    return np.asarray(low + (high - low) * (place - below), np.float64)


def _counts(pixels: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """How often each value occurs in pixels of 8 or 16 bits, from 0 to the highest possible."""
    values = 1 << 8 * pixels.dtype.itemsize
    counts = np.zeros(values, np.int64)
    flat = pixels.reshape(-1, 1)
    for start in range(0, len(flat), _COUNTED_AT_ONCE):
        # OpenCV knows no other byte order.
        part = np.ascontiguousarray(
            flat[start : start + _COUNTED_AT_ONCE], np.uint8 if values == 256 else np.uint16
        )
        counts += cv2.calcHist([part], [0], None, [values], [0, values]).ravel().astype(np.int64)
    return counts


def type_range(pixels: npt.NDArray[Any]) -> IntensityRange:
    """Range from 0 to the white of a colour image, by its type.

    White is 255 for 8 bits; for 16 bits the smallest of 255, 4095 and 65535 that no pixel exceeds;
    for floating point the smallest of 1, 255 and 65535, and for larger values their maximum.
    """
    whites = {"u1": (255.0,), "u2": (255.0, 4095.0, 65535.0)}
    largest = float(pixels.max(initial=0))
    known = whites.get(pixels.dtype.str[1:], (1.0, 255.0, 65535.0))
    return IntensityRange(0.0, next((white for white in known if largest <= white), largest))


def plane_range(
    read: PixelReader, shape: tuple[int, int], percentiles: tuple[float, float] = (1.0, 99.8)
) -> IntensityRange:
    """Range of one plane, from all its pixels or, on a large one, from a regular sample.

    Parameters
    ----------
    read : callable
        Gives the pixels of a window, shape (H, W).
    shape : (height, width)
    percentiles : (float, float)
        Those that become 0 and 1.
    """
    return percentile_range(sample_plane(read, shape), percentiles)


def sample_plane(read: PixelReader, shape: tuple[int, int]) -> npt.NDArray[Any]:
    """Pixels that stand for a plane, shape (N,) or (N, 3): those of `iter_samples`."""
    return pixels_of(iter_samples(read, shape))


def pixels_of(samples: Iterable[tuple[Box, npt.NDArray[Any]]]) -> npt.NDArray[Any]:
    """Pixels of all samples one after the other, shape (N,) or (N, 3); of one without a copy."""
    flat = [pixels.reshape(-1, *pixels.shape[2:]) for _, pixels in samples]
    return flat[0] if len(flat) == 1 else np.concatenate(flat)


def iter_samples(
    read: PixelReader, shape: tuple[int, int]
) -> Iterator[tuple[Box, npt.NDArray[Any]]]:
    """Yield the parts of a plane that stand for it.

    Planes of up to four million pixels are taken whole. Of larger ones, windows of 256 × 256 px on
    a regular grid are read, about four million pixels in all; the result depends on the plane
    alone, never on tiles.
    """
    height, width = shape
    if height * width <= SAMPLE_PIXELS:
        yield Box.of_shape(shape), read(Box.of_shape(shape))
        return
    boxes = list(iter_boxes(shape, SAMPLE_SIDE))
    step = max(1, len(boxes) * SAMPLE_SIDE**2 // SAMPLE_PIXELS)
    columns = -(-width // SAMPLE_SIDE)
    while math.gcd(step, columns) > 1:  # else the sample would keep to some of the columns
        step += 1
    for box in boxes[step // 2 :: step]:
        yield box, read(box)
