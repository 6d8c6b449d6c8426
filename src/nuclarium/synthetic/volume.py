"""Placed nuclei to a label volume and to the light that they send out, window by window."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from nuclarium.core.labels import Labels
from nuclarium.synthetic.nucleus import Field, Nucleus

_SPLIT = 3
_SOFT_UM = 0.25
_GRAIN_UM = 0.45


def label_volume(
    nuclei: Sequence[Nucleus],
    shape: tuple[int, int, int],
    voxel_um: tuple[float, float, float],
) -> Labels:
    """Label the voxels whose centres lie in a nucleus; entry `i` gets the number ``i + 1``.

    A voxel in two nuclei goes to the one in which it lies deeper, in parts of its radius, so that
    nuclei that press on each other share a smooth face. What this cuts off from the largest piece
    of a nucleus, by faces of voxels, becomes background.

    Returns
    -------
    labels : ndarray of int32, shape `shape`
    """
    labels = np.zeros(shape, np.int32)
    deepest = np.ones(shape, np.float32)
    for number, nucleus in enumerate(nuclei, start=1):
        window = nucleus.window(shape, voxel_um)
        level = nucleus.level(nucleus.places(window, voxel_um))
        deeper = level < deepest[window]
        labels[window][deeper] = number
        deepest[window][deeper] = level[deeper]
    for number, nucleus in enumerate(nuclei, start=1):
        _keep_largest(labels[nucleus.window(shape, voxel_um)], number)
    return labels


def light_volume(
    nuclei: Sequence[Nucleus],
    labels: Labels,
    voxel_um: tuple[float, float, float],
    rng: np.random.Generator,
) -> Field:
    """Light of the nuclei before any optics: 1 on average in a nucleus of intensity 1.

    Voxels at a surface get the part of their light that lies inside. None of a nucleus's light
    falls into a voxel of another.
    """
    light = np.zeros(labels.shape, np.float32)
    chromatin = _chromatin(labels.shape, voxel_um, rng)
    for number, nucleus in enumerate(nuclei, start=1):
        window = nucleus.window(labels.shape, voxel_um)
        places = nucleus.places(window, voxel_um, split=_SPLIT)
        level = nucleus.level(places)
        grain = np.repeat(chromatin[window], _SPLIT, axis=0)
        soft = np.float32(_SOFT_UM / nucleus.half.mean())
        inside = np.clip((1 - level) / soft + np.float32(0.5), 0, 1)
        shine = inside * nucleus.light(places, level, grain)
        shine = shine.reshape(-1, _SPLIT, *shine.shape[1:]).mean(1)
        own = labels[window]
        light[window] += shine * ((own == number) | (own == 0))
    return light


def _keep_largest(window: npt.NDArray[np.int32], number: int) -> None:
    pieces, count = ndimage.label(window == number)
    if count > 1:
        largest = 1 + int(np.bincount(pieces.ravel())[1:].argmax())
        window[(pieces > 0) & (pieces != largest)] = 0


def _chromatin(
    shape: tuple[int, ...], voxel_um: tuple[float, float, float], rng: np.random.Generator
) -> Field:
    """Smooth noise of mean 0 and variance 1, with grains of the same size in all directions."""
    field = rng.standard_normal(shape, dtype=np.float32)
    field = ndimage.gaussian_filter(field, [_GRAIN_UM / size for size in voxel_um], truncate=3)
    return np.asarray(field / field.std(), np.float32)
