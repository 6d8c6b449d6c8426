"""Maps of the network to labels: every pixel climbs its nucleus's distance map, tile by tile.

A foreground pixel points to the highest pixel around it; following the pointers leads to a peak,
and the pixels that reach one peak are a basin. Basins whose common ridge is nearly as high as the
lower of their peaks are one nucleus, and background that one nucleus encloses is filled. Each of
these steps looks at a pixel and its neighbours, or adds up over a basin, so a plane may be cut into
tiles of any size and still give the same labels: a tile yields `Fragments`, and `joined` makes
nuclei of all tiles' fragments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from nuclarium.core.geometry import Box
from nuclarium.core.labels import Labels
from nuclarium.predict.holes import BackgroundAreas, background_areas, hole_labels
from nuclarium.predict.model import DecoderSpec

APRON = 2
"""Pixels around a tile that its fragments depend on: one to smooth, one to climb."""

_SMOOTHING = np.array([1, 2, 1], np.float32)
_NEIGHBOURS = [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 0), (0, 1), (1, -1), (1, 0), (1, 1)]

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Fragments:
    """What one tile knows of the nuclei in it.

    Pixels are named by their place in the plane, ``y * width + x``. A fragment is the set of the
    tile's pixels that climb to one end: a peak in the tile, or a pixel just outside it.

    Parameters
    ----------
    box : Box
        The tile.
    outer, outer_numbers : ndarray of int64, shape (p,)
        Foreground pixels on the tile's outer edge, and the fragment of each, from 1.
    end : ndarray of int64, shape (k,)
        The pixel that fragment `i + 1` climbs to.
    height : ndarray of int32, shape (k,)
        Height of that pixel.
    area, score : ndarray of int64, shape (k,)
        Number of pixels, and the sum of their foreground probability in 1/255.
    ridge_ends : ndarray of int64, shape (m, 2)
        For neighbouring fragments the two ends; for a neighbour outside the tile, that pixel.
    ridge_height : ndarray of int32, shape (m,)
        The highest point of the border between the two.
    background : BackgroundAreas
        The rest of the tile, which may be holes in nuclei.
    """

    box: Box
    outer: Integers
    outer_numbers: Integers
    end: Integers
    height: npt.NDArray[np.int32]
    area: Integers
    score: Integers
    ridge_ends: Integers
    ridge_height: npt.NDArray[np.int32]
    background: BackgroundAreas


def fragments(
    maps: npt.NDArray[np.uint8], box: Box, shape: tuple[int, int], spec: DecoderSpec
) -> tuple[npt.NDArray[np.int32], Fragments]:
    """Find the fragments of one tile.

    Parameters
    ----------
    maps : ndarray of uint8, shape (2, h + 2 * APRON, w + 2 * APRON)
        Foreground probability and distance, in 1/255, of the tile and the pixels around it; zero
        outside the plane.
    box : Box
        The tile, of shape (h, w).
    shape : (height, width)
        The plane.
    spec : DecoderSpec
        Its `foreground_threshold` decides what is foreground.

    Returns
    -------
    numbers : ndarray of int32, shape (h, w)
        Fragment of each pixel, from 1; background areas are numbered on from there.
    found : Fragments
    """
    inner = (slice(1, -1), slice(1, -1))
    foreground = maps[0][inner] >= round(255 * spec.foreground_threshold)
    height = cv2.sepFilter2D(
        maps[1].astype(np.float32), -1, _SMOOTHING, _SMOOTHING, borderType=cv2.BORDER_CONSTANT
    )[inner]
    height = np.where(foreground, height.astype(np.int16), np.int16(-1))
    end = _climb(height)
    is_end = np.zeros(height.size, bool)
    core = np.zeros(height.shape, bool)
    core[inner] = foreground[inner]
    is_end[end[core.ravel()]] = True
    pixels = np.flatnonzero(is_end)
    number_of = np.zeros(height.size, np.int32)
    number_of[pixels] = np.arange(1, len(pixels) + 1)
    numbers = np.ascontiguousarray(np.where(core, number_of[end].reshape(height.shape), 0)[inner])
    count = len(pixels) + 1
    scores = np.bincount(numbers.ravel(), maps[0][APRON:-APRON, APRON:-APRON].ravel(), count)
    ends, ridge = _ridges(height, end.reshape(height.shape))
    outer, outer_numbers = _outer_pixels(numbers, box, shape)
    areas, background = background_areas(foreground, end.reshape(height.shape), box, shape)
    found = Fragments(
        box=box,
        outer=outer,
        outer_numbers=outer_numbers,
        end=_place(pixels, height.shape, box, shape),
        height=height.ravel()[pixels].astype(np.int32),
        area=np.bincount(numbers.ravel(), minlength=count)[1:],
        score=np.rint(scores[1:]).astype(np.int64),
        ridge_ends=_place(ends, height.shape, box, shape),
        ridge_height=ridge,
        background=background,
    )
    return np.where(areas > 0, areas + len(pixels), numbers), found


def _climb(height: npt.NDArray[np.int16]) -> npt.NDArray[np.int32]:
    """End of each pixel's way up, as indices of the raveled array; the outermost pixels stay.

    Among equally high pixels the one that comes last in the plane is the higher one, so that there
    is always exactly one way and no circle.
    """
    rows, columns = height.shape
    index = np.arange(rows * columns, dtype=np.int32).reshape(rows, columns)
    best = np.full((rows - 2, columns - 2), -2, np.int16)
    step = np.zeros((rows - 2, columns - 2), np.int32)
    for dy, dx in _NEIGHBOURS:
        other = height[1 + dy : rows - 1 + dy, 1 + dx : columns - 1 + dx]
        higher = other >= best
        np.maximum(best, other, out=best)
        np.copyto(step, np.int32(dy * columns + dx), where=higher)
    target = index.copy()
    inside = height[1:-1, 1:-1] >= 0
    target[1:-1, 1:-1] += np.where(inside, step, 0)
    flat = target.ravel()
    active = np.flatnonzero(flat != index.ravel())
    while len(active):
        following = flat[flat[active]]
        moved = following != flat[active]
        flat[active] = following
        active = active[moved]
    return flat


def _ridges(
    height: npt.NDArray[np.int16], end: npt.NDArray[np.int32]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Highest border point of each pair of ends that meet in the tile or at its outer edge."""
    firsts, seconds, heights = [], [], []
    rows, columns = height.shape
    for here, there in (
        ((slice(1, rows - 1), slice(0, columns - 1)), (slice(1, rows - 1), slice(1, columns))),
        ((slice(0, rows - 1), slice(1, columns - 1)), (slice(1, rows), slice(1, columns - 1))),
    ):
        lower = np.minimum(height[here], height[there])
        meet = (lower >= 0) & (end[here] != end[there])
        firsts.append(end[here][meet])
        seconds.append(end[there][meet])
        heights.append(lower[meet])
    first, second = np.concatenate(firsts), np.concatenate(seconds)
    pairs = np.column_stack([np.minimum(first, second), np.maximum(first, second)])
    return _highest(pairs.astype(np.int64), np.concatenate(heights).astype(np.int32))


def _highest(
    pairs: Integers, heights: npt.NDArray[np.int32]
) -> tuple[Integers, npt.NDArray[np.int32]]:
    """Keep each pair once, with its greatest height."""
    order = np.lexsort((-heights, pairs[:, 1], pairs[:, 0]))
    pairs, heights = pairs[order], heights[order]
    first = np.ones(len(pairs), bool)
    first[1:] = (pairs[1:] != pairs[:-1]).any(axis=1)
    return pairs[first], heights[first]


def _place(
    pixels: npt.NDArray[Any], window: tuple[int, ...], box: Box, shape: tuple[int, int]
) -> Integers:
    """Turn indices of the raveled window, one pixel wider than the tile, into places."""
    y, x = np.divmod(pixels.astype(np.int64), window[1])
    places: Integers = (y + box.y0 - 1) * shape[1] + (x + box.x0 - 1)
    return places


@dataclass(frozen=True)
class Nuclei:
    """The nuclei of a plane, and how each tile's fragments become labels.

    Parameters
    ----------
    lookups : tuple of ndarray of int32
        One a tile, in the order given: the label of each of its fragments and then of each of its
        background areas; entry 0 is 0.
    score : ndarray of float64, shape (n,)
        Mean foreground probability of nucleus `i + 1`, in [0, 1].
    """

    lookups: tuple[npt.NDArray[np.int32], ...]
    score: npt.NDArray[np.float64]

    def labels_of(self, tile: int, numbers: npt.NDArray[np.int32]) -> Labels:
        """Labels of a tile, from the fragment numbers of its pixels."""
        return self.lookups[tile][numbers]


def joined(tiles: Sequence[Fragments], shape: tuple[int, int], spec: DecoderSpec) -> Nuclei:
    """Make nuclei of the fragments of all tiles.

    Parameters
    ----------
    tiles : sequence of Fragments
        Of tiles that cover the plane once.
    shape : (height, width)
        The plane.
    spec : DecoderSpec
        When peaks are joined, and what is too small or too faint to be a nucleus.

    Returns
    -------
    nuclei : Nuclei
        Numbered by the place of their first peak, in reading order.
    """
    ends = np.concatenate([tile.end for tile in tiles])
    heights = np.concatenate([tile.height for tile in tiles])
    finder = _FragmentFinder(tiles, shape)
    basin = finder.follow(finder.find(ends))
    pairs = basin[finder.find(np.concatenate([tile.ridge_ends for tile in tiles]))]
    ridge = np.concatenate([tile.ridge_height for tile in tiles])
    apart = pairs[:, 0] != pairs[:, 1]
    pairs, ridge = _highest(np.sort(pairs[apart], axis=1), ridge[apart])
    peaks = heights[basin]
    same = ridge >= spec.join_ratio * np.minimum(peaks[pairs[:, 0]], peaks[pairs[:, 1]])
    nucleus = _components(pairs[same], len(ends))[basin]
    first_peak = np.full(len(ends), np.iinfo(np.int64).max)
    np.minimum.at(first_peak, nucleus, ends[basin])
    label_of, score = _numbered(nucleus, first_peak, tiles, spec)
    labels = label_of[nucleus]
    areas = [tile.background for tile in tiles]
    holes = hole_labels(areas, lambda places: labels[finder.find(places)])
    starts = np.cumsum([len(tile.end) for tile in tiles])[:-1]
    parts = zip(np.split(labels, starts), holes, strict=True)
    lookups = (np.concatenate([np.zeros(1, np.int32), *both]) for both in parts)
    return Nuclei(tuple(lookups), score)


def _components(pairs: Integers, count: int) -> npt.NDArray[np.int32]:
    links = sparse.coo_array(
        (np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), shape=(count, count)
    )
    component: npt.NDArray[np.int32] = csgraph.connected_components(links, directed=False)[1]
    return component


def _numbered(
    nucleus: npt.NDArray[np.int32],
    first_peak: Integers,
    tiles: Sequence[Fragments],
    spec: DecoderSpec,
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]:
    """Leave out what is no nucleus; labels of all, by the place of the first peak, and scores."""
    count = int(nucleus.max(initial=-1)) + 1
    area = np.bincount(nucleus, np.concatenate([tile.area for tile in tiles]), count)
    total = np.bincount(nucleus, np.concatenate([tile.score for tile in tiles]), count)
    score = total / (255 * np.maximum(area, 1))
    kept = np.flatnonzero((area >= spec.min_area_px) & (score >= spec.min_score))
    kept = kept[np.argsort(first_peak[kept])]
    label_of = np.zeros(count, np.int32)
    label_of[kept] = np.arange(1, len(kept) + 1)
    return label_of, score[kept]


class _FragmentFinder:
    """Which fragment, counted through all tiles, a place of the plane belongs to."""

    def __init__(self, tiles: Sequence[Fragments], shape: tuple[int, int]) -> None:
        counts = [len(tile.end) for tile in tiles]
        starts = np.cumsum([0, *counts])
        places, numbers = [], []
        for tile, start in zip(tiles, starts, strict=False):
            own = np.flatnonzero(_is_inside(tile.end, tile.box, shape))
            places += [tile.outer, tile.end[own]]
            numbers += [tile.outer_numbers + start - 1, own + start]
        place, number = np.concatenate(places), np.concatenate(numbers)
        order = np.argsort(place, kind="stable")
        self.places, self.numbers = place[order], number[order]

    def find(self, places: Integers) -> Integers:
        """Fragments of peaks and of outer pixels of tiles; of the shape of `places`."""
        found: Integers = self.numbers[np.searchsorted(self.places, places)]
        return found

    @staticmethod
    def follow(following: Integers) -> Integers:
        """Fragment that holds the peak at the end of each fragment's way."""
        while True:
            further: Integers = following[following]
            if (further == following).all():
                return following
            following = further


def _is_inside(places: Integers, box: Box, shape: tuple[int, int]) -> npt.NDArray[np.bool_]:
    y, x = np.divmod(places, shape[1])
    return (y >= box.y0) & (y < box.y1) & (x >= box.x0) & (x < box.x1)


def _outer_pixels(
    numbers: npt.NDArray[np.int32], box: Box, shape: tuple[int, int]
) -> tuple[Integers, Integers]:
    """Places and fragment numbers of the foreground pixels on a tile's outer edge."""
    edge = np.zeros(numbers.shape, bool)
    edge[[0, -1]] = True
    edge[:, [0, -1]] = True
    y, x = np.nonzero(edge & (numbers > 0))
    return (y + box.y0) * shape[1] + x + box.x0, numbers[y, x].astype(np.int64)
