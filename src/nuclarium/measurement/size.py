"""How large a nucleus is and where it lies."""

from __future__ import annotations

import numpy as np

from nuclarium.core.geometry import Spacing
from nuclarium.measurement.regions import Floats, Regions


def centroid(regions: Regions, corner: tuple[int, int] = (0, 0)) -> Floats:
    """Return the mean pixel ``(y, x)`` of each nucleus, shape (n, 2), in pixels of the plane.

    Parameters
    ----------
    corner : (y, x)
        First pixel of the window in the plane. Sums are of integers relative to the nucleus' own
        box, so that its centroid is the same to the last bit in every window.
    """
    place: Floats = _offset_mean(regions) + (regions.boxes[:, :2] + corner)
    return place


def equivalent_diameter(regions: Regions, spacing: Spacing) -> Floats:
    """Return the diameter of the circle of the same area, shape (n,), in the unit of `spacing`."""
    diameter: Floats = np.sqrt(4 * regions.area * spacing.pixel_area / np.pi)
    return diameter


def moments(regions: Regions) -> Floats:
    """Return the central second moments of each nucleus, divided by its area, in pixels².

    Returns
    -------
    moments : ndarray of float64, shape (n, 3)
        Variance of y, variance of x, covariance of y and x.
    """
    box, owner = regions.boxes, regions.owner
    row, start = regions.row - box[owner, 0], regions.start - box[owner, 1]
    length = regions.stop - regions.start
    sum_x = length * start + length * (length - 1) // 2
    sum_xx = start * (2 * sum_x - length * start) + (length - 1) * length * (2 * length - 1) // 6
    raw = [regions.added(values) for values in (length * row * row, sum_xx, row * sum_x)]
    y, x = _offset_mean(regions).T
    mean: Floats = np.stack(raw, axis=1).astype(np.float64) / regions.area[:, None]
    mean -= np.stack([y * y, x * x, y * x], axis=1)
    return mean


def _offset_mean(regions: Regions) -> Floats:
    box, owner = regions.boxes, regions.owner
    row, start = regions.row - box[owner, 0], regions.start - box[owner, 1]
    length = regions.stop - regions.start
    doubled = [regions.added(2 * length * row), regions.added(length * (2 * start + length - 1))]
    mean: Floats = np.stack(doubled, axis=1).astype(np.float64) / (2 * regions.area[:, None])
    return mean
