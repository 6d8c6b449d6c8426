"""Holes in nuclei: background that one nucleus encloses, found tile by tile.

A background area is a set of background pixels that are linked by their sides. It is a hole when it
does not reach the edge of the plane and all nuclei beside it are the same one. Areas are linked
across tiles by the pixels just outside each tile, so the tiles do not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nuclarium.core.geometry import Box
from nuclarium.predict.climb import Indices
from nuclarium.predict.links import as_one, linked, unique
from nuclarium.predict.pieces import Pieces, places_of

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
    pieces: Pieces,
    touching: tuple[Indices, Indices],
    outer: tuple[Integers, npt.NDArray[np.int32]],
    box: Box,
    shape: tuple[int, int],
) -> BackgroundAreas:
    """Describe the background areas of a tile.

    Parameters
    ----------
    pieces : Pieces
    touching : ndarray of int, ndarray of int
        Where pieces touch, from `contacts`.
    outer : ndarray of int64, ndarray of int32
        Places and numbers of the tile's outer pixels, from `outer_pixels`.
    box : Box
        The tile.
    shape : (height, width)
        The plane.
    """
    is_open = np.zeros(pieces.areas, bool)
    beyond = [np.zeros((0, 2), np.int64)]
    for line, outside, places in _sides(pieces.numbers, box, shape):
        is_area = pieces.is_area(line)
        if places is None:
            is_open[line[is_area] - pieces.fragments - 1] = True
        else:
            goes_on = is_area & (outside == 0)
            beyond.append(np.column_stack([line[goes_on] - pieces.fragments, places[goes_on]]))
    outer_places, outer_numbers = outer
    is_area = pieces.is_area(outer_numbers)
    area, end = _beside(pieces, touching, is_open)
    return BackgroundAreas(
        is_open=is_open,
        outer=outer_places[is_area],
        outer_numbers=outer_numbers[is_area].astype(np.int64) - pieces.fragments,
        beside=np.column_stack([area, places_of(end, pieces.numbers.shape[1], box, shape)]),
        beyond=np.concatenate(beyond),
    )


def _sides(
    numbers: npt.NDArray[np.int32], box: Box, shape: tuple[int, int]
) -> Iterator[tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], Integers | None]]:
    """Yield each outer line of a tile, the line outside it and its places; None off the plane."""
    rows, columns = np.arange(box.y0, box.y1) * shape[1], np.arange(box.x0, box.x1)
    upper = columns + (box.y0 - 1) * shape[1] if box.y0 > 0 else None
    lower = columns + box.y1 * shape[1] if box.y1 < shape[0] else None
    left = rows + box.x0 - 1 if box.x0 > 0 else None
    right = rows + box.x1 if box.x1 < shape[1] else None
    yield numbers[1, 1:-1], numbers[0, 1:-1], upper
    yield numbers[-2, 1:-1], numbers[-1, 1:-1], lower
    yield numbers[1:-1, 1], numbers[1:-1, 0], left
    yield numbers[1:-1, -2], numbers[1:-1, -1], right


def _beside(
    pieces: Pieces, touching: tuple[Indices, Indices], is_open: npt.NDArray[np.bool_]
) -> tuple[Integers, Indices]:
    """Areas that may be holes and the ends of the nuclei next to them, each pair once."""
    one, other = (pieces.numbers.ravel()[pixels] for pixels in touching)
    pairs = unique(as_one(np.minimum(one, other), np.maximum(one, other)))
    lower, higher = pairs >> 32, pairs & 0xFFFFFFFF
    area = np.where(pieces.is_area(lower), lower, higher)
    nucleus = lower + higher - area
    may_enclose = np.zeros(len(pieces.pixel), bool)
    may_enclose[pieces.fragments + 1 :][: pieces.areas] = ~is_open
    kept = may_enclose[area] & (nucleus > 0)
    return area[kept] - pieces.fragments, pieces.pixel[nucleus[kept]]


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


def _linked(tiles: Sequence[BackgroundAreas], starts: Integers) -> Integers:
    """Area of the whole plane that each area of a tile is a part of."""
    count = int(starts[-1])
    sought = np.concatenate([tile.beyond[:, 1] for tile in tiles])
    if not len(sought):
        return np.arange(count)
    outer = np.concatenate([tile.outer for tile in tiles])
    numbers = np.concatenate(
        [tile.outer_numbers + start - 1 for tile, start in zip(tiles, starts, strict=False)]
    )
    order = np.argsort(outer)
    first = np.concatenate(
        [tile.beyond[:, 0] + start - 1 for tile, start in zip(tiles, starts, strict=False)]
    )
    second = numbers[order][np.searchsorted(outer[order], sought)]
    return linked(np.column_stack([first, second]), count)
