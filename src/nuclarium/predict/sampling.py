"""Pixels that stand for a plane, and the parts of it that are worth a look."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.core.geometry import Box, iter_boxes
from nuclarium.predict.model import InputSpec
from nuclarium.preprocess.intensity import (
    SAMPLE_SIDE,
    PixelReader,
    iter_samples,
    percentiles,
    pixels_of,
)

_WINDOW_SIDE = 512
_LARGEST_WINDOW = 1536
_MOST_WINDOWS = 4
_JUDGED_SHARE = 0.08
"""Part of a large plane that may be looked at before it is segmented."""

_LIT = 0.3
"""What has less than this part of the highest contrast of all parts of a plane is not looked at."""


@dataclass(frozen=True)
class SampledPlane:
    """A plane, and parts of it that stand for all.

    Parameters
    ----------
    read : callable
        Gives the pixels of a window, shape (H, W) or (H, W, 3).
    shape : (height, width)
    samples : tuple of (Box, ndarray)
        Windows and their pixels, as `iter_samples` gives them.
    """

    read: PixelReader
    shape: tuple[int, int]
    samples: tuple[tuple[Box, npt.NDArray[Any]], ...]

    @cached_property
    def pixels(self) -> npt.NDArray[Any]:
        """Pixels of all samples, shape (N,) or (N, 3), as `sample_plane` gives them."""
        return pixels_of(self.samples)

    @cached_property
    def lit(self) -> tuple[Box, ...]:
        """Parts of the plane with contrast, those with most first."""
        spread = {}
        for outer, pixels in self.samples:
            for box in iter_boxes(outer.shape, SAMPLE_SIDE):
                low, high = percentiles(pixels[box.slices], (5, 95))
                spread[box.shifted(outer.y0, outer.x0)] = float(high - low)
        least = _LIT * max(spread.values())
        ordered = sorted(spread, key=lambda box: (-spread[box], box))
        return tuple(box for box in ordered if spread[box] >= least)

    def windows(self, magnification: float, spec: InputSpec) -> tuple[Box, ...]:
        """Where to look: the whole plane if one run of the network holds it, or some windows.

        On a large plane the windows lie where there is contrast, and are a small part of it. Where
        one of a reduced plane would be most of it, the whole is looked at, and has its labels then.
        """
        if max(self.shape) * max(1, magnification) <= spec.tile_size:
            return (Box.of_shape(self.shape),)
        budget = _JUDGED_SHARE * self.shape[0] * self.shape[1]
        side = min(_LARGEST_WINDOW, int(_WINDOW_SIDE / magnification))
        if magnification == 1:
            side = int(np.clip(math.sqrt(budget), side // 2, side))
        is_most = 2 * side**2 >= self.shape[0] * self.shape[1]
        if is_most and max(self.shape) * magnification <= spec.tile_size:
            return (Box.of_shape(self.shape),)
        most = _MOST_WINDOWS if magnification > 1 else max(1, int(budget / side**2))
        return _apart(self.lit, side, self.shape, min(most, _MOST_WINDOWS))


def sampled(read: PixelReader, shape: tuple[int, int]) -> SampledPlane:
    """Read the sample of a plane; one that is a sample of itself is not read again."""
    samples = tuple(iter_samples(read, shape))
    if len(samples) > 1:
        return SampledPlane(read, shape, samples)
    whole = samples[0][1]
    return SampledPlane(lambda box: whole[box.slices], shape, samples)


def _apart(lit: tuple[Box, ...], side: int, shape: tuple[int, int], most: int) -> tuple[Box, ...]:
    """Windows of a side around the first of some boxes, none of which meet."""
    height, width = min(side, shape[0]), min(side, shape[1])
    found: list[Box] = []
    for box in lit:
        y0 = int(np.clip((box.y0 + box.y1 - height) // 2, 0, shape[0] - height))
        x0 = int(np.clip((box.x0 + box.x1 - width) // 2, 0, shape[1] - width))
        window = Box(y0, x0, y0 + height, x0 + width)
        if all(0 in window.intersection(other).shape for other in found):
            found.append(window)
        if len(found) == most:
            break
    return tuple(found)
