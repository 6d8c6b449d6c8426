"""The form of a nucleus: axes, orientation, outline and convexity."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.core.geometry import Spacing
from nuclarium.measurement.regions import Floats, Ints, Regions
from nuclarium.measurement.size import moments


def axes(regions: Regions, spacing: Spacing) -> dict[str, Floats]:
    """Describe the ellipse with the same second moments as each nucleus.

    Returns
    -------
    columns : dict of ndarray, shape (n,)
        ``axis_major_length`` and ``axis_minor_length`` in the unit of `spacing`,
        ``aspect_ratio``, their quotient, at least 1, and nan where the minor axis is 0;
        ``eccentricity`` in [0, 1]; and ``orientation`` in radians: the angle between the rows'
        direction (y) and the major axis, in (-π/2, π/2]; 0 where the axes are equal.
    """
    scale = np.array([spacing.y**2, spacing.x**2, spacing.y * spacing.x])
    yy, xx, xy = (moments(regions) * scale).T
    mean, half = (yy + xx) / 2, np.hypot((yy - xx) / 2, xy)
    major, minor = mean + half, np.maximum(mean - half, 0)
    eccentricity = np.sqrt(np.divide(2 * half, major, out=np.zeros_like(major), where=major > 0))
    return {
        "axis_major_length": 4 * np.sqrt(major),
        "axis_minor_length": 4 * np.sqrt(minor),
        "aspect_ratio": _aspect_ratio(major, minor),
        "eccentricity": np.minimum(eccentricity, 1),
        "orientation": np.arctan2(2 * xy, yy - xx) / 2,
    }


def _aspect_ratio(major: Floats, minor: Floats) -> Floats:
    # Rounding leaves a trace of width to the pixels of one straight line.
    thick = minor > 1e-9 * major
    squared = np.divide(major, minor, out=np.full(len(major), np.nan), where=thick)
    ratio: Floats = np.sqrt(squared)
    return ratio


def perimeter(labels: npt.NDArray[np.integer[Any]], regions: Regions, spacing: Spacing) -> Floats:
    """Return the length of the outline of each nucleus, shape (n,), in the unit of `spacing`.

    The estimator of scikit-image: the outline runs through the centres of the pixels that have a
    4-neighbour outside, and each such pixel adds half the length of its links to neighbours on the
    outline [1]_. Other nuclei and the border of the image are outside. Where pixels are not
    square, each link has its own length (scikit-image refuses these). A nucleus of one pixel has
    perimeter 0. Discs come out about 5 % too long, and 12 % where pixels are three times as
    long as wide.

    References
    ----------
    .. [1] Benkrid and Crookes, 2000; ``skimage.measure.perimeter``, neighborhood=4.
    """
    padded = np.pad(labels, 1)
    inner = padded[1:-1, 1:-1]
    whole = (padded[:-2, 1:-1] == inner) & (padded[2:, 1:-1] == inner)
    whole &= (padded[1:-1, :-2] == inner) & (padded[1:-1, 2:] == inner)
    inner[whole] = 0
    outline, width = padded.ravel(), padded.shape[1]
    place = np.flatnonzero(outline)
    label = outline[place]

    def linked(*steps: int) -> Ints:
        return sum(((outline[place + s] == label).astype(np.int64) for s in steps), start=_ZERO)

    diagonal = linked(-width - 1, -width + 1, width - 1, width + 1)
    length = _link_lengths(spacing)[linked(-width, width), linked(-1, 1), diagonal]
    owner = np.searchsorted(regions.label, label)
    total: Floats = np.bincount(owner, length, len(regions.label)).astype(np.float64)
    return total


_ZERO = np.zeros(1, np.int64)


def _link_lengths(spacing: Spacing) -> Floats:
    """Length that an outline pixel adds, by its vertical, horizontal and diagonal links."""
    lengths = np.zeros((3, 3, 5))
    slope = float(np.hypot(spacing.y, spacing.x))
    for vertical, horizontal in np.ndindex(3, 3):
        straight = vertical + horizontal
        side = (vertical * spacing.y + horizontal * spacing.x) / max(straight, 1)
        for diagonal in range(5):
            lengths[vertical, horizontal, diagonal] = {
                (2, 0): side, (3, 0): side, (2, 1): side, (3, 1): side, (2, 2): side, (3, 2): side,
                (0, 2): slope, (1, 3): slope,
                (1, 1): (side + slope) / 2, (1, 2): (side + slope) / 2,
            }.get((straight, diagonal), 0.0)  # fmt: skip
    return lengths


def circularity(area: Floats, perimeter: Floats) -> Floats:
    """Return ``4π area / perimeter²``; 1 for a circle, above 1 for a few pixels, nan for one."""
    out = np.full(len(area), np.nan)
    np.divide(4 * np.pi * area, perimeter**2, out=out, where=perimeter > 0)
    return out
