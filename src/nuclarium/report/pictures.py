"""Thumbnails for the page: the image in small, and its outlines as lines that can be hidden."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.core.geometry import Box, to_xy
from nuclarium.core.image import Image
from nuclarium.core.labels import LabelReader, Labels
from nuclarium.core.outlines import Outline, iter_outlines
from nuclarium.report.figures import Rgb, display_rgb, encode, fitted, is_bright, resized
from nuclarium.report.reduce import read_labels_small, read_small

THUMBNAIL_SIDE = 512
DETAIL_SIDE = 512
_DETAIL_FROM = 1536
_SMALLEST_DRAWN = 4.0
_UNITS_PER_PIXEL = 4


@dataclass(frozen=True)
class Picture:
    """One picture of a card.

    Parameters
    ----------
    data : bytes
        WebP file.
    width, height : int
        Its size in pixels.
    outlines : str
        Outlines as an SVG path, in quarters of its pixels; empty without nuclei, or where they are
        too small to be drawn at this scale.
    is_bright : bool
        Whether dark outlines are seen better.
    caption : str
        What the picture shows, such as "whole image".
    """

    data: bytes
    width: int
    height: int
    outlines: str = ""
    is_bright: bool = False
    caption: str = "Whole image"


def picture_of(
    pixels: npt.NDArray[Any], labels: Labels, *, caption: str = "Whole image"
) -> Picture:
    """Make the thumbnail of a plane in memory, with its outlines.

    Parameters
    ----------
    pixels : ndarray, shape (H, W) or (H, W, 3)
        The plane.
    labels : ndarray of int32, shape (H, W)
        Its nuclei.
    caption : str
        What the picture shows.
    """
    shown = display_rgb(pixels)
    return _picture(shown, labels, fitted(labels.shape, THUMBNAIL_SIDE), caption)


def pictures_of(
    image: Image,
    read_labels: LabelReader,
    *,
    t: int = 0,
    c: int = 0,
    z: int = 0,
    centroids: npt.NDArray[np.float64] | None = None,
) -> tuple[Picture, ...]:
    """Make the pictures of a card: the whole plane and, of a large one, a detail at full size.

    The plane is read in parts, so that it never has to fit in memory.

    Parameters
    ----------
    image : Image
        Open image.
    read_labels : callable
        Gives the labels of a window of the plane.
    t, c, z : int
        Which plane is shown.
    centroids : ndarray of float64, shape (N, 2), optional
        Rows ``(y, x)`` of the nuclei in pixels; the detail shows where they are densest, or the
        middle of the plane without them.
    """
    plane = image.plane_shape
    size = fitted(plane, 2 * THUMBNAIL_SIDE)
    pixels = read_small(image, size, t=t, c=c, z=z)
    labels = read_labels_small(read_labels, plane, size)
    whole = _picture(display_rgb(pixels), labels, fitted(plane, THUMBNAIL_SIDE), "Whole image")
    if max(plane) < _DETAIL_FROM:
        return (whole,)
    window = densest_window(centroids, plane, DETAIL_SIDE)
    detail = _picture(
        display_rgb(image.read(window, t=t, c=c, z=z)),
        read_labels(window),
        window.shape,
        f"Detail at full size, {window.shape[1]} × {window.shape[0]} px",
    )
    return whole, detail


def densest_window(
    centroids: npt.NDArray[np.float64] | None, shape: tuple[int, int], side: int
) -> Box:
    """Square window, cut to the plane, where most nuclei lie; the middle if there are none."""
    height, width = min(side, shape[0]), min(side, shape[1])
    y, x = shape[0] / 2, shape[1] / 2
    if centroids is not None and len(centroids):
        cells = (centroids // side).astype(np.int64)
        kinds, counts = np.unique(cells, axis=0, return_counts=True)
        fullest = kinds[counts.argmax()]
        y, x = centroids[(cells == fullest).all(axis=1)].mean(axis=0)
    y0 = int(np.clip(round(y - height / 2), 0, shape[0] - height))
    x0 = int(np.clip(round(x - width / 2), 0, shape[1] - width))
    return Box(y0, x0, y0 + height, x0 + width)


def svg_path(outlines: Iterable[Outline], scale: tuple[float, float]) -> str:
    """Write outlines as one SVG path of whole numbers.

    Parameters
    ----------
    outlines : iterable of Outline
        In pixels of the plane.
    scale : (y, x)
        Units of the path per pixel.
    """
    parts: list[str] = []
    for outline in outlines:
        for polygon in outline.polygons:
            for ring in (polygon.exterior, *polygon.holes):
                points = np.rint(to_xy(ring * np.asarray(scale))).astype(np.int64)
                steps = np.diff(points, axis=0)
                moves = " ".join(f"{x} {y}" for x, y in steps[steps.any(axis=1)].tolist())
                if moves:
                    parts.append(f"M{points[0, 0]} {points[0, 1]}l{moves}z")
    return "".join(parts).replace(" -", "-")


def _picture(shown: Rgb, labels: Labels, size: tuple[int, int], caption: str) -> Picture:
    small = resized(shown, size)
    zoom = size[0] / labels.shape[0], size[1] / labels.shape[1]
    path = ""
    if _typical_diameter(labels) * min(zoom) >= _SMALLEST_DRAWN:
        outlines = iter_outlines(labels, tolerance=max(0.75, 0.4 / min(zoom)))
        path = svg_path(outlines, (zoom[0] * _UNITS_PER_PIXEL, zoom[1] * _UNITS_PER_PIXEL))
    elif labels.any():
        caption += "; nuclei are too small here to be outlined"
    return Picture(
        data=encode(small, ".webp", quality=78),
        width=size[1],
        height=size[0],
        outlines=path,
        is_bright=is_bright(small),
        caption=caption,
    )


def _typical_diameter(labels: Labels) -> float:
    counts = np.unique(labels[labels > 0], return_counts=True)[1]
    return float(np.sqrt(np.median(counts))) if len(counts) else 0.0
