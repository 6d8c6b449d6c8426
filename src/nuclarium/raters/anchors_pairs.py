"""Pairs of marks that may be of one nucleus, found by sweeping strips of each field."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from nuclarium.raters.anchors_nearness import Nearness, Similarity
from nuclarium.raters.marks import POINT, RaterMarks

Places = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_AT_ONCE = 1 << 20
_MOST_STRIPS = 64


def near_pairs(
    marks: RaterMarks, similarity: Similarity, nearness: Nearness, *, apart: Places
) -> tuple[Places, Places, Floats]:
    """Find all pairs of marks of one field that are near and not forbidden.

    Parameters
    ----------
    marks : RaterMarks
        Sorted by field.
    similarity : Similarity
        Of these marks.
    nearness : Nearness
        What is near.
    apart : ndarray of int64, shape (n,)
        Marks of one field with the same number are no pair; -1 forbids nothing.

    Returns
    -------
    low, high : ndarray of int64, shape (pairs,)
        Places of the marks, ``low < high``.
    near : ndarray of float64, shape (pairs,)
        At least ``min_iou``.
    """
    found: list[tuple[Places, Places, Floats]] = []
    for low, high in _candidates(marks, nearness):
        allowed = (apart[low] != apart[high]) | (apart[low] < 0)
        low, high = low[allowed], high[allowed]
        near = similarity(low, high)
        kept = near >= nearness.min_iou
        found.append((low[kept], high[kept], near[kept]))
    if not found:
        empty = np.zeros(0, np.int64)
        return empty, empty, np.zeros(0)
    low, high, near = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return low, high, near


def _candidates(marks: RaterMarks, nearness: Nearness) -> Iterator[tuple[Places, Places]]:
    """Pairs whose boxes touch, each once; some more may be among them.

    A field is cut into strips about twice as high as a mark, and a mark is entered into every
    strip that it meets. Within a strip, entries are sorted by their left edge, and those that
    begin before another ends are candidates. A pair counts in the first strip that has both.
    """
    if not len(marks):
        return
    boxes = _reach(marks, nearness)
    field = marks.field.astype(np.int64)
    height = _strip_heights(field, boxes)
    top = boxes[:, 0].min()
    first = ((boxes[:, 0] - top) // height).astype(np.int64)
    strips = ((boxes[:, 2] - top) // height).astype(np.int64) - first + 1
    mark = np.repeat(np.arange(len(marks)), strips)
    strip = np.arange(len(mark)) - np.repeat(np.cumsum(strips) - strips, strips) + first[mark]
    left = boxes[:, 1] - boxes[:, 1].min()
    right = boxes[:, 3] - boxes[:, 1].min()
    order = np.lexsort((left[mark], strip, field[mark]))
    mark, strip = mark[order], strip[order]
    group = np.cumsum(
        (np.diff(field[mark], prepend=-1) != 0) | (np.diff(strip, prepend=-1) != 0)
    ).astype(np.float64)
    # One number for group and edge, so that one search serves all; its rounding only adds pairs.
    width = float(right.max()) + 2
    begins = group * width + left[mark]
    slack = np.spacing(begins[-1]) * 4
    ends = np.searchsorted(begins, group * width + right[mark] + slack, side="right")
    ends = np.minimum(ends, np.searchsorted(group, group, side="right"))
    counts = ends - np.arange(len(mark)) - 1
    for entry, other in iter_later(counts):
        a, b = mark[entry], mark[other]
        counted = strip[entry] == np.maximum(first[a], first[b])
        counted &= (boxes[a, 0] <= boxes[b, 2]) & (boxes[b, 0] <= boxes[a, 2])
        a, b = a[counted], b[counted]
        yield np.minimum(a, b), np.maximum(a, b)


def iter_later(counts: Places) -> Iterator[tuple[Places, Places]]:
    """Yield pairs of an entry and each of the `counts` entries after it, about 2^20 at a time."""
    total = np.cumsum(counts)
    begin = 0
    while begin < len(counts):
        done = total[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(total, done + _AT_ONCE, side="right")))
        some = counts[begin:end]
        entry = np.repeat(np.arange(begin, end), some)
        place = np.arange(len(entry)) - np.repeat(np.cumsum(some) - some, some)
        yield entry, entry + 1 + place
        begin = end


def _reach(marks: RaterMarks, nearness: Nearness) -> Floats:
    """Boxes within which all that is near to a mark begins or ends."""
    boxes = marks.boxes.copy()
    if nearness.inclusive:
        boxes[:, 2:] += 1
    else:
        points = marks.kind == POINT
        reach = nearness.point_distance / np.asarray(nearness.pixel_size) / 2
        boxes[points, :2] -= reach
        boxes[points, 2:] += reach
    return boxes


def _strip_heights(field: Places, boxes: Floats) -> Floats:
    """Height of the strips of the field of each mark."""
    height = boxes[:, 2] - boxes[:, 0]
    order = np.lexsort((height, field))
    begins = np.flatnonzero(np.diff(field, prepend=-1))
    counts = np.diff(np.append(begins, len(field)))
    median = height[order][begins + counts // 2]
    tallest = height[order][begins + counts - 1]
    return np.repeat(np.maximum(np.maximum(2 * median, tallest / _MOST_STRIPS), 1.0), counts)
