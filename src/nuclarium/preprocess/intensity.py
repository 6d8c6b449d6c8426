"""Intensities to a common range, the same for a window as for the whole image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.core.geometry import Box, iter_boxes
from nuclarium.core.image import Image

SAMPLE_PIXELS = 4_000_000
SAMPLE_SIDE = 256


@dataclass(frozen=True, slots=True)
class IntensityRange:
    """The two intensities that become 0 and 1.

    Parameters
    ----------
    low, high : float
        In the units of the image; `high` is larger than `low`.
    """

    low: float
    high: float

    def apply(self, pixels: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Map `low` to 0 and `high` to 1, without clipping; float32 of the same shape."""
        scale = np.float32(1.0 / (self.high - self.low))
        return (pixels.astype(np.float32) - np.float32(self.low)) * scale


def percentile_range(
    pixels: npt.NDArray[Any], percentiles: tuple[float, float] = (1.0, 99.8)
) -> IntensityRange:
    """Range between two percentiles of the pixels.

    A constant image gets a range of one grey level above its value, so that it maps to 0.
    """
    low, high = (float(value) for value in np.percentile(pixels, percentiles))
    return IntensityRange(low, high if high > low else low + 1.0)


def plane_range(
    image: Image,
    percentiles: tuple[float, float] = (1.0, 99.8),
    *,
    t: int = 0,
    c: int = 0,
    z: int = 0,
) -> IntensityRange:
    """Range of one plane, from all its pixels or, on a large one, from a regular sample.

    Planes of up to four million pixels are taken whole. Of larger ones, windows of 256 × 256 px on
    a regular grid are read, about four million pixels in all; the result depends on the plane
    alone, never on tiles.
    """
    return percentile_range(sample_plane(image, t=t, c=c, z=z), percentiles)


def sample_plane(image: Image, *, t: int = 0, c: int = 0, z: int = 0) -> npt.NDArray[Any]:
    """Pixels that stand for a plane, shape (N,) or (N, 3); all of them where the plane is small."""
    height, width = image.plane_shape
    last = (3,) if image.is_rgb else ()
    if height * width <= SAMPLE_PIXELS:
        return image.read(t=t, c=c, z=z).reshape(-1, *last)
    boxes = list(iter_boxes(image.plane_shape, SAMPLE_SIDE))
    step = max(1, len(boxes) * SAMPLE_SIDE**2 // SAMPLE_PIXELS)
    chosen: list[Box] = boxes[step // 2 :: step]
    return np.concatenate([image.read(b, t=t, c=c, z=z).reshape(-1, *last) for b in chosen])
