"""Follow the edges of all nuclei of a window at once, as closed rings of corners."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nuclarium.core.labels import Labels

Ring = npt.NDArray[np.int32]
"""Corners ``(y, x)`` of a closed line, shape (N, 2), the first not repeated at the end.

Corner ``(y, x)`` is the upper left corner of pixel ``(y, x)``, so the centre of that pixel lies at
``(y + 0.5, x + 0.5)``. This is how QuPath and ImageJ count.
"""

# East, south, west, north: turning right is one further.
_STEPS = np.array([(0, 1), (1, 0), (0, -1), (-1, 0)], np.int64)


@dataclass(frozen=True, slots=True)
class Rings:
    """All rings of a window, end to end: corners, where each begins, its label and area."""

    corners: Ring
    starts: npt.NDArray[np.int64]
    labels: npt.NDArray[np.int64]
    areas: npt.NDArray[np.float64]

    def ring(self, index: int) -> Ring:
        """Return the corners of one ring."""
        return self.corners[self.starts[index] : self.starts[index + 1]]


def trace_rings(labels: Labels, offset: tuple[int, int]) -> Rings:
    """Follow the edges of all nuclei at once.

    Every edge of a pixel that parts a nucleus from anything else is one entry of an array, and each
    knows the edge that comes next. Rings are told apart, and put in order, by jumps of doubling
    length along these links, so that there is no loop over nuclei.

    Parameters
    ----------
    labels : ndarray of int32, shape (H, W)
        Label image; 0 is background.
    offset : (y, x)
        Added to the corners.
    """
    starts, directions, pixels, following = _edges(np.pad(labels, 1))
    ring_of = _ring_numbers(following)
    following = _untouching(starts, ring_of, following)
    ring_of = _ring_numbers(following)
    order = np.argsort(ring_of * len(ring_of) + _positions(following, ring_of), kind="stable")
    is_corner = np.empty(len(order), bool)
    is_corner[following] = directions[following] != directions
    order = order[is_corner[order]]
    ring_starts = np.flatnonzero(np.diff(ring_of[order], prepend=-1))
    corners = starts[order] + np.asarray(offset, np.int64)
    bounds = np.append(ring_starts, len(order))
    areas = _areas(starts[order], bounds)
    return Rings(corners.astype(np.int32), bounds, pixels[order[ring_starts]], areas)


def _edges(
    padded: Labels,
) -> tuple[
    npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]
]:
    """Edges between a nucleus and anything else, walked with the nucleus on the right hand.

    Returns
    -------
    starts, directions, labels, following
        Corner where an edge begins, its direction, whose edge it is, and the edge that comes next.
        An edge that could go two ways, at pixels that touch at a corner, stays with its own pixel.
    """
    inner = padded[1:, 1:]
    above, left, diagonal = padded[:-1, 1:], padded[1:, :-1], padded[:-1, :-1]
    own = (inner, left, diagonal, above)
    other = (above, inner, left, diagonal)
    exists = np.stack([(a != b) & (a > 0) for a, b in zip(own, other, strict=True)])
    directions, rows, columns = np.nonzero(exists)
    number = np.zeros(exists.shape, np.int32)
    number[exists] = np.arange(len(rows))
    labels = np.concatenate([a[e] for a, e in zip(own, exists, strict=True)]).astype(np.int64)
    end_rows = rows + _STEPS[directions, 0]
    end_columns = columns + _STEPS[directions, 1]
    following = np.full(len(rows), -1, np.int64)
    for turn in (1, 0, -1):
        there = ((directions + turn) % 4, end_rows, end_columns)
        free = (following < 0) & exists[there]
        following[free] = number[there][free]
    return np.stack([rows, columns], axis=1), directions, labels, following


def _ring_numbers(following: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Smallest edge number of the ring that each edge lies on."""
    smallest: npt.NDArray[np.int64] = np.minimum(np.arange(len(following)), following)
    jump = following[following]
    while True:
        updated = np.minimum(smallest, smallest[jump])
        if np.array_equal(updated, smallest):
            return smallest
        smallest, jump = updated, jump[jump]


def _positions(
    following: npt.NDArray[np.int64], ring_of: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Numbers that grow along each ring, up to the edge that gives the ring its number."""
    is_last = following == ring_of
    jump = np.where(is_last, np.arange(len(following)), following)
    distance = (~is_last).astype(np.int64)
    while True:
        step = distance[jump]
        if not step.any():
            numbers: npt.NDArray[np.int64] = distance.max(initial=0) - distance
            return numbers
        distance, jump = distance + step, jump[jump]


def _untouching(
    starts: npt.NDArray[np.int64],
    ring_of: npt.NDArray[np.int64],
    following: npt.NDArray[np.int64],
) -> npt.NDArray[np.int64]:
    """Split rings that visit a corner twice, so that every ring is simple."""
    height, width = starts.max(axis=0, initial=0) + 1
    visits = (ring_of * height + starts[:, 0]) * width + starts[:, 1]
    order = np.argsort(visits, kind="stable")
    twice = np.flatnonzero(visits[order][1:] == visits[order][:-1])
    if not len(twice):
        return following
    before = np.empty_like(following)
    before[following] = np.arange(len(following))
    first, second = order[twice], order[twice + 1]
    split = following.copy()
    split[before[first]], split[before[second]] = second, first
    return split


def _areas(
    corners: npt.NDArray[np.int64], bounds: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Signed area of each ring."""
    if len(bounds) == 1:
        return np.zeros(0)
    following = np.roll(corners, -1, axis=0)
    following[bounds[1:] - 1] = corners[bounds[:-1]]
    (y, x), (next_y, next_x) = corners.T, following.T
    areas: npt.NDArray[np.float64] = np.add.reduceat(x * next_y - next_x * y, bounds[:-1]) / 2
    return areas
