"""How much boxes and outlines overlap, mixed: outlines where both have them, boxes otherwise."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nuclarium.core.marks import Marks, Points
from nuclarium.io.interchange.polygons import fill

Floats = npt.NDArray[np.float64]


def box_intersections(one: npt.ArrayLike, other: npt.ArrayLike) -> Floats:
    """Area that every box of one list shares with every box of another.

    Parameters
    ----------
    one, other : array_like, shapes (n, 4) and (m, 4)
        Half-open boxes ``y0, x0, y1, x1``.

    Returns
    -------
    area : ndarray of float64, shape (n, m)
    """
    a = np.asarray(one, np.float64).reshape(-1, 4)[:, None]
    b = np.asarray(other, np.float64).reshape(-1, 4)[None]
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    area: Floats = np.clip(sides, 0, None).prod(axis=-1)
    return area


def box_areas(boxes: npt.ArrayLike) -> Floats:
    """Area of each box, shape (n,)."""
    array = np.asarray(boxes, np.float64).reshape(-1, 4)
    area: Floats = (array[:, 2:] - array[:, :2]).prod(axis=1)
    return area


def box_iou(one: npt.ArrayLike, other: npt.ArrayLike) -> Floats:
    """Intersection over union of every two boxes; 0 where both have no area.

    Examples
    --------
    >>> box_iou([[0, 0, 2, 2]], [[0, 0, 2, 1], [5, 5, 6, 6]])
    array([[0.5, 0. ]])
    """
    shared = box_intersections(one, other)
    union = box_areas(one)[:, None] + box_areas(other)[None] - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def mark_iou(truth: Marks, prediction: Marks) -> Floats:
    """Intersection over union of every true and every predicted mark.

    Two outlines are compared by the pixels whose centres they enclose. Where one of the two is a
    box, their boxes are compared: a box says nothing of the pixels in it. Points have no area and
    overlap with nothing.

    Parameters
    ----------
    truth, prediction : Marks
        Of one image.

    Returns
    -------
    iou : ndarray of float64, shape (n, m)
        In [0, 1].
    """
    iou = box_iou(truth.boxes, prediction.boxes)
    for i, j in zip(*np.nonzero(iou), strict=True):
        one, other = truth.outlines[i], prediction.outlines[j]
        if one is not None and other is not None:
            iou[i, j] = outline_iou(one, other)
    return iou


def outline_iou(one: Points, other: Points) -> float:
    """Intersection over union of the pixels whose centres two outlines enclose; 0 without any.

    Examples
    --------
    >>> square = np.array([[0.0, 0], [0, 4], [4, 4], [4, 0]])
    >>> outline_iou(square, square + [0, 2])
    0.3333333333333333
    """
    both = np.concatenate([one, other])
    low = np.floor(both.min(axis=0))
    height, width = (np.ceil(both.max(axis=0)) - low).astype(int).tolist()
    a, b = (fill([ring - low], (height, width)) for ring in (one, other))
    union = np.count_nonzero(a | b)
    return float(np.count_nonzero(a & b) / union) if union else 0.0
