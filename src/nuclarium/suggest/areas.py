"""Linked areas of a mask of any size, counted tile by tile and kept or taken away as wholes."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from nuclarium.core.geometry import Box, iter_boxes

Mask = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]
Choice = Callable[[Integers, npt.NDArray[np.bool_]], npt.NDArray[np.bool_]]
"""Says of each area, by its pixels and whether it is at the edge of the plane, if it is kept."""

TILE_PX = 2048


def keep_areas(mask: Mask, choice: Choice, *, corners: bool, tile_px: int = TILE_PX) -> None:
    """Take away, in place, the areas of a mask that are not chosen.

    Parameters
    ----------
    mask : ndarray of bool, shape (H, W)
    choice : callable
    corners : bool
        Whether pixels that touch at a corner are linked.
    tile_px : int
        Side of the tiles that are worked on; the result does not depend on it.
    """
    shape = (mask.shape[0], mask.shape[1])
    boxes = list(iter_boxes(shape, tile_px))
    lines = _Lines(shape, tile_px)
    areas: list[Integers] = []
    first = 1
    for box in boxes:
        numbers, area = _areas(mask, box, corners)
        lines.put(box, np.where(numbers > 0, numbers + (first - 1), 0))
        areas.append(area)
        first += len(area)
    area = np.concatenate([np.zeros(1, np.int64), *areas])
    whole = _whole(lines.pairs(corners), len(area))
    total = np.bincount(whole, area, int(whole.max()) + 1).astype(np.int64)
    at_edge = np.zeros(len(total), bool)
    at_edge[whole[lines.outer()]] = True
    kept = choice(total, at_edge)[whole]
    start = 1
    for box, own in zip(boxes, areas, strict=True):
        lookup = np.concatenate([np.zeros(1, bool), kept[start : start + len(own)]])
        mask[box.slices] = lookup[_areas(mask, box, corners)[0]]
        start += len(own)


def _areas(mask: Mask, box: Box, corners: bool) -> tuple[npt.NDArray[np.int32], Integers]:
    """Areas of one tile, numbered from 1, and the pixels of each."""
    part = np.ascontiguousarray(mask[box.slices]).view(np.uint8)
    _, numbers, stats, _ = cv2.connectedComponentsWithStats(part, connectivity=8 if corners else 4)
    return numbers, stats[1:, cv2.CC_STAT_AREA].astype(np.int64)


class _Lines:
    """The rows and columns of a plane on both sides of every cut between tiles, and its edges."""

    def __init__(self, shape: tuple[int, int], tile_px: int) -> None:
        self.shape, self.tile_px = shape, tile_px
        cuts = [range(0, side, tile_px) for side in shape]
        # Of each tile's first and last line, along the whole plane: [axis][cut, first or last].
        self.lines = [np.zeros((len(cuts[axis]), 2, shape[1 - axis]), np.int64) for axis in (0, 1)]

    def put(self, box: Box, numbers: npt.NDArray[np.int64]) -> None:
        """Keep the outer lines of a tile's numbers."""
        row, column = box.y0 // self.tile_px, box.x0 // self.tile_px
        self.lines[0][row, :, box.x0 : box.x1] = numbers[[0, -1]]
        self.lines[1][column, :, box.y0 : box.y1] = numbers[:, [0, -1]].T

    def pairs(self, corners: bool) -> Integers:
        """Numbers that touch across a cut, shape (n, 2)."""
        found = [np.zeros((0, 2), np.int64)]
        for lines in self.lines:
            for before, after in zip(lines[:-1, 1], lines[1:, 0], strict=True):
                found.append(np.column_stack([before, after]))
                if corners:
                    found.append(np.column_stack([before[1:], after[:-1]]))
                    found.append(np.column_stack([before[:-1], after[1:]]))
        pairs = np.concatenate(found)
        return np.unique(pairs[(pairs > 0).all(axis=1)], axis=0)

    def outer(self) -> Integers:
        """Numbers on the edge of the plane."""
        edges = [line for lines in self.lines for line in (lines[0, 0], lines[-1, 1])]
        numbers = np.unique(np.concatenate(edges))
        return numbers[numbers > 0]


def _whole(pairs: Integers, count: int) -> npt.NDArray[np.int32]:
    """Area of the plane that each area of a tile belongs to."""
    links = sparse.coo_array((np.ones(len(pairs), bool), pairs.T), shape=(count, count))
    _, whole = connected_components(links, directed=False)
    return np.asarray(whole, np.int32)
