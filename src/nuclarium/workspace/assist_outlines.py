"""Outlines of labels as people edit them: few corners, and yet exactly the same pixels."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt

from nuclarium.annotate.nuclei import Ring
from nuclarium.core.labels import Labels
from nuclarium.core.outlines import Polygon, iter_outlines
from nuclarium.core.tracing import Ring as Corners

_TOLERANCE_PX = 0.3
"""A cut corner is √2/4 = 0.354 px from the centre of its pixel, so no centre changes sides."""


def iter_rings(
    labels: Labels, offset: tuple[int, int] = (0, 0)
) -> Iterator[tuple[int, tuple[Ring, ...]]]:
    """Yield each nucleus with the rings of its largest part: the exterior, then the holes.

    Corners of pixels are cut at the middle of their edges and lines are simplified by 0.3 px, so
    that a ring has a tenth of the corners and encloses the centres of the same pixels.

    Parameters
    ----------
    labels : ndarray of int32, shape (H, W)
    offset : (y, x)
        Of the labels in their plane.

    Yields
    ------
    label : int
    rings : tuple of Ring
        Flat lists ``x, y, x, y …`` in pixels of the plane.

    Examples
    --------
    >>> next(iter_rings(np.array([[0, 0], [0, 7]], np.int32)))
    (7, ((1.5, 1.0, 2.0, 1.5, 1.5, 2.0, 1.0, 1.5),))
    """
    for outline in iter_outlines(labels, offset=offset):
        yield outline.label, rings_of(outline.polygons[0])


def rings_of(polygon: Polygon) -> tuple[Ring, ...]:
    """Return the rings of one polygon, exterior first."""
    return tuple(_flat(ring) for ring in (polygon.exterior, *polygon.holes))


def _flat(ring: Corners) -> Ring:
    points = _middles(ring.astype(np.float64))
    if len(points) > 4:
        line = np.ascontiguousarray(points, np.float32)[:, None]
        points = cv2.approxPolyDP(line, _TOLERANCE_PX, closed=True).reshape(-1, 2)
    flat = points[:, ::-1].ravel().astype(np.float64).round(2)
    return tuple(flat.tolist())


def _middles(ring: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Middles of the first and last pixel edge of every side: what is left when corners are cut."""
    following = np.roll(ring, -1, axis=0)
    length = np.abs(following - ring).sum(axis=1, keepdims=True)
    step = (following - ring) / np.maximum(length, 1)
    first, last = ring + step / 2, following - step / 2
    points = np.stack([first, last], axis=1).reshape(-1, 2)
    distinct = (points != np.roll(points, 1, axis=0)).any(axis=1)
    middles: npt.NDArray[np.float64] = points[distinct]
    return middles
