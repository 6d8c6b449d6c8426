"""Nuclei cut in two: neighbours with a long, straight border that are one round shape."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt

from nuclarium.core.labels import Labels

_LEAST_EDGES = 5
_LENGTH = 0.75
_STRAIGHT_PX = 0.5
_ROUND = 0.94
_LEAST_SHARE = 0.12


def cut_nuclei(labels: Labels) -> Iterator[tuple[int, int]]:
    """Yield pairs of labels that look like one nucleus cut in two, smaller label first.

    Four things must hold. The smaller one has at least an eighth of the size of the other, so that
    it is no bud; the border that they share is at least three quarters as long as the smaller one
    is wide, as a circle of its size; it is straight to half a pixel; and both together fill 94 % of
    their convex hull, where two nuclei that touch leave notches.

    Parameters
    ----------
    labels : ndarray of int32, shape (H, W)

    Examples
    --------
    >>> halves = np.repeat([[1, 2]], 6, axis=0).repeat(3, axis=1)
    >>> list(cut_nuclei(halves))
    [(1, 2)]
    """
    pairs, points = _borders(labels)
    if not len(pairs):
        return
    areas = np.bincount(labels.ravel()) if labels.max() < 1 << 24 else None
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    pairs, points = pairs[order], points[order]
    firsts = np.flatnonzero(np.r_[True, (np.diff(pairs, axis=0) != 0).any(axis=1)])
    for begin, end in zip(firsts, np.append(firsts[1:], len(pairs)), strict=True):
        if end - begin < _LEAST_EDGES:
            continue
        one, other = pairs[begin].tolist()
        length, off = _line(points[begin:end])
        sizes = [int(areas[n] if areas is not None else (labels == n).sum()) for n in (one, other)]
        width = 2 * np.sqrt(min(sizes) / np.pi)
        if min(sizes) < _LEAST_SHARE * max(sizes) or length < _LENGTH * width or off > _STRAIGHT_PX:
            continue
        if _solidity(labels, one, other, points[begin], max(sizes)) >= _ROUND:
            yield one, other


def _borders(labels: Labels) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Pairs of labels at every edge between two nuclei, and the middle (y, x) of that edge."""
    found, places = [], []
    for a, b, middle in (
        (labels[:-1], labels[1:], (1.0, 0.5)),
        (labels[:, :-1], labels[:, 1:], (0.5, 1.0)),
    ):
        y, x = np.nonzero((a != b) & (a > 0) & (b > 0))
        found.append(np.sort(np.stack([a[y, x], b[y, x]], axis=1), axis=1).astype(np.int64))
        places.append(np.stack([y, x], axis=1) + np.asarray(middle))
    return np.concatenate(found), np.concatenate(places)


def _line(points: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Length of a border along its main direction, and how far it strays from a line (rms)."""
    centred = points - points.mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    along, across = centred @ directions[0], centred @ directions[-1]
    return float(np.ptp(along)) + 1.0, float(np.sqrt(np.mean(across**2)))


def _solidity(
    labels: Labels, one: int, other: int, near: npt.NDArray[np.float64], size: int
) -> float:
    """Share of its convex hull that the union of two labels fills; looked for around `near`."""
    reach = int(4 * np.sqrt(size)) + 8
    y, x = (int(v) for v in near)
    part = labels[max(0, y - reach) : y + reach, max(0, x - reach) : x + reach]
    union = ((part == one) | (part == other)).astype(np.uint8)
    rows, columns = np.nonzero(union)
    corners = np.stack([columns, rows], axis=1).astype(np.int32)
    corners = np.concatenate([corners + step for step in ((0, 0), (1, 0), (0, 1), (1, 1))])
    hull = cv2.convexHull(corners.astype(np.int32))
    return float(union.sum()) / max(cv2.contourArea(hull), 1.0)
