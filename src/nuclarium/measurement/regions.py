"""The nuclei of a plane as runs of pixels sorted by label, from which every family computes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.core.labels import label_runs

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Regions:
    """The n nuclei of a window, with their pixels as m horizontal runs.

    Parameters
    ----------
    label : ndarray of int64, shape (n,)
        Ascending.
    first : ndarray of int64, shape (n,)
        First run of each nucleus; its runs reach to the next one's first, in reading order.
    row, start, stop : ndarray of int64, shape (m,)
        Row of each run and its half-open columns, in pixels of the window.
    """

    label: Ints
    first: Ints
    row: Ints
    start: Ints
    stop: Ints

    @property
    def owner(self) -> Ints:
        """Index of the nucleus of each run, shape (m,)."""
        return np.repeat(np.arange(len(self.label)), np.diff(self.first, append=len(self.row)))

    def added(self, values: Ints) -> Ints:
        """Sum a value of each run over every nucleus, shape (n,)."""
        total: Ints = np.add.reduceat(values, self.first) if len(self.first) else values[:0]
        return total

    @property
    def area(self) -> Ints:
        """Pixels of each nucleus, shape (n,); at least 1."""
        return self.added(self.stop - self.start)

    @property
    def boxes(self) -> Ints:
        """Half-open box ``y0, x0, y1, x1`` of each nucleus, shape (n, 4)."""
        if len(self.first) == 0:
            return np.zeros((0, 4), np.int64)
        low = [np.minimum.reduceat(values, self.first) for values in (self.row, self.start)]
        high = [np.maximum.reduceat(values, self.first) for values in (self.row + 1, self.stop)]
        return np.stack([*low, *high], axis=1)


def find_regions(labels: npt.NDArray[np.integer[Any]]) -> Regions:
    """Sort the runs of a label plane, shape (H, W), by nucleus."""
    runs = label_runs(labels)
    order = np.argsort(runs.label, kind="stable")
    label = runs.label[order]
    first = np.flatnonzero(np.diff(label, prepend=0))
    return Regions(label[first], first, runs.row[order], runs.start[order], runs.stop[order])
