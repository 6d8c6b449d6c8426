"""Label images: int32, 0 background, 1..n nuclei; walked tile by tile without cutting a nucleus."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from nuclarium.core.geometry import Box, iter_boxes

Labels = npt.NDArray[np.int32]
"""Label image of shape (H, W), or (Z, H, W) for one label plane a slice."""

LabelReader = Callable[[Box], Labels]
"""Gives the labels of a window, shape (H, W); so a plane larger than memory can be walked."""


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
        Row `i` is the half-open box ``y0, x0, y1, x1`` of label ``i + 1``, all zero where that label
        is absent; n is the largest label.
    """
    boxes = np.zeros((0, 4), np.int64)
    for tile in iter_boxes(shape, tile_size):
        for index, found in enumerate(ndimage.find_objects(read(tile))):
            if index >= len(boxes):
                boxes = _lengthened(boxes, index + 1)
            if found is not None:
                rows, columns = found
                part = Box(rows.start, columns.start, rows.stop, columns.stop)
                boxes[index] = _united(boxes[index], part.shifted(tile.y0, tile.x0))
    return boxes


def iter_owned_windows(
    read: LabelReader,
    boxes: npt.NDArray[np.int64],
    shape: tuple[int, int],
    *,
    tile_size: int = 2048,
) -> Iterator[tuple[Box, Labels]]:
    """Walk a plane so that every nucleus is seen whole, in exactly one window.

    A nucleus belongs to the tile that holds the upper left corner of its bounding box; the window of
    a tile covers the boxes of all that belong to it, and labels of others are blanked.

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


def _lengthened(boxes: npt.NDArray[np.int64], length: int) -> npt.NDArray[np.int64]:
    return np.concatenate([boxes, np.zeros((length - len(boxes), 4), np.int64)])


def _united(row: npt.NDArray[np.int64], part: Box) -> tuple[int, int, int, int]:
    if row[2] == 0:
        return part.y0, part.x0, part.y1, part.x1
    y0, x0, y1, x1 = (int(v) for v in row)
    return min(y0, part.y0), min(x0, part.x0), max(y1, part.y1), max(x1, part.x1)
