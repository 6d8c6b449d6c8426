"""Polygons of other tools to pixels and back: fractions, holes and parts drawn as one line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from nuclarium.core.outlines import Outline
from nuclarium.core.tracing import Ring

Points = npt.NDArray[np.float64]
"""Corners ``(y, x)`` of a closed line, shape (N, 2); the upper left pixel reaches from 0 to 1."""


def fill(rings: Iterable[Points | Ring], shape: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Pixels whose centres lie inside closed lines, by the even-odd rule.

    Of an outline of this project this gives exactly the pixels of its nucleus.

    Parameters
    ----------
    rings : iterable of ndarray, shape (N, 2)
        Corners ``(y, x)``; fractions are allowed.
    shape : (height, width)
        Of the plane; what lies outside is cut off.
    """
    height, width = shape
    crossings = np.zeros((height, width + 1), np.int32)
    for ring in rings:
        start = np.asarray(ring, np.float64)
        if len(start) < 3:
            continue
        end = np.roll(start, -1, axis=0)
        upper = np.where(start[:, :1] <= end[:, :1], start, end)
        lower = np.where(start[:, :1] <= end[:, :1], end, start)
        first = np.clip(np.ceil(upper[:, 0] - 0.5), 0, height).astype(np.int64)
        last = np.clip(np.ceil(lower[:, 0] - 0.5), 0, height).astype(np.int64)
        counts = np.maximum(last - first, 0)
        edge = np.repeat(np.arange(len(start)), counts)
        row = np.arange(len(edge)) - np.repeat(np.cumsum(counts) - counts, counts) + first[edge]
        slope = (lower[edge, 1] - upper[edge, 1]) / (lower[edge, 0] - upper[edge, 0])
        x = upper[edge, 1] + (row + 0.5 - upper[edge, 0]) * slope
        column = np.clip(np.ceil(np.round(x, 9) - 0.5), 0, width).astype(np.int64)
        np.add.at(crossings, (row, column), 1)
    inside: npt.NDArray[np.bool_] = np.cumsum(crossings[:, :width], axis=1) % 2 == 1
    return inside


def one_ring(outline: Outline) -> Ring:
    """Draw all rings of an outline as one line, for formats that know no holes and no parts.

    From the first ring the line goes straight to a corner of the next, around that, and back the
    same way; by the even-odd rule this encloses the same pixels.

    Returns
    -------
    ring : ndarray of int32, shape (N, 2)
    """
    rings = [ring for polygon in outline.polygons for ring in (polygon.exterior, *polygon.holes)]
    line = list(rings[0])
    for ring in rings[1:]:
        line += [rings[0][0], *ring, ring[0]]
    if len(rings) > 1:
        line.append(rings[0][0])
    return np.array(line, np.int32)


def ring_of(numbers: Sequence[float]) -> Points:
    """Turn a flat list ``x, y, x, y …`` into corners ``(y, x)``."""
    return np.asarray(numbers, np.float64).reshape(-1, 2)[:, ::-1].copy()


def flat_xy(ring: Ring) -> list[int]:
    """Turn corners ``(y, x)`` into a flat list ``x, y, x, y …``."""
    return [int(value) for value in ring[:, ::-1].ravel()]
