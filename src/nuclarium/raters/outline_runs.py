"""Pixels inside outlines as runs of rows, and how much of them pairs of outlines share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_AT_ONCE = 1 << 21


@dataclass(frozen=True, eq=False)
class Runs:
    """Pixels whose centres lie inside closed lines, by the even-odd rule, as runs of rows.

    Parameters
    ----------
    first : ndarray of int64, shape (n + 1,)
        First row of each outline among all rows.
    top : ndarray of int64, shape (n,)
        Row of pixels that its first row is.
    start, stop : tuple of ndarray of int64, shape (rows,)
        Columns of the runs of each row, one array for each run that a row can have; those that
        it does not have are empty (``start == stop``).
    area : ndarray of int64, shape (n,)
        Number of pixels.
    """

    first: Places
    top: Places
    start: tuple[Places, ...]
    stop: tuple[Places, ...]
    area: Places

    @classmethod
    def of(cls, outlines: Sequence[Floats | None]) -> Runs:
        """Find the runs of outlines, shape (k, 2), corners ``(y, x)``; none of those of None.

        The upper left pixel reaches from 0 to 1; pixels may lie anywhere, also below 0.
        """
        owner, row, column = _crossings(outlines)
        n = len(outlines)
        top = np.zeros(n, np.int64)
        bottom = np.zeros(n, np.int64)
        if len(owner):
            begins = np.flatnonzero(np.diff(owner, prepend=-1))
            ends = np.append(begins[1:], len(owner)) - 1
            top[owner[begins]], bottom[owner[begins]] = row[begins], row[ends] + 1
        first = np.concatenate([[0], np.cumsum(bottom - top)])
        place = (first[:-1] - top)[owner[::2]] + row[::2]
        layer = np.arange(len(place)) - np.searchsorted(place, place)
        layers = int(layer.max(initial=0)) + 1
        start = [np.zeros(int(first[-1]), np.int64) for _ in range(layers)]
        stop = [np.zeros(int(first[-1]), np.int64) for _ in range(layers)]
        for i in range(layers):
            start[i][place[layer == i]] = column[::2][layer == i]
            stop[i][place[layer == i]] = column[1::2][layer == i]
        area = np.bincount(owner[::2], column[1::2] - column[::2], minlength=n).astype(np.int64)
        return cls(first, top, tuple(start), tuple(stop), area)

    def iou(self, a: Places, b: Places) -> Floats:
        """Return the IoU of pairs of outlines, shape (pairs,); 0 where both have no pixel."""
        shared = self.shared(a, b)
        union = self.area[a] + self.area[b] - shared
        ratio: Floats = np.zeros(len(shared))
        np.divide(shared, union, out=ratio, where=union > 0)
        return ratio

    def shared(self, a: Places, b: Places) -> Places:
        """Return the number of pixels in both outlines of each pair, shape (pairs,)."""
        height = np.diff(self.first)
        top = np.maximum(self.top[a], self.top[b])
        rows = np.maximum(np.minimum(self.top[a] + height[a], self.top[b] + height[b]) - top, 0)
        result = np.zeros(len(a), np.int64)
        ends = np.cumsum(rows)
        begin = 0
        while begin < len(a):
            done = ends[begin - 1] if begin else 0
            end = max(begin + 1, int(np.searchsorted(ends, done + _AT_ONCE, side="right")))
            part = slice(begin, end)
            result[part] = self._shared(a[part], b[part], top[part], rows[part])
            begin = end
        return result

    def _shared(self, a: Places, b: Places, top: Places, rows: Places) -> Places:
        pair = np.repeat(np.arange(len(a)), rows)
        row = np.arange(len(pair)) - np.repeat(np.cumsum(rows) - rows, rows)
        of_a = row + np.repeat(self.first[a] + top - self.top[a], rows)
        of_b = row + np.repeat(self.first[b] + top - self.top[b], rows)
        total = np.zeros(len(pair), np.int64)
        for start_a, stop_a in zip(self.start, self.stop, strict=True):
            for start_b, stop_b in zip(self.start, self.stop, strict=True):
                stop = np.minimum(stop_a[of_a], stop_b[of_b])
                total += np.maximum(stop - np.maximum(start_a[of_a], start_b[of_b]), 0)
        return np.bincount(pair, total, minlength=len(a)).astype(np.int64)


def _crossings(outlines: Sequence[Floats | None]) -> tuple[Places, Places, Places]:
    """Where lines cross rows of pixel centres: outline, row, first column behind; sorted."""
    lengths = np.array([0 if corners is None else len(corners) for corners in outlines], np.int64)
    lines = [corners for corners in outlines if corners is not None]
    if not lines:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64)
    start = np.concatenate(lines).astype(np.float64)
    owner = np.repeat(np.arange(len(outlines)), lengths)
    following = np.arange(1, len(start) + 1)
    last = np.cumsum(lengths)[lengths > 0] - 1
    following[last] = last - lengths[lengths > 0] + 1
    end = start[following]
    is_down = start[:, :1] <= end[:, :1]
    upper, lower = np.where(is_down, start, end), np.where(is_down, end, start)
    first = np.ceil(upper[:, 0] - 0.5).astype(np.int64)
    counts = np.maximum(np.ceil(lower[:, 0] - 0.5).astype(np.int64) - first, 0)
    edge = np.repeat(np.arange(len(start)), counts)
    row = np.arange(len(edge)) - np.repeat(np.cumsum(counts) - counts, counts) + first[edge]
    height = lower[edge, 0] - upper[edge, 0]
    share = (row + 0.5 - upper[edge, 0]) / height
    x = upper[edge, 1] + share * (lower[edge, 1] - upper[edge, 1])
    column = np.ceil(np.round(x, 9) - 0.5).astype(np.int64)
    order = np.lexsort((column, row, owner[edge]))
    return owner[edge][order], row[order], column[order]
