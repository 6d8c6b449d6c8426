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

import numpy as np
import numpy.typing as npt

from nuclarium.core.geometry import Box
from nuclarium.core.labels import Labels
from nuclarium.predict.climb import APRON, Heights, Indices, climb, smoothed_heights, strips
from nuclarium.predict.holes import BackgroundAreas, background_areas, hole_labels
from nuclarium.predict.links import as_one, followed, is_first, linked
from nuclarium.predict.model import DecoderSpec
from nuclarium.predict.pieces import Pieces, contacts, numbered, outer_pixels, places_of

__all__ = ["APRON", "Fragments", "Nuclei", "fragments", "joined"]

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
    height = smoothed_heights(maps, round(255 * spec.foreground_threshold))
    pieces = numbered(height, climb(height), maps[0][1:-1, 1:-1])
    numbers = np.ascontiguousarray(pieces.numbers[1:-1, 1:-1])
    touching = contacts(pieces.numbers)
    ends, ridge = _ridges(pieces, height, touching)
    outer = outer_pixels(numbers, box, shape)
    is_fragment = ~pieces.is_area(outer[1])
    end = pieces.pixel[1 : pieces.fragments + 1]
    columns = height.shape[1]
    found = Fragments(
        box=box,
        outer=outer[0][is_fragment],
        outer_numbers=outer[1][is_fragment].astype(np.int64),
        end=places_of(end, columns, box, shape),
        height=height.ravel()[end].astype(np.int32) - 1,
        area=pieces.area,
        score=pieces.score,
        ridge_ends=places_of(pieces.pixel[ends], columns, box, shape),
        ridge_height=ridge,
        background=background_areas(pieces, touching, outer, box, shape),
    )
    return numbers, found


def _ridges(
    pieces: Pieces, height: Heights, touching: tuple[Indices, Indices]
) -> tuple[Integers, npt.NDArray[np.int32]]:
    """Highest border point of each pair of numbers that meet in the tile or at its outer edge."""
    lower = np.minimum(*(height.ravel()[pixels] for pixels in touching))
    meet = np.flatnonzero(lower)
    pairs = np.column_stack([pieces.numbers.ravel()[pixels[meet]] for pixels in touching])
    return _highest(pairs.astype(np.int64), lower[meet].astype(np.int32) - 1)


def _highest(
    pairs: Integers, heights: npt.NDArray[np.int32]
) -> tuple[Integers, npt.NDArray[np.int32]]:
    """Keep each pair once, either way round, with its greatest height."""
    one, other = pairs[:, 0], pairs[:, 1]
    pair = as_one(np.minimum(one, other), np.maximum(one, other))
    order = np.argsort(pair)
    first = np.flatnonzero(is_first(pair[order]))
    return pairs[order[first]], np.maximum.reduceat(heights[order], first)


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
        labels = np.empty_like(numbers)
        for rows in strips(numbers.shape):
            labels[rows] = self.lookups[tile].take(numbers[rows])
        return labels


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
    basin = followed(finder.find(ends))
    pairs = basin[finder.find(np.concatenate([tile.ridge_ends for tile in tiles]))]
    ridge = np.concatenate([tile.ridge_height for tile in tiles])
    apart = pairs[:, 0] != pairs[:, 1]
    pairs, ridge = _highest(pairs[apart], ridge[apart])
    peaks = heights[basin]
    same = ridge >= spec.join_ratio * np.minimum(peaks[pairs[:, 0]], peaks[pairs[:, 1]])
    nucleus = linked(pairs[same], len(ends))[basin]
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


def _numbered(
    nucleus: Integers,
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


def _is_inside(places: Integers, box: Box, shape: tuple[int, int]) -> npt.NDArray[np.bool_]:
    y, x = np.divmod(places, shape[1])
    return (y >= box.y0) & (y < box.y1) & (x >= box.x0) & (x < box.x1)
