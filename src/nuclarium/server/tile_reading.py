"""Pixels of a tile at any level, in the image's own depth: from the file's pyramid, or averaged."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from nuclarium.core.geometry import Box, iter_boxes
from nuclarium.core.image import Image
from nuclarium.server.tile_grid import PlanePlace

Pixels = npt.NDArray[Any]
_PIECE = 1024
_RESIZED = ("u1", "u2", "f4")


def read_level(
    image: Image, place: PlanePlace, level: int, box: Box, *, at_once: bool = False
) -> Pixels:
    """Read a window of a level.

    A level that the file has is read as it is; others are the mean over blocks of the nearest finer
    level of the file, rounded once for whole numbers. A projection is taken of what each slice is
    at that level. Memory stays at that of a few windows of 1024 × 1024 px, whatever the level.

    Parameters
    ----------
    image : Image
    place : PlanePlace
    level : int
        0 is full size, each next is half.
    box : Box
        At that level.
    at_once : bool
        The window of the file is read in one piece, which the caller made fit into memory.

    Returns
    -------
    pixels : ndarray, shape (H, W) or (H, W, 3)
        In the image's own type; the mean over slices is float32.
    """
    if place.projection == "none" or image.shape[2] == 1:
        return _read_slice(image, place, place.z, level, box, at_once=at_once)
    slices = (
        _read_slice(image, place, z, level, box, at_once=at_once) for z in range(image.shape[2])
    )
    return _maximum(slices) if place.projection == "max" else _mean(slices, image.shape[2])


def mean_reduced(pixels: Pixels, factor: int) -> Pixels:
    """Return the mean over blocks of factor × factor pixels; those at the edge may be smaller.

    Whole numbers stay whole, rounded half to even or up as OpenCV does.
    """
    if factor == 1:
        return pixels
    height, width = pixels.shape[:2]
    if not (height % factor or width % factor) and pixels.dtype.str[1:] in _RESIZED:
        size = (width // factor, height // factor)
        return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
    rows, columns = -(-height // factor), -(-width // factor)
    margins = [(0, rows * factor - height), (0, columns * factor - width)]
    padded = np.pad(pixels.astype(np.float64), margins + [(0, 0)] * (pixels.ndim - 2))
    blocks = padded.reshape(rows, factor, columns, factor, *pixels.shape[2:]).sum(axis=(1, 3))
    count = np.outer(_in_block(height, factor), _in_block(width, factor))
    mean = blocks / (count if pixels.ndim == 2 else count[..., None])
    return np.asarray(np.rint(mean) if pixels.dtype.kind in "ui" else mean, pixels.dtype)


def file_level(image: Image, level: int) -> tuple[int, int]:
    """Return the level of the file to read for a level, and by how much it is to be reduced.

    Levels of the file count where they are the plane made smaller by a power of two.
    """
    best, reached = 0, 0
    height, width = image.plane_shape
    for index, shape in enumerate(image.level_shapes):
        halvings = round(math.log2(height / shape[0]))
        fits = all(
            abs(whole / 2**halvings - side) < 1.5
            for whole, side in zip((height, width), shape, strict=True)
        )
        if fits and reached < halvings <= level:
            best, reached = index, halvings
    return best, 1 << (level - reached)


def _read_slice(
    image: Image, place: PlanePlace, z: int, level: int, box: Box, *, at_once: bool
) -> Pixels:
    index, factor = file_level(image, level)
    side = max(1, _PIECE // factor)
    if at_once or max(box.shape) <= side:
        return _read_reduced(image, place, z, index, factor, box)
    pieces = (piece.shifted(box.y0, box.x0) for piece in iter_boxes(box.shape, side))
    result: Pixels | None = None
    for piece in pieces:
        pixels = _read_reduced(image, place, z, index, factor, piece)
        if result is None:
            result = np.empty((*box.shape, *pixels.shape[2:]), pixels.dtype)
        result[piece.shifted(-box.y0, -box.x0).slices] = pixels
    return np.empty(box.shape) if result is None else result


def _read_reduced(
    image: Image, place: PlanePlace, z: int, index: int, factor: int, box: Box
) -> Pixels:
    """Read one piece; where a level of the file is a pixel short, its last pixels are repeated."""
    wanted = Box(box.y0 * factor, box.x0 * factor, box.y1 * factor, box.x1 * factor)
    whole = Box.of_shape(image.level_shapes[index])
    last = Box(whole.y1 - 1, whole.x1 - 1, whole.y1, whole.x1)
    there = wanted.intersection(whole)
    if 0 in there.shape:
        y0, x0 = min(wanted.y0, last.y0), min(wanted.x0, last.x0)
        there = Box(y0, x0, max(y0 + 1, there.y1), max(x0 + 1, there.x1)).intersection(whole)
    pixels = mean_reduced(image.read(there, t=place.t, c=place.c, z=z, level=index), factor)
    short = [(0, max(0, box.shape[axis] - pixels.shape[axis])) for axis in (0, 1)]
    if short != [(0, 0), (0, 0)]:
        pixels = np.pad(pixels, short + [(0, 0)] * (pixels.ndim - 2), mode="edge")
    return pixels[: box.shape[0], : box.shape[1]]


def _maximum(slices: Iterator[Pixels]) -> Pixels:
    result = next(slices).copy()
    for pixels in slices:
        np.maximum(result, pixels, out=result)
    return result


def _mean(slices: Iterator[Pixels], count: int) -> Pixels:
    total = next(slices).astype(np.float32)
    for pixels in slices:
        total += pixels
    return total / np.float32(count)


def _in_block(length: int, factor: int) -> npt.NDArray[np.int64]:
    starts = np.arange(0, length, factor)
    return np.minimum(starts + factor, length) - starts
