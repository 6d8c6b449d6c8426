"""Pictures of nuclei in three dimensions: some slices side by side, and a cut across all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from nuclarium.core.geometry import Box
from nuclarium.core.image import Image
from nuclarium.core.labels import LabelReader, Labels
from nuclarium.report.figures import Rgb, fitted
from nuclarium.report.reduce import read_labels_small, read_small, sampled

SHOWN_SLICES = 6
_COLUMNS = 3
_SIDE = 480
_GAP = 6
_FILL = 0.3
_GOLDEN = 0.6180339887498949


@dataclass(frozen=True)
class ShownSlice:
    """A slice of a stack: an image of one plane, and a reader of its labels."""

    image: Image
    labels: LabelReader


def slices_to_show(depth: int, most: int = SHOWN_SLICES) -> tuple[int, ...]:
    """Slices at equal distances, the first and the last left out where there are more.

    Examples
    --------
    >>> slices_to_show(31), slices_to_show(3)
    ((4, 9, 13, 17, 21, 26), (0, 1, 2))
    """
    if depth <= most:
        return tuple(range(depth))
    places = (round((i + 1) * (depth - 1) / (most + 1)) for i in range(most))
    return tuple(dict.fromkeys(places))


def volume_overview(slices: Sequence[ShownSlice], *, row: int, stretch: float) -> Rgb:
    """Draw slices side by side, and below them the cut along a row through all of them.

    A nucleus has one colour in all slices and in the cut. In the cut the first slice is on top.

    Parameters
    ----------
    slices : sequence of ShownSlice
        All slices of the stack; those that are shown and the row are read.
    row : int
        Where the cut is.
    stretch : float
        Distance of two slices in pixels, for the proportions of the cut.
    """
    shown = slices_to_show(len(slices))
    size = _enlarged(slices[0].image.plane_shape)
    small = [_small(slices[z], size) for z in shown]
    grey = _display_range([pixels for pixels, _ in small])
    panels = [
        _captioned(_coloured(pixels, labels, grey), f"z {z}")
        for z, (pixels, labels) in zip(shown, small, strict=True)
    ]
    panels += [np.zeros_like(panels[0])] * (-len(panels) % _COLUMNS)
    rows = [_beside(panels[i : i + _COLUMNS]) for i in range(0, len(panels), _COLUMNS)]
    return _above([*rows, _cut(slices, row, stretch, rows[0].shape[1], grey)])


def nucleus_colours(labels: Labels) -> Rgb:
    """Colour of each label, shape (..., 3): far apart for numbers that follow each other."""
    hue = (labels * _GOLDEN % 1 * 180).astype(np.uint8)
    full = np.full_like(hue, 255)
    light = np.where(labels > 0, full, 0).astype(np.uint8)
    hsv = np.stack([hue, np.where(labels % 2 == 0, 255, 170).astype(np.uint8), light], axis=-1)
    flat = hsv.reshape(-1, 1, 3)
    return np.asarray(cv2.cvtColor(flat, cv2.COLOR_HSV2RGB), np.uint8).reshape(hsv.shape)


def _cut(
    slices: Sequence[ShownSlice], row: int, stretch: float, width: int, grey: tuple[float, float]
) -> Rgb:
    """Draw the plane of all slices along a row, as wide as the slices above it."""
    columns = slices[0].image.plane_shape[1]
    line = Box(row, 0, row + 1, columns)
    pixels = np.concatenate([_grey(part.image.read(line)) for part in slices])
    labels = np.concatenate([part.labels(line) for part in slices])
    height = max(1, round(len(slices) * stretch * width / columns))
    size = (min(height, width), width)
    how = cv2.INTER_LINEAR if width > columns else cv2.INTER_AREA
    shown = cv2.resize(pixels.astype(np.float32), size[::-1], interpolation=how)
    return _captioned(_coloured(shown, sampled(labels, size), grey), f"cut at y {row}")


def _enlarged(shape: tuple[int, int]) -> tuple[int, int]:
    longest = max(shape)
    if 2 * longest <= _SIDE:
        times = _SIDE // longest
        return shape[0] * times, shape[1] * times
    return fitted(shape, _SIDE)


def _small(part: ShownSlice, size: tuple[int, int]) -> tuple[npt.NDArray[np.float32], Labels]:
    shape = part.image.plane_shape
    pixels = _grey(read_small(part.image, (min(size[0], shape[0]), min(size[1], shape[1]))))
    how = cv2.INTER_NEAREST if size[0] > shape[0] else cv2.INTER_AREA
    shown = cv2.resize(pixels, size[::-1], interpolation=how)
    return np.asarray(shown, np.float32), read_labels_small(part.labels, shape, size)


def _grey(pixels: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    values: npt.NDArray[np.float32] = pixels.astype(np.float32)
    return values.mean(axis=2) if values.ndim == 3 else values


def _display_range(planes: Sequence[npt.NDArray[np.float32]]) -> tuple[float, float]:
    """Return one range for all slices, so that they can be compared."""
    low, high = np.nanpercentile(np.concatenate([plane.ravel() for plane in planes]), [0.5, 99.8])
    return float(low), float(high) if high > low else float(low) + 1


def _coloured(pixels: npt.NDArray[np.float32], labels: Labels, grey: tuple[float, float]) -> Rgb:
    """Tint the nuclei, and draw their outlines in full colour."""
    low, high = grey
    shown = np.clip((np.nan_to_num(pixels) - low) * (255 / (high - low)), 0, 255)
    picture = np.repeat(shown[:, :, None], 3, axis=2)
    colours = nucleus_colours(labels)
    inside = labels > 0
    picture[inside] = (1 - _FILL) * picture[inside] + _FILL * colours[inside]
    padded = np.pad(labels, 1)
    around = (padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:])
    edge = np.logical_or.reduce([other != labels for other in around]) & inside
    picture[edge] = colours[edge]
    return np.asarray(picture.round(), np.uint8)


def _captioned(picture: Rgb, text: str) -> Rgb:
    drawn = np.ascontiguousarray(picture)
    place = (6, 18)
    for colour, thickness in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(
            drawn, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, thickness, cv2.LINE_AA
        )
    return drawn


def _beside(panels: Sequence[Rgb]) -> Rgb:
    gap = np.full((panels[0].shape[0], _GAP, 3), 255, np.uint8)
    parts = [part for panel in panels for part in (gap, panel)][1:]
    return np.concatenate(parts, axis=1)


def _above(rows: Sequence[Rgb]) -> Rgb:
    gap = np.full((_GAP, rows[0].shape[1], 3), 255, np.uint8)
    parts = [part for row in rows for part in (gap, row)][1:]
    return np.concatenate(parts)
