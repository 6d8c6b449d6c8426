"""Where tiles are: which plane, how many levels, what a tile covers."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nuclarium.core.geometry import Box

TILE = 256
OVERVIEW_SIDE = 2048
"""Levels whose longer side is at most this are cut from one overview of the plane."""


@dataclass(frozen=True, slots=True)
class PlanePlace:
    """One plane of an image: time point, channel, slice, or a projection over all slices."""

    t: int = 0
    c: int = 0
    z: int = 0
    projection: str = "none"


FIRST_PLANE = PlanePlace()


def level_count(shape: tuple[int, int]) -> int:
    """Return how many levels there are: each is half of the one before, the last is one tile.

    Examples
    --------
    >>> level_count((256, 200)), level_count((257, 200)), level_count((100_000, 90_000))
    (1, 2, 10)
    """
    return 1 + max(0, math.ceil(math.log2(max(shape) / TILE)))


def level_shape(shape: tuple[int, int], level: int) -> tuple[int, int]:
    """Return height and width at a level; a pixel at the edge may stand for fewer pixels.

    Examples
    --------
    >>> level_shape((1000, 601), 1)
    (500, 301)
    """
    return -(-shape[0] >> level) or 1, -(-shape[1] >> level) or 1


def tile_box(shape: tuple[int, int], level: int, row: int, column: int) -> Box | None:
    """Return what a tile covers at its level; None where there is no such tile.

    Examples
    --------
    >>> tile_box((1000, 600), 1, 1, 1)
    Box(y0=256, x0=256, y1=500, x1=300)
    """
    if not 0 <= level < level_count(shape) or min(row, column) < 0:
        return None
    box = Box(row * TILE, column * TILE, (row + 1) * TILE, (column + 1) * TILE)
    inside = box.intersection(Box.of_shape(level_shape(shape, level)))
    return None if 0 in inside.shape else inside


def overview_level(shape: tuple[int, int]) -> int:
    """Return the level that is the overview: the first whose longer side is at most 2048."""
    return max(0, math.ceil(math.log2(max(shape) / OVERVIEW_SIDE)))
