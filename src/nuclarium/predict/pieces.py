"""Pieces of a tile, numbered in one image, and where they touch: fragments and background areas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from nuclarium.core.geometry import Box
from nuclarium.predict.climb import Climb, Heights, Indices

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Pieces:
    """Numbers of a tile's fragments, from 1, then of its background areas, then of what is around.

    Parameters
    ----------
    numbers : ndarray of int32, shape (h + 2, w + 2)
        Of the tile and the ring around it. A foreground pixel of the ring has the number of the
        fragment that ends there, or one of its own; background of the ring is 0.
    fragments, areas : int
        How many there are.
    pixel : ndarray of int, shape (k + 1,)
        By number, the index in the raveled window of the pixel that a piece climbs to; 0 for areas.
    area, score : ndarray of int64, shape (fragments,)
        Pixels of each fragment, and the sum of their foreground probability in 1/255.
    """

    numbers: npt.NDArray[np.int32]
    fragments: int
    areas: int
    pixel: Indices
    area: Integers
    score: Integers

    def is_area(self, numbers: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Whether numbers are those of background areas."""
        return (numbers > self.fragments) & (numbers <= self.fragments + self.areas)


def numbered(height: Heights, way: Climb, probability: npt.NDArray[np.uint8]) -> Pieces:
    """Give every piece of a tile its number.

    Pixels of a nucleus are one fragment when they climb to one end, and pixels of background are
    one area when they are linked by their sides.
    """
    end, own = way.end[: way.own], way.pixels[: way.own]
    area = np.bincount(end, minlength=len(way.pixels))
    score = np.bincount(end, probability.ravel()[own], minlength=len(way.pixels))
    ends = np.flatnonzero(area > 0)
    others = way.own + np.flatnonzero(area[way.own :] == 0)
    background = np.zeros(height.shape, np.uint8)
    background[1:-1, 1:-1] = height[1:-1, 1:-1] == 0
    count, numbers = cv2.connectedComponents(background, connectivity=4, ltype=cv2.CV_32S)
    pixel = np.zeros(len(ends) + count + len(others), np.intp)
    pixel[1 : len(ends) + 1] = way.pixels[ends]
    pixel[len(ends) + count :] = way.pixels[others]
    number = np.zeros(len(way.pixels), np.int32)
    number[ends] = np.arange(1, len(ends) + 1)
    number[others] = np.arange(len(ends) + count, len(pixel))
    numbers[1:-1, 1:-1] += len(ends)
    numbers.ravel()[way.pixels] = number[way.end]
    score_of_ends = np.rint(score[ends]).astype(np.int64)
    return Pieces(numbers, len(ends), count - 1, pixel, area[ends], score_of_ends)


def contacts(numbers: npt.NDArray[np.int32]) -> tuple[Indices, Indices]:
    """Pixels side by side that are of two pieces, at least one of them in the tile.

    Returns
    -------
    first, second : ndarray of int
        Indices of the raveled window; the second is right of the first, or below it.
    """
    columns = numbers.shape[1]
    flat = numbers.ravel()
    beside = np.zeros(numbers.shape, bool)
    np.not_equal(flat[1:], flat[:-1], out=beside.ravel()[:-1])
    beside[[0, -1]] = beside[:, -1] = False
    below = numbers[1:] != numbers[:-1]
    below[:, [0, -1]] = False
    left, upper = np.flatnonzero(beside), np.flatnonzero(below)
    return np.concatenate([left, upper]), np.concatenate([left + 1, upper + columns])


def places_of(pixels: Indices, columns: int, box: Box, shape: tuple[int, int]) -> Integers:
    """Turn indices of the raveled window, one pixel wider than the tile, into places."""
    y, x = np.divmod(pixels, columns)
    places: Integers = (y + box.y0 - 1) * shape[1] + (x + box.x0 - 1)
    return places


def outer_pixels(
    numbers: npt.NDArray[np.int32], box: Box, shape: tuple[int, int]
) -> tuple[Integers, npt.NDArray[np.int32]]:
    """Places and numbers of the pixels on a tile's outer edge, each once."""
    lines = [(slice(0, 1), slice(None)), (slice(1, -1), slice(0, 1))]
    if box.shape[0] > 1:
        lines.append((slice(-1, None), slice(None)))
    if box.shape[1] > 1:
        lines.append((slice(1, -1), slice(-1, None)))
    y = np.arange(box.y0, box.y1)[:, None] * shape[1]
    places = [(y[rows] + np.arange(box.x0, box.x1)[columns]).ravel() for rows, columns in lines]
    return np.concatenate(places), np.concatenate([numbers[line].ravel() for line in lines])
