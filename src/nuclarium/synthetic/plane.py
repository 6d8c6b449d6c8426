"""A plane of synthetic nuclei with their truth."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from nuclarium.core.labels import Labels


def synthetic_nuclei(
    shape: tuple[int, int], count: int, rng: np.random.Generator, *, diameter_px: float = 24.0
) -> tuple[npt.NDArray[np.uint16], Labels]:
    """Draw fluorescent nuclei with texture, blur, uneven light and noise.

    Parameters
    ----------
    shape : (height, width)
    count : int
        Nuclei to place; those that find no free place are left out.
    rng : numpy.random.Generator
    diameter_px : float
        Mean diameter.

    Returns
    -------
    pixels : ndarray of uint16, shape (H, W)
        As of a 12-bit camera, 0 to 4095.
    labels : ndarray of int32, shape (H, W)
        The truth.
    """
    labels = np.zeros(shape, np.int32)
    signal = np.zeros(shape, np.float32)
    placed = 0
    for _ in range(4 * count):
        if placed == count:
            break
        placed += _place(labels, signal, placed + 1, diameter_px, rng)
    texture = ndimage.gaussian_filter(rng.standard_normal(shape), diameter_px / 12)
    signal *= 1 + 0.25 * texture.astype(np.float32) / texture.std()
    light = _uneven_light(shape, rng)
    blurred = ndimage.gaussian_filter(signal, 1.1) + 0.15 * ndimage.gaussian_filter(signal, 9)
    photons = rng.poisson(np.maximum(60 + 900 * light * blurred, 0))
    noisy = 100 + photons * 1.2 + rng.normal(0, 8, shape)
    return np.clip(noisy, 0, 4095).astype(np.uint16), labels


def _place(
    labels: Labels,
    signal: npt.NDArray[np.float32],
    label: int,
    diameter: float,
    rng: np.random.Generator,
) -> bool:
    """Draw one wobbly ellipse where it hardly overlaps others; say whether there was room."""
    y, x = rng.uniform(0, labels.shape)
    a, b = diameter / 2 * np.exp(rng.normal(0, 0.15, 2))
    turn = rng.uniform(0, np.pi)
    reach = int(1.5 * diameter)
    y0, x0 = max(0, int(y) - reach), max(0, int(x) - reach)
    window = (slice(y0, int(y) + reach), slice(x0, int(x) + reach))
    rows, columns = np.indices(labels[window].shape, np.float32)
    dy, dx = rows + y0 - y, columns + x0 - x
    u = (dx * np.cos(turn) + dy * np.sin(turn)) / a
    v = (dy * np.cos(turn) - dx * np.sin(turn)) / b
    angle = np.arctan2(v, u)
    rim = 1 + sum(
        rng.normal(0, 0.05) * np.cos(k * angle + rng.uniform(0, 2 * np.pi)) for k in (2, 3, 4)
    )
    inside = np.hypot(u, v) < rim
    taken = labels[window] > 0
    if not inside.any() or (inside & taken).sum() > 0.02 * inside.sum():
        return False
    new = inside & ~taken
    labels[window][new] = label
    signal[window][new] = np.exp(rng.normal(0, 0.3))
    return True


def _uneven_light(shape: tuple[int, int], rng: np.random.Generator) -> npt.NDArray[np.float32]:
    y, x = np.indices(shape, np.float32)
    centre = np.array(shape) * rng.uniform(0.35, 0.65, 2)
    distance = np.hypot((y - centre[0]) / shape[0], (x - centre[1]) / shape[1])
    return np.asarray(1 - 0.5 * distance**2, np.float32)
