"""The convex hull of every nucleus at once: its area and its largest diameter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nuclarium.core.geometry import Spacing
from nuclarium.measurement.regions import Floats, Ints, Regions

_TOLERANCE = 1e-7
"""Below any distance that rows of less than a million pixels can have from a pixel centre."""


@dataclass(frozen=True, slots=True)
class Hulls:
    """The pixels of the convex hulls of n nuclei: the columns ``left..right`` of each row.

    The hull is scikit-image's: that of the middles of the four sides of every pixel; a pixel
    belongs to it when its centre does.
    """

    owner: Ints
    row: Ints
    left: Ints
    right: Ints

    def area(self, count: int) -> Floats:
        """Return the pixels of each of `count` hulls, shape (n,)."""
        return np.bincount(self.owner, self.right - self.left + 1, count).astype(np.float64)

    def feret_diameter_max(self, count: int, spacing: Spacing) -> Floats:
        """Return the largest distance in each of `count` hulls, in the unit of `spacing`.

        It is measured between the middles of pixel sides, as scikit-image does.
        """
        left = _left_chain(self.owner, self.row, self.left)
        right = _left_chain(self.owner, self.row, -self.right)
        near, far = _every_pair(self.owner[left], self.owner[right], count)
        dy = np.abs(self.row[left][near] - self.row[right][far]) * spacing.y
        dx = np.abs(self.left[left][near] - self.right[right][far]) * spacing.x
        longer = np.maximum(2 * dy * spacing.y + spacing.y**2, 2 * dx * spacing.x + spacing.x**2)
        squared = np.zeros(count)
        np.maximum.at(squared, self.owner[left][near], dy**2 + dx**2 + longer)
        return np.sqrt(squared)


def find_hulls(regions: Regions) -> Hulls:
    """Find the convex hull of each nucleus, holes and separate parts included."""
    owner, row, low, high = _row_extents(regions)
    left = _edge(regions, owner, row, low)
    right = -_edge(regions, owner, row, -high)
    y0, y1 = regions.boxes[:, 0], regions.boxes[:, 2]
    every = np.repeat(np.arange(len(y0)), y1 - y0)
    rows = np.arange(len(every)) - np.repeat(np.cumsum(y1 - y0) - (y1 - y0), y1 - y0) + y0[every]
    return Hulls(
        every,
        rows,
        np.ceil(left - _TOLERANCE).astype(np.int64),
        np.floor(right + _TOLERANCE).astype(np.int64),
    )


def _row_extents(regions: Regions) -> tuple[Ints, Ints, Ints, Ints]:
    """Return nucleus, row, first and last column of every row that holds pixels."""
    owner = regions.owner
    begins = np.ones(len(owner), bool)
    begins[1:] = (np.diff(owner) != 0) | (np.diff(regions.row) != 0)
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(owner))[: len(first)] - 1
    return owner[first], regions.row[first], regions.start[first], regions.stop[last] - 1


def _edge(regions: Regions, owner: Ints, row: Ints, column: Ints) -> Floats:
    """Return where the hull begins in each row of each nucleus, all rows one after the other."""
    chain = _left_chain(owner, row, column)
    height = regions.boxes[:, 2] - regions.boxes[:, 0]
    base = np.cumsum(height) - height - regions.boxes[:, 0]
    # One axis holds the rows of all nuclei; no row lies between two nuclei, so interpolation
    # across them is only met at the half rows that are masked below.
    known_at, known = (base[owner] + row)[chain], column[chain].astype(np.float64)
    at = np.arange(int(height.sum()), dtype=np.float64)
    if len(at) == 0:
        return at
    below = np.interp(at + 0.5, known_at, known)
    above = np.interp(at - 0.5, known_at, known)
    below[np.cumsum(height) - 1] = np.inf
    above[np.cumsum(height) - height] = np.inf
    edge: Floats = np.minimum(np.interp(at, known_at, known) - 0.5, np.minimum(above, below))
    return edge


def _left_chain(owner: Ints, row: Ints, column: Ints) -> Ints:
    """Return the places of the corners of each nucleus' hull on the side of small columns.

    Points that lie on or behind the line between their neighbours are no corners, and are removed
    from all nuclei at once until none is left.
    """
    kept = np.arange(len(owner))
    while len(kept) > 2:
        o, y, x = owner[kept], row[kept], column[kept]
        behind = (x[1:-1] - x[:-2]) * (y[2:] - y[:-2]) >= (x[2:] - x[:-2]) * (y[1:-1] - y[:-2])
        drop: npt.NDArray[np.bool_] = behind & (o[:-2] == o[2:])
        if not drop.any():
            break
        kept = kept[np.concatenate([[True], ~drop, [True]])]
    return kept


def _every_pair(a: Ints, b: Ints, count: int) -> tuple[Ints, Ints]:
    """Return all pairs of places of two ascending lists of owners that have one owner."""
    number_b = np.bincount(b, minlength=count)
    partners = number_b[a]
    near = np.repeat(np.arange(len(a)), partners)
    within = np.arange(len(near)) - np.repeat(np.cumsum(partners) - partners, partners)
    far = within + (np.cumsum(number_b) - number_b)[a[near]]
    return near, far
