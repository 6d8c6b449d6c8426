"""The range of intensities that a classifier tells apart, from the images it is trained on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.core.geometry import Box
from nuclarium.preprocess.intensity import iter_samples, percentiles
from nuclarium.suggest.features import StepRange

_PERCENTILES = (0.1, 99.9)


def step_range(
    read: Callable[[Box], npt.NDArray[Any]], plane: tuple[int, int]
) -> tuple[StepRange, ...]:
    """Range of each channel of one image.

    Parameters
    ----------
    read : callable
        Gives the pixels of a window, shape (C, Z, h, w); see `Canvas`.
    plane : (height, width)
    """
    parts = [pixels for _, pixels in iter_samples(read, plane)]
    channels = [np.concatenate([p[c].ravel() for p in parts]) for c in range(len(parts[0]))]
    bounds = [percentiles(values, _PERCENTILES) for values in channels]
    return tuple(_range(float(low), float(high)) for low, high in bounds)


def joint_ranges(ranges: Sequence[tuple[StepRange, ...]]) -> tuple[StepRange, ...]:
    """Range of each channel that covers those of all images."""
    return tuple(
        _range(min(r.low for r in channel), max(r.high for r in channel))
        for channel in zip(*ranges, strict=True)
    )


def _range(low: float, high: float) -> StepRange:
    return StepRange(low, high if high > low else low + 1.0)
