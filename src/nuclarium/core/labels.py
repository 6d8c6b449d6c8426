"""Label images: int32, 0 background, 1..n nuclei; walked tile by tile without cutting a nucleus."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.core.geometry import Box, iter_boxes

Labels = npt.NDArray[np.int32]
"""Label image of shape (H, W), or (Z, H, W) for one label plane a slice."""

LabelReader = Callable[[Box], Labels]
"""Gives the labels of a window, shape (H, W); so a plane larger than memory can be walked."""


def as_labels(array: npt.ArrayLike, name: str = "labels") -> Labels:
    """Check that an array is a label image, whoever made it, and return it as int32.

    Parameters
    ----------
    array : array_like, shape (H, W) or (Z, H, W)
        Integers of any type, or floats that are all whole; 0 is background, the numbers of the
        nuclei need not be consecutive. A plane without pixels is allowed.
    name : str
        What the array is called in error messages.

    Returns
    -------
    labels : ndarray of int32, same shape
        The array itself where it is int32 already.

    Raises
    ------
    ValueError
        If the array has another number of axes, is a mask, holds negative numbers, fractions, nan
        or numbers above 2147483647.

    Examples
    --------
    >>> as_labels([[0, 7.0], [7.0, 0]])
    array([[0, 7],
           [7, 0]], dtype=int32)
    """
    labels = np.asarray(array)
    if labels.ndim not in (2, 3):
        raise ValueError(
            f"{name} must have shape (H, W) or (Z, H, W), but got {labels.shape}. "
            "Colour label pictures must be turned into integers first."
        )
    if labels.dtype == bool:
        raise ValueError(
            f"{name} must be integers, one number a nucleus, but got a mask of True and False. "
            "Label it first, for example with skimage.measure.label(mask)."
        )
    if labels.dtype.kind not in "uif":
        raise ValueError(f"{name} must be integers, but got {labels.dtype}.")
    _check_values(labels, name)
    return labels.astype(np.int32, copy=False)


def _check_values(labels: npt.NDArray[Any], name: str) -> None:
    if labels.size == 0:
        return
    low, high = labels.min(), labels.max()
    if labels.dtype.kind == "f" and not (np.isfinite(low) and np.array_equal(labels, labels // 1)):
        raise ValueError(
            f"{name} must be whole numbers, but got fractions or nan in {labels.dtype}. "
            "A probability map must be thresholded and labelled first."
        )
    if low < 0:
        raise ValueError(
            f"{name} must be 0 for background and positive for nuclei, but got {low}. "
            "Set negative numbers to 0 first."
        )
    if high > np.iinfo(np.int32).max:
        raise ValueError(
            f"{name} must be at most {np.iinfo(np.int32).max}, but got {high}. "
            "Renumber them first, for example with skimage.segmentation.relabel_sequential."
        )


@dataclass(frozen=True, slots=True)
class LabelRuns:
    """The nuclei of a plane as horizontal runs of pixels with one label, in reading order.

    Each field is an ndarray of int64, shape (runs,): run `i` covers the columns
    ``[start[i], stop[i])`` of ``row[i]``, and all its pixels are ``label[i]``.
    """

    label: npt.NDArray[np.int64]
    row: npt.NDArray[np.int64]
    start: npt.NDArray[np.int64]
    stop: npt.NDArray[np.int64]


def label_runs(labels: npt.NDArray[np.integer[Any]]) -> LabelRuns:
    """Find the horizontal runs of a plane; background has none.

    Parameters
    ----------
    labels : ndarray of int, shape (H, W)
        0 is background. May be empty.

    Examples
    --------
    >>> runs = label_runs(np.array([[0, 5, 5], [5, 0, 2]]))
    >>> runs.label, runs.stop
    (array([5, 5, 2]), array([3, 1, 3]))
    """
    width = labels.shape[1]
    flat = labels.ravel()
    if flat.size == 0:
        none = np.zeros(0, np.int64)
        return LabelRuns(none, none, none, none)
    begins = np.empty(flat.size, bool)
    np.not_equal(flat[1:], flat[:-1], out=begins[1:])
    begins[::width] = True
    first = np.flatnonzero(begins)
    label = flat[first].astype(np.int64)
    length = np.diff(first, append=flat.size)
    kept = label > 0
    label, first, length = label[kept], first[kept], length[kept]
    row, start = np.divmod(first, width)
    return LabelRuns(label, row, start, start + length)


def label_boxes(
    read: LabelReader, shape: tuple[int, int], *, tile_size: int = 2048
) -> npt.NDArray[np.int64]:
    """Bounding box of every label of a plane.

    Parameters
    ----------
    read : callable
        Gives the labels of a window.
    shape : (height, width)
        Size of the plane.
    tile_size : int
        Side of the windows that are read, in pixels; the result does not depend on it.

    Returns
    -------
    boxes : ndarray of int64, shape (n, 4)
        Row `i` is the half-open box ``y0, x0, y1, x1`` of label ``i + 1``, all zero where that
        label is absent; n is the largest label.
    """
    upper_left = np.full((0, 2), _FAR)
    lower_right = np.zeros((0, 2), np.int64)
    for tile in iter_boxes(shape, tile_size):
        index, boxes = _present_boxes(label_runs(read(tile)))
        if len(index) and index[-1] >= len(upper_left):
            missing = int(index[-1]) + 1 - len(upper_left)
            upper_left = np.concatenate([upper_left, np.full((missing, 2), _FAR)])
            lower_right = np.concatenate([lower_right, np.zeros((missing, 2), np.int64)])
        corner = (tile.y0, tile.x0)
        upper_left[index] = np.minimum(upper_left[index], boxes[:, :2] + corner)
        lower_right[index] = np.maximum(lower_right[index], boxes[:, 2:] + corner)
    upper_left[upper_left[:, 0] == _FAR] = 0
    return np.concatenate([upper_left, lower_right], axis=1)


def iter_owned_windows(
    read: LabelReader,
    boxes: npt.NDArray[np.int64],
    shape: tuple[int, int],
    *,
    tile_size: int = 2048,
) -> Iterator[tuple[Box, Labels]]:
    """Walk a plane so that every nucleus is seen whole, in exactly one window.

    A nucleus belongs to the tile that holds the upper left corner of its bounding box; the window
    of a tile covers the boxes of all that belong to it, and labels of others are blanked.

    Parameters
    ----------
    read : callable
        Gives the labels of a window.
    boxes : ndarray of int64, shape (n, 4)
        As `label_boxes` gives them.
    shape : (height, width)
        Size of the plane.
    tile_size : int
        Side of a tile in pixels.

    Yields
    ------
    window : Box
        Where the labels lie in the plane.
    labels : ndarray of int32, shape of the window
        Only nuclei that belong to this tile, with their own numbers.
    """
    present = np.flatnonzero(boxes[:, 2] > boxes[:, 0])
    columns = -(-shape[1] // tile_size)
    tile_of = boxes[present, 0] // tile_size * columns + boxes[present, 1] // tile_size
    order = np.argsort(tile_of, kind="stable")
    starts = np.flatnonzero(np.diff(tile_of[order], prepend=-1))
    for rows in np.split(present[order], starts[1:]) if len(order) else ():
        y0, x0 = boxes[rows, :2].min(axis=0)
        y1, x1 = boxes[rows, 2:].max(axis=0)
        window = Box(int(y0), int(x0), int(y1), int(x1))
        owned = np.zeros(len(boxes) + 1, bool)
        owned[rows + 1] = True
        labels = read(window)
        yield window, np.where(owned[labels], labels, 0).astype(np.int32, copy=False)


_FAR = np.iinfo(np.int64).max
"""Larger than any coordinate, for labels that are not met yet."""


def _present_boxes(runs: LabelRuns) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the index (label less one), ascending, and the box of each label that occurs."""
    order = np.argsort(runs.label, kind="stable")
    label = runs.label[order]
    first = np.flatnonzero(np.diff(label, prepend=0))
    if len(first) == 0:
        return label, np.zeros((0, 4), np.int64)
    row = runs.row[order]
    low = [np.minimum.reduceat(values, first) for values in (row, runs.start[order])]
    high = [np.maximum.reduceat(values, first) for values in (row + 1, runs.stop[order])]
    return label[first] - 1, np.stack([*low, *high], axis=1)
