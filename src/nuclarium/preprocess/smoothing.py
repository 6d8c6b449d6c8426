"""Mean and Gaussian filters that give the same bits on every machine.

Only additions and products of whole arrays in a fixed order are used, and weights are rounded to
what every library of elementary functions agrees on. Compiled filters are a little faster, but
their sums are ordered, or fused, as suits the processor.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.float64]

MOST_MEAN_PX = 10.0
_DIRECT_SIGMA = 8.0
_REDUCED_SIGMA = 4.0
_WEIGHT_STEPS = 2.0**30


def mean_filter(pixels: Pixels, radius_px: float) -> Pixels:
    """Mean over a disc, with the discs of ImageJ's "Mean…".

    Parameters
    ----------
    pixels : ndarray of float64, shape (H, W)
        Beyond its edges, the nearest pixel is repeated. Sums of integers are exact.
    radius_px : float
        From 0.5 to 10. A disc has the pixels with ``dy² + dx² <= floor(radius²) + 1``: 5 of them
        for 0.5, 9 for 1, 21 for 2; 1.5 to 1.75 count as 1.75, 13 pixels, as in ImageJ.

    Returns
    -------
    smooth : ndarray of float64, same shape
    """
    offsets = disc_offsets(radius_px)
    reach = max(dy for dy, _ in offsets)
    padded = np.pad(pixels, reach, mode="edge")
    total = np.zeros_like(pixels)
    for dy, dx in offsets:
        total += _shifted(padded, reach + dy, reach + dx, pixels.shape)
    total /= len(offsets)
    return total


def disc_offsets(radius_px: float) -> list[tuple[int, int]]:
    """Return the pixels ``(dy, dx)`` of a disc as `mean_filter` has it, row by row."""
    radius = 1.75 if 1.5 <= radius_px < 1.75 else radius_px
    square = math.floor(radius * radius) + 1
    reach = math.isqrt(square)
    span = range(-reach, reach + 1)
    return [(dy, dx) for dy in span for dx in span if dy * dy + dx * dx <= square]


def gaussian_filter(pixels: Pixels, sigma_px: float) -> Pixels:
    """Gaussian blur, mirrored at the edges as in `scipy.ndimage`.

    Parameters
    ----------
    pixels : ndarray of float64, shape (H, W)
    sigma_px : float
        Standard deviation, above 0. From 8 px on, the image is reduced by block means to a blur of
        about 4 px and enlarged again, with the blur of both steps taken into account: within 0.5 %
        of the range of the pixels, and many times as fast.

    Returns
    -------
    smooth : ndarray of float64, same shape
    """
    if sigma_px < _DIRECT_SIGMA:
        return _blurred(pixels, sigma_px)
    factor = int(sigma_px / _REDUCED_SIGMA)
    rest = sigma_px**2 - (factor**2 - 1) / 12 - factor**2 / 6
    # Beyond the lower and right edge as far as the blur sees, as the last block may be cut there.
    far = factor * math.ceil(4 * sigma_px / factor)
    missing = [(0, far + -length % factor) for length in pixels.shape]
    blocks = _block_means(np.pad(pixels, missing, mode="symmetric"), factor)
    small = _blurred(blocks, math.sqrt(rest) / factor)
    return _enlarged(small, factor, pixels.shape)


def _blurred(pixels: Pixels, sigma: float) -> Pixels:
    weights = _weights(sigma)
    return _along_rows(_along_rows(pixels.T, weights).T, weights)


def _weights(sigma: float) -> list[float]:
    """Return the weights of distances 0, 1, … up to 4 sigma; all together are exactly 1."""
    reach = max(1, int(4 * sigma + 0.5))
    raw = [math.exp(-0.5 * (k / sigma) ** 2) for k in range(reach + 1)]
    total = raw[0] + 2 * math.fsum(raw[1:])
    rounded = [round(w / total * _WEIGHT_STEPS) / _WEIGHT_STEPS for w in raw]
    return [1 - 2 * math.fsum(rounded[1:]), *rounded[1:]]


def _along_rows(pixels: Pixels, weights: list[float]) -> Pixels:
    reach, width = len(weights) - 1, pixels.shape[1]
    padded = np.pad(pixels, ((0, 0), (reach, reach)), mode="symmetric")
    result = padded[:, reach : reach + width] * weights[0]
    pair = np.empty_like(result)
    for distance, weight in enumerate(weights[1:], 1):
        left, right = reach - distance, reach + distance
        np.add(padded[:, left : left + width], padded[:, right : right + width], out=pair)
        pair *= weight
        result += pair
    return result


def _block_means(pixels: Pixels, factor: int) -> Pixels:
    rows = sum((pixels[i::factor] for i in range(1, factor)), pixels[::factor])
    total = sum((rows[:, i::factor] for i in range(1, factor)), rows[:, ::factor])
    return np.asarray(total / factor**2)


def _enlarged(small: Pixels, factor: int, shape: tuple[int, ...]) -> Pixels:
    """Interpolate linearly between the centres of blocks."""
    result = small
    for axis in (0, 1):
        place = (np.arange(shape[axis]) + 0.5) / factor - 0.5
        below = np.clip(np.floor(place).astype(int), 0, small.shape[axis] - 1)
        above = np.minimum(below + 1, small.shape[axis] - 1)
        share = np.clip(place - below, 0, 1).reshape((-1, 1) if axis == 0 else (1, -1))
        first, second = np.take(result, below, axis), np.take(result, above, axis)
        result = first * (1 - share) + second * share
    return result


def _shifted(padded: Pixels, y: int, x: int, shape: tuple[int, ...]) -> Pixels:
    return padded[y : y + shape[0], x : x + shape[1]]
