"""Outlines of nuclei: polygons along the edges of pixels, which enclose exactly their pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from nuclarium.core.labels import Labels
from nuclarium.core.tracing import Ring, Rings, trace_rings


@dataclass(frozen=True, slots=True)
class Polygon:
    """One connected part of a nucleus: its outer ring, and the rings of its holes."""

    exterior: Ring
    holes: tuple[Ring, ...] = ()

    @property
    def area(self) -> float:
        """Area in pixels."""
        return ring_area(self.exterior) + sum(ring_area(hole) for hole in self.holes)


@dataclass(frozen=True, slots=True)
class Outline:
    """Where a nucleus ends: its label, one polygon for each of its parts, and its plane.

    Parameters
    ----------
    label : int
        From 1.
    polygons : tuple of Polygon
        Largest first; at least one.
    z : int or None
        Plane of a stack, from 0; None where there is one plane.
    """

    label: int
    polygons: tuple[Polygon, ...]
    z: int | None = None

    @property
    def area(self) -> float:
        """Area in pixels; unsimplified, the number of pixels of the nucleus."""
        return sum(polygon.area for polygon in self.polygons)


def ring_area(ring: npt.NDArray[np.int32] | npt.NDArray[np.float64]) -> float:
    """Signed area of a ring in pixels: positive for an exterior, negative for a hole."""
    y, x = ring.astype(np.float64).T
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2)


def iter_outlines(
    labels: Labels,
    *,
    offset: tuple[int, int] = (0, 0),
    z: int | None = None,
    tolerance: float = 0.0,
) -> Iterator[Outline]:
    """Yield the outline of every nucleus, in the order of the labels.

    The polygons run along the edges of the pixels. Pixels that only touch at a corner belong to
    different polygons; every ring is simple: it visits no corner twice, as GeoJSON wants it.

    Parameters
    ----------
    labels : ndarray of int32, shape (H, W)
        Label image, or a window of one; 0 is background.
    offset : (y, x)
        Position of the window in its plane; it is added to the corners.
    z : int, optional
        Plane of a stack, from 0; given to every outline.
    tolerance : float
        0 keeps every corner, so that the area of an outline is the pixel count of its nucleus.
        Otherwise corners are left out as long as the line moves by at most this many pixels
        (Douglas-Peucker); holes and parts that shrink to a line are left out.

    Yields
    ------
    outline : Outline
        With exteriors clockwise on the screen, holes the other way.

    Raises
    ------
    ValueError
        If `labels` is not two-dimensional or not of an integer type.

    Examples
    --------
    >>> outline = next(iter_outlines(np.array([[0, 0], [0, 7]], np.int32)))
    >>> outline.label, outline.area
    (7, 1.0)
    >>> outline.polygons[0].exterior.tolist()
    [[1, 1], [1, 2], [2, 2], [2, 1]]
    """
    if labels.ndim != 2 or labels.dtype.kind not in "ui":
        raise ValueError(
            f"labels must be integers of shape (H, W), but got {labels.dtype} of shape "
            f"{labels.shape}. For a stack, take the outlines of each plane."
        )
    rings = trace_rings(labels, offset)
    order = np.lexsort((-rings.areas, rings.labels))
    firsts = np.flatnonzero(np.diff(rings.labels[order], prepend=0)).tolist()
    numbers = order.tolist()
    for begin, end in pairwise([*firsts, len(numbers)]):
        polygons = tuple(_polygons(rings, numbers[begin:end]))
        if tolerance > 0:
            polygons = tuple(_simplified(polygon, tolerance) for polygon in polygons)
            polygons = tuple(polygon for polygon in polygons if len(polygon.exterior) >= 3)
        if polygons:
            yield Outline(int(rings.labels[numbers[begin]]), polygons, z)


def rasterise(outline: Outline, shape: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Pixels that an outline encloses, by the even-odd rule at their centres.

    Parameters
    ----------
    outline : Outline
        In the coordinates of the plane.
    shape : (height, width)
        Size of the plane; what lies outside is cut off.
    """
    crossings = np.zeros(shape, np.int32)
    rings = [ring for p in outline.polygons for ring in (p.exterior, *p.holes)]
    for ring in rings:
        for (y0, x0), (y1, x1) in zip(ring, np.roll(ring, -1, axis=0), strict=True):
            if y0 != y1:
                rows = np.arange(max(0, min(y0, y1)), min(shape[0], max(y0, y1)))
                columns = x0 + (rows + 0.5 - y0) * (x1 - x0) / (y1 - y0)
                for row, column in zip(rows, columns, strict=True):
                    crossings[row, max(0, int(np.ceil(column - 0.5))) :] += 1
    inside: npt.NDArray[np.bool_] = crossings % 2 == 1
    return inside


def _polygons(rings: Rings, group: list[int]) -> Iterator[Polygon]:
    """Give each hole of a nucleus to the smallest part around it; largest parts come first."""
    if len(group) == 1:
        yield Polygon(rings.ring(group[0]))
        return
    exteriors = [rings.ring(i) for i in group if rings.areas[i] > 0]
    holes: list[list[Ring]] = [[] for _ in exteriors]
    for hole in (rings.ring(i) for i in group if rings.areas[i] < 0):
        smallest_first = range(len(exteriors) - 1, 0, -1)
        around = next((i for i in smallest_first if _encloses(exteriors[i], hole)), 0)
        holes[around].append(hole)
    for exterior, inner in zip(exteriors, holes, strict=True):
        yield Polygon(exterior, tuple(inner))


def _encloses(exterior: Ring, hole: Ring) -> bool:
    """Whether the pixel just outside the first edge of a hole lies inside an exterior."""
    (y0, x0), (y1, x1) = hole[0].astype(np.float64), hole[1].astype(np.float64)
    length = abs(y1 - y0) + abs(x1 - x0)
    dy, dx = (y1 - y0) / length, (x1 - x0) / length
    y, x = y0 + (dy + dx) / 2, x0 + (dx - dy) / 2
    following = np.roll(exterior, -1, axis=0)
    lowest = np.minimum(exterior[:, 0], following[:, 0])
    highest = np.maximum(exterior[:, 0], following[:, 0])
    crossed = (lowest < y) & (y < highest) & (exterior[:, 1] < x)
    return bool(crossed.sum() % 2)


def _simplified(polygon: Polygon, tolerance: float) -> Polygon:
    holes = (_approximate(hole, tolerance) for hole in polygon.holes)
    exterior = _approximate(polygon.exterior, tolerance)
    return Polygon(exterior, tuple(hole for hole in holes if len(hole) >= 3))


def _approximate(ring: Ring, tolerance: float) -> Ring:
    approximation = cv2.approxPolyDP(np.ascontiguousarray(ring)[:, None], tolerance, closed=True)
    corners: Ring = np.asarray(approximation, np.int32).reshape(-1, 2)
    return corners
