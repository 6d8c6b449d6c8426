"""Eigenvalues of the symmetric 2 × 2 or 3 × 3 matrix of every pixel, largest first."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[Any]


def eigenvalues_2(yy: Floats, xx: Floats, yx: Floats) -> tuple[Floats, Floats]:
    """Eigenvalues of [[yy, yx], [yx, xx]].

    Examples
    --------
    >>> eigenvalues_2(np.array([2.0]), np.array([0.0]), np.array([0.0]))
    (array([2.]), array([0.]))
    """
    half = yy.dtype.type(0.5)
    middle, reach = yy + xx, yy - xx
    middle *= half
    reach *= half
    reach *= reach
    reach += yx * yx
    np.sqrt(reach, out=reach)
    first = middle + reach
    middle -= reach
    return first, middle


def eigenvalues_3(
    zz: Floats, yy: Floats, xx: Floats, zy: Floats, zx: Floats, yx: Floats
) -> tuple[Floats, Floats, Floats]:
    """Eigenvalues of a symmetric 3 × 3 matrix, by the trigonometric formula [1]_.

    References
    ----------
    .. [1] Smith, 1961, doi:10.1145/355578.366316.
    """
    middle = (zz + yy + xx) / 3
    z, y, x = zz - middle, yy - middle, xx - middle
    off = zy * zy + zx * zx + yx * yx
    reach = np.sqrt((z * z + y * y + x * x + 2 * off) / 6)
    determinant = z * (y * x - yx * yx) - zy * (zy * x - yx * zx) + zx * (zy * yx - y * zx)
    safe = np.where(reach > 0, reach, 1)
    angle = np.arccos(np.clip(determinant / (2 * safe * safe * safe), -1, 1)) / 3
    first = middle + 2 * reach * np.cos(angle)
    last = middle + 2 * reach * np.cos(angle + 2 * np.pi / 3)
    return first, 3 * middle - first - last, last
