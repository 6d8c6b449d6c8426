"""Reduced grids for large scales, aligned to the plane and not to the tile."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from nuclarium.suggest.filters import Volume

MAX_LEVEL = 4
_LEAST_SIGMA = 1.5


def level_of(scale_px: float) -> int:
    """How often the plane is halved before a scale is looked at; sigma stays 1.5 px or more there.

    Examples
    --------
    >>> [level_of(scale) for scale in (0.7, 1.6, 3.5, 5.0, 10.0)]
    [0, 0, 1, 1, 2]
    """
    level = 0
    while level < MAX_LEVEL and scale_px / 2 ** (level + 1) >= _LEAST_SIGMA:
        level += 1
    return level


def sigma_at(scale_px: float, level: int) -> float:
    """Sigma, in pixels of the reduced grid, that gives a scale after reducing and enlarging again.

    Means of blocks blur by the variance of a block, and enlarging by that of a triangle; what is
    left is for the Gaussian.
    """
    side = 2.0**level
    blur = 0.0 if level == 0 else (side * side - 1) / 12 + side * side / 6
    return float(np.sqrt(max(0.0, scale_px * scale_px - blur))) / side


def halved(volume: Volume) -> Volume:
    """Means of 2 × 2 px of every plane; the sides must be even."""
    rows = volume[:, ::2] + volume[:, 1::2]
    means: Volume = (rows[:, :, ::2] + rows[:, :, 1::2]) * 0.25
    return means


def enlarged(planes: npt.NDArray[np.int16], level: int) -> npt.NDArray[np.int16]:
    """Bring planes with one pixel of margin to full size, linearly between pixel centres.

    Parameters
    ----------
    planes : ndarray of int16, shape (Z, h + 2, w + 2)
        With a margin where `level` is above 0, and of shape (Z, h, w) at level 0.

    Returns
    -------
    full : ndarray of int16, shape (Z, h * 2**level, w * 2**level)
    """
    if level == 0:
        return planes
    side = 2**level
    height, width = planes.shape[1] * side, planes.shape[2] * side
    inner = np.s_[side:-side, side:-side]
    full = [cv2.resize(p, (width, height), interpolation=cv2.INTER_LINEAR)[inner] for p in planes]
    return (
        np.ascontiguousarray(np.stack(full))
        if len(full) > 1
        else np.ascontiguousarray(full[0])[None]
    )
