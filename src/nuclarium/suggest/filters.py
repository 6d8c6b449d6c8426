"""Filters of stacks of planes whose results do not depend on processor, library or tile.

Pixels are whole steps, kernels have whole weights that add up to a power of two, and the sums fit
in the 53 bits of float64: every sum is exact, in whatever order a processor takes it.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
Volume = npt.NDArray[np.float64]
"""Shape (Z, H, W); a plane has Z = 1."""

WEIGHT_BITS = 14
PRODUCT_BITS = 11
_TRUNCATE = 4.0
_LEAST_SIGMA = 0.05
_Z_STEPS = 64


def kernel_radius(sigma: float) -> int:
    """Pixels that a Gaussian reaches to each side: four standard deviations, rounded."""
    return int(_TRUNCATE * sigma + 0.5) if sigma >= _LEAST_SIGMA else 0


def gaussian_kernel(sigma: float, bits: int = WEIGHT_BITS) -> Doubles:
    """Weights of a Gaussian as whole numbers that add up to ``2**bits``; shape (2 radius + 1,).

    Examples
    --------
    >>> gaussian_kernel(0.5, bits=4)
    array([ 0.,  2., 12.,  2.,  0.])
    """
    radius = kernel_radius(sigma)
    if radius == 0:
        return np.array([2.0**bits])
    weights = np.exp(-(np.arange(-radius, radius + 1) ** 2) / (2 * sigma * sigma))
    whole: Doubles = np.rint(weights / weights.sum() * 2**bits)
    whole[radius] += 2**bits - whole.sum()
    return whole


def gaussian(
    volume: Volume, sigma: float, sigma_z: float = 0.0, *, bits: int = WEIGHT_BITS
) -> Volume:
    """Smooth every plane, and along z too; the plane goes on as in a mirror at its edges.

    Parameters
    ----------
    volume : ndarray of float64, shape (Z, H, W)
        Whole numbers, or with `bits` of 14 multiples of a small power of two, as block means are.
    sigma, sigma_z : float
        Standard deviations in pixels and in planes; 0 leaves an axis as it is.
    bits : int
        Precision of the weights; the magnitude of the pixels must stay below
        ``2 ** (53 - 2 * bits)``, for the sums to be exact.
    """
    weights = gaussian_kernel(sigma, bits)
    smooth = np.empty_like(volume)
    for plane, out in zip(volume, smooth, strict=True):
        cv2.sepFilter2D(plane, -1, weights, weights, dst=out, borderType=cv2.BORDER_REFLECT)
    smooth *= 2.0 ** (-2 * bits)
    if kernel_radius(sigma_z) == 0 or len(volume) == 1:
        return smooth
    np.rint(smooth * _Z_STEPS, out=smooth)
    columns = smooth.reshape(len(smooth), -1)
    down = gaussian_kernel(sigma_z, WEIGHT_BITS)
    cv2.sepFilter2D(columns, -1, np.ones(1), down, dst=columns, borderType=cv2.BORDER_REFLECT)
    smooth *= 2.0**-WEIGHT_BITS / _Z_STEPS
    return smooth


def slope(values: npt.NDArray[np.float32], axis: int) -> npt.NDArray[np.float32]:
    """Half the difference of the two neighbours along an axis; at an edge it is its own neighbour.

    Examples
    --------
    >>> slope(np.array([0, 2, 8, 8], np.float32), 0)
    array([1., 4., 3., 0.], dtype=float32)
    """
    v = np.moveaxis(values, axis, 0)
    found = np.empty_like(values)
    out = np.moveaxis(found, axis, 0)
    np.subtract(v[2:], v[:-2], out=out[1:-1])
    out[0] = v[min(1, len(v) - 1)] - v[0]
    if len(v) > 1:
        out[-1] = v[-1] - v[-2]
    found *= np.float32(0.5)
    return found


def bend(values: npt.NDArray[np.float32], axis: int) -> npt.NDArray[np.float32]:
    """Both neighbours along an axis less twice the pixel; at an edge it is its own neighbour.

    Examples
    --------
    >>> bend(np.array([0, 2, 8, 8], np.float32), 0)
    array([ 2.,  4., -6.,  0.], dtype=float32)
    """
    v = np.moveaxis(values, axis, 0)
    step = np.diff(v, axis=0)
    out = np.zeros_like(v)
    out[:-1] += step
    out[1:] -= step
    return np.moveaxis(out, 0, axis)
