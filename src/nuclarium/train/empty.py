"""Fields without nuclei, in which a network must learn to find none."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from nuclarium.core.labels import Labels
from nuclarium.train.augment import background, debris

Pixels = npt.NDArray[np.float32]

LEAST_GROUND_PX = 16
_AWAY_PX = 6


def noise_field(size: int, rng: np.random.Generator) -> Pixels:
    """Noise, light of low frequency and debris.

    Returns
    -------
    pixels : ndarray of float32, shape (size, size)
        Stretched as an empty image would be.
    """
    noise = rng.standard_normal((size, size), dtype=np.float32)
    if rng.random() < 0.7:
        noise = cv2.GaussianBlur(noise, (0, 0), rng.uniform(0.5, 3.0))
    noise = noise + background((size, size), rng) * rng.uniform(0, 10) * noise.std()
    if rng.random() < 0.5:
        noise = noise + debris((size, size), rng) * rng.uniform(0, 8) * noise.std()
    return _stretched(noise)


def ground(pixels: Pixels, labels: Labels, size: int, rng: np.random.Generator) -> Pixels | None:
    """Background of a real image, a square of it mirrored until it fills a field.

    Parameters
    ----------
    pixels : ndarray of float32, shape (H, W)
    labels : ndarray of int32, shape (H, W)
    size : int
        Side of the field in pixels.

    Returns
    -------
    pixels : ndarray of float32, shape (size, size), or None
        Stretched as an empty image would be; None where nuclei leave no room.
    """
    free = np.pad((labels == 0).astype(np.uint8), 1)
    room = cv2.distanceTransform(free, cv2.DIST_C, 3)[1:-1, 1:-1] - _AWAY_PX
    places = np.flatnonzero(room > max(LEAST_GROUND_PX, 0.6 * float(room.max())))
    if not len(places):
        return None
    y, x = divmod(int(rng.choice(places)), labels.shape[1])
    half = int(room[y, x])
    square = pixels[y - half : y + half + 1, x - half : x + half + 1]
    if square.shape[0] < size:
        square = np.pad(square, ((0, size - square.shape[0]),) * 2, mode="symmetric")
    return _stretched(square[:size, :size])


def haze(pixels: Pixels, diameter_px: float, rng: np.random.Generator) -> Pixels:
    """Nuclei so far out of focus that none is to be outlined; stretched; of the same shape."""
    blurred = cv2.GaussianBlur(pixels, (0, 0), diameter_px * rng.uniform(0.8, 2.0))
    grain = rng.standard_normal(pixels.shape, dtype=np.float32)
    strength = float(np.exp(rng.uniform(*np.log((0.02, 1.0)))))
    return _stretched(blurred + grain * strength * blurred.std())


def _stretched(pixels: npt.NDArray[Any]) -> Pixels:
    low, high = np.percentile(pixels, (1.0, 99.8))
    return np.asarray((pixels - low) / max(high - low, 1e-6), np.float32)
