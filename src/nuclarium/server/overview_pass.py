"""One pass over a large plane: a sketch at once, then the small plane, piece by piece."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from nuclarium.core.geometry import Box, iter_boxes
from nuclarium.core.image import Image
from nuclarium.server.tile_grid import PlanePlace, level_shape, overview_level
from nuclarium.server.tile_reading import Pixels, file_level, read_level

MOST_PLANE_BYTES = 128 << 20
"""Of the small plane, which is in memory while it is made."""
_LEAST_REDUCTION = 16
_WINDOWS = 256
_WINDOW = 256
_BAND = 4
_WIDEST_TILE = 4096
_PIECE = 1024
_MOST_PIECE = 16 << 20
_FILLED = 512


@dataclass(frozen=True, slots=True)
class Sketch:
    """A plane from some windows of it, evenly spread.

    Parameters
    ----------
    means : ndarray of float32, shape (rows, columns) or (rows, columns, 3)
    dtype : dtype
        Of the plane.
    """

    means: npt.NDArray[np.float32]
    dtype: np.dtype[np.generic]

    def window(self, shape: tuple[int, int], box: Box) -> Pixels:
        """Return what is between the means, for a box of a level of this shape."""
        rows, columns = self.means.shape[:2]
        down, across = rows / shape[0], columns / shape[1]
        turn = np.array(
            [[across, 0, (box.x0 + 0.5) * across - 0.5], [0, down, (box.y0 + 0.5) * down - 0.5]]
        )
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        size = box.shape[::-1]
        found = cv2.warpAffine(self.means, turn, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(np.rint(found) if self.dtype.kind in "ui" else found, self.dtype)


def sketch_of(image: Image, place: PlanePlace) -> Sketch:
    """Look at up to 256 windows of a plane, or at 16 bands of one stored in strips."""
    level = _source_level(image, place)
    height, width = level_shape(image.plane_shape, level)
    side = max(_WINDOW, math.sqrt(height * width / _WINDOWS))
    rows, columns = max(1, int(height / side)), max(1, int(width / side))
    is_in_strips = segment_of(image, file_level(image, level)[0])[1] > _WIDEST_TILE
    found, dtype = [], image.dtype
    for row in range(rows):
        y = int((row + 0.5) * height / rows)
        if is_in_strips:
            band = Box(y, 0, min(y + _BAND, height), width)
            parts = np.array_split(read_level(image, place, level, band, at_once=True), columns, 1)
        else:
            middles = (int((column + 0.5) * width / columns) for column in range(columns))
            parts = [
                read_level(image, place, level, _window_at(y, x, height, width)) for x in middles
            ]
        found.append([part.mean(axis=(0, 1), dtype=np.float64) for part in parts])
        dtype = parts[0].dtype
    return Sketch(np.array(found, np.float32), dtype)


def _window_at(y: int, x: int, height: int, width: int) -> Box:
    """Return a window that cuts few tiles, as these begin at multiples of powers of two."""
    y, x = y // _WINDOW * _WINDOW, x // _WINDOW * _WINDOW
    return Box(y, x, min(y + _WINDOW, height), min(x + _WINDOW, width))


def first_level(image: Image, place: PlanePlace) -> int:
    """Return the level that the small plane has: a sixteenth, or less of what is very large."""
    at = overview_level(image.plane_shape)
    level = 0
    while level < at and (
        file_level(image, level)[1] < _LEAST_REDUCTION
        or math.prod(level_shape(image.plane_shape, level)) * _pixel_bytes(image, place)
        > MOST_PLANE_BYTES
    ):
        level += 1
    return level


def pixels_to_read(image: Image, place: PlanePlace) -> int:
    """Return how many pixels of the file a pass over a plane reads."""
    index, _ = file_level(image, first_level(image, place))
    slices = 1 if place.projection == "none" else image.shape[2]
    return math.prod(image.level_shapes[index]) * slices


def small_plane(
    image: Image,
    place: PlanePlace,
    sketch: Sketch,
    told: Callable[[Pixels, float], None],
    is_ended: Callable[[], bool],
) -> Pixels | None:
    """Read a plane once, in half of the processors; None where it was ended.

    Parameters
    ----------
    sketch : Sketch
        What is in the small plane where nothing was read yet.
    told : callable
        Is given the small plane, which fills, and the share of it that is final.
    is_ended : callable
        Asked between pieces.
    """
    level = first_level(image, place)
    shape = level_shape(image.plane_shape, level)
    plane = np.empty((*shape, *sketch.means.shape[2:]), sketch.dtype)
    for box in iter_boxes(shape, _FILLED):
        plane[box.slices] = sketch.window(shape, box)
    told(plane, 0.0)
    boxes = list(pieces(image, level))

    def read(box: Box) -> None:
        if not is_ended():
            plane[box.slices] = read_level(image, place, level, box, at_once=True)

    with ThreadPoolExecutor(max(1, (os.cpu_count() or 1) // 2)) as threads:
        for done, _ in enumerate(threads.map(read, boxes), start=1):
            told(plane, done / len(boxes))
    return None if is_ended() else plane


def pieces(image: Image, level: int) -> Iterator[Box]:
    """Yield boxes of a level that cover it once and cut as few strips and tiles as can be."""
    index, factor = file_level(image, level)
    shape = level_shape(image.plane_shape, level)
    rows, columns = segment_of(image, index)
    if columns > _WIDEST_TILE:  # strips: a narrow piece would decode each of them again
        wide = shape[1]
        high = _fitting(rows, factor, max(factor, _MOST_PIECE // image.level_shapes[index][1]))
    else:
        high, wide = _fitting(rows, factor, 2 * _PIECE), _fitting(columns, factor, 2 * _PIECE)
    for y0 in range(0, shape[0], high):
        for x0 in range(0, shape[1], wide):
            yield Box(y0, x0, min(y0 + high, shape[0]), min(x0 + wide, shape[1]))


def segment_of(image: Image, index: int) -> tuple[int, int]:
    """Return the height and width of strips or tiles of a level of the file."""
    return image.segment_shapes[index] if image.segment_shapes else (_WINDOW, _WINDOW)


def _fitting(segment: int, factor: int, most: int) -> int:
    """Return a length of a level whose pixels in the file are whole segments, if that fits."""
    together = math.lcm(segment, factor)
    if together > most:
        return max(1, min(most, max(segment, _PIECE)) // factor)
    return max(1, min(most, _PIECE) // together) * together // factor


def _source_level(image: Image, place: PlanePlace) -> int:
    level = first_level(image, place)
    return level - int(math.log2(file_level(image, level)[1]))


def _pixel_bytes(image: Image, place: PlanePlace) -> int:
    samples = 3 if image.is_rgb else 1
    return samples * (4 if place.projection == "mean" else image.dtype.itemsize)
