"""What a person drew in another tool: areas, lines and points with a class, and their pixels."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt
from skimage.draw import line, polygon

Points = npt.NDArray[np.float64]
"""Rows ``(y, x)``, counted in pixel corners: the centre of the first pixel is at (0.5, 0.5)."""


@dataclass(frozen=True)
class Drawing:
    """One thing that was drawn.

    Parameters
    ----------
    kind : str
        ``area``, ``line`` or ``points``.
    parts : tuple of ndarray, shape (N, 2)
        Rings of an area, where a ring inside another is a hole; pieces of a line; points.
    class_name : str
        What the person called it; empty where they did not say.
    group : int
        Group of ImageJ, 0 for none.
    width_px : float
        Of a line.
    z : int or None
        Plane, from 0; None where it is meant for all planes.
    """

    kind: Literal["area", "line", "points"]
    parts: tuple[Points, ...]
    class_name: str = ""
    group: int = 0
    width_px: float = 1.0
    z: int | None = None


def painted(drawing: Drawing, shape: tuple[int, int]) -> npt.NDArray[np.int64]:
    """Pixels of a drawing that lie in a plane, as rows ``(y, x)`` in reading order.

    A pixel belongs to an area if its centre does. A line of up to one pixel covers the pixels it
    runs through, a wider one those within half its width. A part outside the plane is left out.

    Parameters
    ----------
    shape : (height, width)

    Examples
    --------
    >>> square = np.array([(0, 0), (0, 2), (2, 2), (2, 0)], float)
    >>> painted(Drawing("area", (square,)), (9, 9)).tolist()
    [[0, 0], [0, 1], [1, 0], [1, 1]]
    """
    parts = [part for part in drawing.parts if len(part)]
    if not parts:
        return np.zeros((0, 2), np.int64)
    margin = int(np.ceil(drawing.width_px)) + 1
    corners = np.concatenate(parts)
    low = np.maximum(np.floor(corners.min(axis=0)).astype(int) - margin, 0)
    high = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + margin, shape)
    if (high <= low).any():
        return np.zeros((0, 2), np.int64)
    canvas = np.zeros(high - low, np.uint8)
    paint = {"area": _fill, "line": _stroke, "points": _dot}[drawing.kind]
    for part in parts:
        paint(canvas, part - low, drawing.width_px)
    found: npt.NDArray[np.int64] = np.argwhere(canvas) + low
    return found


def _fill(canvas: npt.NDArray[np.uint8], ring: Points, width: float) -> None:
    """Turn the pixels of a ring over, so that a ring in a ring is a hole."""
    rows, columns = polygon(ring[:, 0] - 0.5, ring[:, 1] - 0.5, canvas.shape)
    canvas[rows, columns] ^= 1


def _stroke(canvas: npt.NDArray[np.uint8], points: Points, width: float) -> None:
    pixels = np.floor(points).astype(np.int64)
    for first, last in pairwise(pixels) if len(pixels) > 1 else [(pixels[0],) * 2]:
        _set(canvas, np.column_stack(line(*first, *last)))
    if width > 1:
        for first, last in pairwise(points):
            _band(canvas, first, last, width / 2)


def _band(canvas: npt.NDArray[np.uint8], first: Points, last: Points, reach: float) -> None:
    """Pixels whose centres are within a distance of a piece of line."""
    low = np.maximum(np.floor(np.minimum(first, last) - reach).astype(int), 0)
    high = np.ceil(np.maximum(first, last) + reach).astype(int)
    part = canvas[low[0] : max(0, high[0]), low[1] : max(0, high[1])]
    along = last - first
    centres = np.moveaxis(np.indices(part.shape), 0, -1) + low + 0.5 - first
    share = centres @ along / max(float(along @ along), 1e-12)
    gap = centres - np.clip(share, 0, 1)[..., None] * along
    part[(gap * gap).sum(axis=-1) <= reach * reach] = 1


def _dot(canvas: npt.NDArray[np.uint8], points: Points, width: float) -> None:
    _set(canvas, np.floor(points).astype(np.int64))


def _set(canvas: npt.NDArray[np.uint8], pixels: npt.NDArray[np.int64]) -> None:
    inside = ((pixels >= 0) & (pixels < canvas.shape)).all(axis=1)
    canvas[tuple(pixels[inside].T)] = 1
