"""Holes in nuclei: background that one nucleus encloses, found tile by tile.

A background area is a set of background pixels that are linked by their sides. It is a hole when it
does not reach the edge of the plane and all nuclei beside it are the same one. Areas are linked
across tiles by the pixels just outside each tile, so the tiles do not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from nuclarium.core.geometry import Box

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class BackgroundAreas:
    """The background areas of one tile.

    Pixels are named by their place in the plane, ``y * width + x``.

    Parameters
    ----------
    is_open : ndarray of bool, shape (m,)
        Whether area `i + 1` reaches the edge of the plane.
    outer, outer_numbers : ndarray of int64, shape (p,)
        Background pixels on the tile's outer edge, and the area of each, from 1.
    beside : ndarray of int64, shape (q, 2)
        Areas, and the pixels of nuclei next to them, named by the pixel that these climb to.
    beyond : ndarray of int64, shape (r, 2)
        Areas, and the background pixels just outside the tile that they go on in.
    """

    is_open: npt.NDArray[np.bool_]
    outer: Integers
    outer_numbers: Integers
    beside: Integers
    beyond: Integers


def background_areas(
    foreground: npt.NDArray[np.bool_],
    end: npt.NDArray[np.int32],
    box: Box,
    shape: tuple[int, int],
) -> tuple[npt.NDArray[np.int32], BackgroundAreas]:
    """Find the background areas of a tile.

    Parameters
    ----------
    foreground : ndarray of bool, shape (h + 2, w + 2)
        The tile and one pixel around it.
    end : ndarray of int32, shape (h + 2, w + 2)
        Pixel that each pixel of a nucleus climbs to, as an index of this window raveled.
    box : Box
        The tile, of shape (h, w).
    shape : (height, width)
        The plane.

    Returns
    -------
    numbers : ndarray of int32, shape (h, w)
        Area of each background pixel, from 1; 0 in nuclei.
    areas : BackgroundAreas
    """
    inner = (slice(1, -1), slice(1, -1))
    background = (~foreground[inner]).astype(np.uint8)
    count, numbers = cv2.connectedComponents(background, connectivity=4, ltype=cv2.CV_32S)
    rows = np.arange(box.y0 - 1, box.y1 + 1, dtype=np.int64)[:, None]
    columns = np.arange(box.x0 - 1, box.x1 + 1, dtype=np.int64)
    places = rows * shape[1] + columns
    in_plane = (rows >= 0) & (rows < shape[0]) & (columns >= 0) & (columns < shape[1])
    is_open = np.zeros(count, bool)
    beside, beyond = [], []
    height, width = numbers.shape
    for dy, dx in ((0, 1), (1, 0), (1, 2), (2, 1)):
        near = (slice(dy, dy + height), slice(dx, dx + width))
        is_open[numbers[~in_plane[near]]] = True
        meets = foreground[near] & (numbers > 0)
        # A number and an end in one integer sort much faster than pairs.
        beside.append(np.unique(numbers[meets].astype(np.int64) * end.size + end[near][meets]))
    for line, near_line in _outer_lines(numbers, places, foreground | ~in_plane):
        goes_on = (line > 0) & (near_line >= 0)
        beyond.append(np.column_stack([line[goes_on], near_line[goes_on]]))
    area, ending = np.divmod(np.unique(np.concatenate(beside)), end.size)
    edge = np.zeros(numbers.shape, bool)
    edge[[0, -1]] = edge[:, [0, -1]] = True
    edge &= numbers > 0
    areas = BackgroundAreas(
        is_open=is_open[1:],
        outer=places[inner][edge],
        outer_numbers=numbers[edge].astype(np.int64),
        beside=np.column_stack([area, places.ravel()[ending]]),
        beyond=np.concatenate(beyond).astype(np.int64),
    )
    return numbers, areas


def _outer_lines(
    numbers: npt.NDArray[np.int32], places: Integers, is_closed: npt.NDArray[np.bool_]
) -> list[tuple[npt.NDArray[np.int32], Integers]]:
    """Pair each outer line of a tile with the line outside it; -1 where that is no background."""
    near = np.where(is_closed, -1, places)
    return [
        (numbers[0], near[0, 1:-1]),
        (numbers[-1], near[-1, 1:-1]),
        (numbers[:, 0], near[1:-1, 0]),
        (numbers[:, -1], near[1:-1, -1]),
    ]


def hole_labels(
    tiles: Sequence[BackgroundAreas], label_at: Callable[[Integers], npt.NDArray[np.int32]]
) -> list[npt.NDArray[np.int32]]:
    """Label of the nucleus that each area is a hole of.

    Parameters
    ----------
    tiles : sequence of BackgroundAreas
        Of tiles that cover the plane once.
    label_at : callable
        Gives the label of pixels of nuclei by their places; 0 for objects that were left out.

    Returns
    -------
    labels : list of ndarray of int32
        One a tile, of shape (m,); 0 for areas that are no hole.
    """
    counts = [len(tile.is_open) for tile in tiles]
    starts = np.cumsum([0, *counts])
    whole = _linked(tiles, starts)
    size = int(whole.max(initial=-1)) + 1
    is_open = np.zeros(size, bool)
    is_open[whole[np.concatenate([tile.is_open for tile in tiles])]] = True
    lowest = np.full(size, np.iinfo(np.int32).max, np.int32)
    highest = np.zeros(size, np.int32)
    for tile, start in zip(tiles, starts, strict=False):
        labels = label_at(tile.beside[:, 1])
        area = whole[start + tile.beside[:, 0] - 1]
        np.minimum.at(lowest, area, labels)
        np.maximum.at(highest, area, labels)
    label_of = np.where((lowest == highest) & ~is_open, highest, 0).astype(np.int32)
    return [label_of[part] for part in np.split(whole, starts[1:-1])]


def _linked(tiles: Sequence[BackgroundAreas], starts: Integers) -> npt.NDArray[np.int32]:
    """Area of the whole plane that each area of a tile is a part of."""
    outer = np.concatenate([tile.outer for tile in tiles])
    numbers = np.concatenate(
        [tile.outer_numbers + start - 1 for tile, start in zip(tiles, starts, strict=False)]
    )
    order = np.argsort(outer)
    first = np.concatenate(
        [tile.beyond[:, 0] + start - 1 for tile, start in zip(tiles, starts, strict=False)]
    )
    sought = np.concatenate([tile.beyond[:, 1] for tile in tiles])
    second = numbers[order][np.searchsorted(outer[order], sought)] if len(sought) else first
    size = int(starts[-1])
    links = sparse.coo_array((np.ones(len(first), bool), (first, second)), shape=(size, size))
    whole: npt.NDArray[np.int32] = csgraph.connected_components(links, directed=False)[1]
    return whole
