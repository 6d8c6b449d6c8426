"""The features of a part of a plane or stack, int16 in fixed steps, at reduced size if they can."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from nuclarium.core.geometry import Box
from nuclarium.suggest.eigenvalues import eigenvalues_2, eigenvalues_3
from nuclarium.suggest.filters import PRODUCT_BITS, Volume, bend, gaussian, kernel_radius, slope
from nuclarium.suggest.levels import enlarged, halved, level_of, sigma_at
from nuclarium.suggest.settings import FeatureSettings

Plane16 = npt.NDArray[np.int16]
STEPS = 4095
NARROW = 0.66
"""The second Gaussian of a difference is this much narrower, as in ilastik."""

OUTER = 0.5
"""Sigma over which the structure tensor is averaged, in sigmas of its gradient, as in ilastik."""

_FINE = 4.0
"""Features of differences are kept in quarters of a step."""

_LOWEST, _HIGHEST = -STEPS - 1.0, 3.0 * (STEPS + 1)


@dataclass(frozen=True, slots=True)
class StepRange:
    """The intensities that become step 0 and step 4095.

    What is darker or brighter keeps its order, down to one range below and up to three above.
    """

    low: float
    high: float

    def apply(self, pixels: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Whole steps, as float64 of the same shape."""
        steps = pixels.astype(np.float64)
        steps -= self.low
        steps *= STEPS / (self.high - self.low)
        np.rint(steps, out=steps)
        return np.clip(steps, _LOWEST, _HIGHEST, out=steps)


@dataclass(frozen=True)
class Canvas:
    """One plane or stack to look at, read a window at a time.

    Parameters
    ----------
    read : callable
        Gives the pixels of a window of the plane, shape (C, Z, h, w).
    shape : (Z, H, W)
        Z is 1 for a plane.
    ranges : tuple of StepRange
        One a channel.
    z_step : float
        Distance between planes in pixels of the plane.
    """

    read: Callable[[Box], npt.NDArray[Any]]
    shape: tuple[int, int, int]
    ranges: tuple[StepRange, ...]
    z_step: float = 1.0


@dataclass(frozen=True)
class FeatureTile:
    """Features of a part of the plane.

    Parameters
    ----------
    box : Box
        The part; it begins at multiples of the coarsest grid's pixels.
    planes : tuple of ndarray of int16
        One a feature, in the order of `FeatureSettings.names`; shape (Z, h, w) at level 0, or
        reduced with a margin of one pixel.
    levels : tuple of int
        How often each was halved.
    """

    box: Box
    planes: tuple[Plane16, ...]
    levels: tuple[int, ...]

    def full(self, index: int) -> Plane16:
        """One feature at full size, shape (Z, H, W) of the box."""
        height, width = self.box.shape
        return enlarged(self.planes[index], self.levels[index])[:, :height, :width]

    @property
    def nbytes(self) -> int:
        """Memory that the features take."""
        return sum(plane.nbytes for plane in self.planes)


def halo(settings: FeatureSettings) -> int:
    """Pixels around a part of the plane that its features depend on."""
    return max((_reach(scale) + 1) << level_of(scale) for scale in settings.scales_px)


def alignment(settings: FeatureSettings) -> int:
    """Tiles begin at multiples of this many pixels."""
    return 1 << max(level_of(scale) for scale in settings.scales_px)


def _reach(scale: float) -> int:
    """Pixels of the reduced grid that the features of a scale look at, to each side."""
    level = level_of(scale)
    outer = kernel_radius(OUTER * scale / 2**level)
    return kernel_radius(sigma_at(scale, level)) + outer + 2


def feature_tile(canvas: Canvas, settings: FeatureSettings, box: Box) -> FeatureTile:
    """Compute the features of a part of a plane; they are those of the whole plane, exactly.

    Parameters
    ----------
    box : Box
        Begins at multiples of `alignment`.
    """
    align = alignment(settings)
    margin = -(-halo(settings) // align) * align
    size = (-(-box.shape[0] // align) * align, -(-box.shape[1] // align) * align)
    core = Box(box.y0, box.x0, box.y0 + size[0], box.x0 + size[1])
    pixels = mirrored(canvas.read, canvas.shape[1:], core.grown(margin), align)
    planes: list[Plane16] = []
    levels: list[int] = []
    for channel, steps in zip(pixels, canvas.ranges, strict=True):
        for scale, volume in _pyramid(steps.apply(channel), settings.scales_px):
            level = level_of(scale)
            kept = level > 0
            seen = _without_edge(volume, margin // 2**level - _reach(scale) - kept)
            for plane in _scale_features(seen, scale, level, canvas.z_step, settings):
                planes.append(np.ascontiguousarray(_without_edge(plane, _reach(scale))))
                levels.append(level)
    return FeatureTile(box, tuple(planes), tuple(levels))


def _without_edge(planes: npt.NDArray[Any], width: int) -> npt.NDArray[Any]:
    return planes[:, width : planes.shape[1] - width, width : planes.shape[2] - width]


def mirrored(
    read: Callable[[Box], npt.NDArray[Any]], shape: Sequence[int], window: Box, spare: int
) -> npt.NDArray[Any]:
    """Read a window that may reach beyond the plane, which goes on as in a mirror there.

    Parameters
    ----------
    spare : int
        As many more pixels are read inwards, so that the mirror image is whole although the window
        may reach further beyond the plane than it does into it.
    """
    whole = Box.of_shape((shape[0], shape[1]))
    inside = window.grown(spare).intersection(whole)
    near = window.intersection(whole)
    pixels = read(inside)
    pads = (
        (inside.y0 - window.y0, window.y1 - inside.y1),
        (inside.x0 - window.x0, window.x1 - inside.x1),
    )
    outside = [(max(0, low), max(0, high)) for low, high in pads]
    if near == window:
        padded = pixels
    else:
        padded = np.pad(pixels, [(0, 0)] * (pixels.ndim - 2) + outside, mode="symmetric")
    y, x = max(0, window.y0 - inside.y0), max(0, window.x0 - inside.x0)
    height, width = window.shape
    return padded[..., y : y + height, x : x + width]


def _pyramid(volume: Volume, scales: Sequence[float]) -> Iterator[tuple[float, Volume]]:
    level = 0
    for scale in scales:
        while level < level_of(scale):
            volume = halved(volume)
            level += 1
        yield scale, volume


def _scale_features(
    volume: Volume, scale: float, level: int, z_step: float, settings: FeatureSettings
) -> Iterator[Plane16]:
    """Features of one scale, in the order of the families."""
    deep = settings.dims == 3
    scale_z = scale / z_step if deep else 0.0
    smooth = gaussian(volume, sigma_at(scale, level), scale_z).astype(np.float32)
    axes = (0, 1, 2) if deep else (1, 2)
    sigmas = dict(zip((0, 1, 2), (scale_z, scale / 2**level, scale / 2**level), strict=True))
    wanted = set(settings.families)
    slopes = (
        {axis: slope(smooth, axis) * np.float32(sigmas[axis]) for axis in axes}
        if wanted & {"gradient", "structure", "hessian"}
        else {}
    )
    bends = (
        {axis: bend(smooth, axis) * np.float32(sigmas[axis] ** 2) for axis in axes}
        if wanted & {"laplacian", "hessian"}
        else {}
    )
    if "gaussian" in wanted:
        yield _fixed(smooth, 2.0)
    if "gradient" in wanted:
        yield _fixed(np.sqrt(_total([s * s for s in slopes.values()])), _FINE)
    if "laplacian" in wanted:
        yield _fixed(_total(list(bends.values())), _FINE)
    if "difference" in wanted:
        narrow = gaussian(volume, sigma_at(NARROW * scale, level), NARROW * scale_z)
        yield _fixed(smooth - narrow.astype(np.float32), _FINE)
    if "structure" in wanted:
        yield from _structure(slopes, OUTER * scale / 2**level, OUTER * scale_z)
    if "hessian" in wanted:
        crossed = {
            (a, b): slope(slopes[a], b) * np.float32(sigmas[b]) for a, b in combinations(axes, 2)
        }
        for value in _eigenvalues(bends, crossed):
            yield _fixed(value, _FINE)


def _structure(
    slopes: dict[int, npt.NDArray[np.float32]], sigma: float, sigma_z: float
) -> Iterator[Plane16]:
    """Roots of the eigenvalues of the structure tensor, in the steps of the gradient."""
    whole = {axis: np.rint(s * np.float32(_FINE)).astype(np.float64) for axis, s in slopes.items()}

    def mean(a: int, b: int) -> npt.NDArray[np.float32]:
        product = whole[a] * whole[b]
        return gaussian(product, sigma, sigma_z, bits=PRODUCT_BITS).astype(np.float32)

    squares = {axis: mean(axis, axis) for axis in whole}
    crossed = {(a, b): mean(a, b) for a, b in combinations(whole, 2)}
    for value in _eigenvalues(squares, crossed):
        np.maximum(value, 0, out=value)
        yield _fixed(np.sqrt(value, out=value), 1.0)


def _eigenvalues(
    same: dict[int, npt.NDArray[Any]], crossed: dict[tuple[int, int], npt.NDArray[Any]]
) -> tuple[npt.NDArray[Any], ...]:
    if len(same) == 2:
        return eigenvalues_2(same[1], same[2], crossed[1, 2])
    wide = [values.astype(np.float64) for values in (*same.values(), *crossed.values())]
    zz, yy, xx, zy, zx, yx = wide
    found = eigenvalues_3(zz, yy, xx, zy, zx, yx)
    return tuple(values.astype(np.float32) for values in found)


def _total(parts: list[npt.NDArray[np.float32]]) -> npt.NDArray[np.float32]:
    whole = parts[0].copy()
    for part in parts[1:]:
        whole += part
    return whole


def _fixed(values: npt.NDArray[np.float32], steps: float) -> Plane16:
    """Whole steps; `steps` is a power of two, so that there is one rounding only."""
    rows = values.reshape(-1, values.shape[-1])
    whole: Plane16 = cv2.addWeighted(rows, steps, rows, 0, 0, dtype=cv2.CV_16S)
    return whole.reshape(values.shape)
