"""Pictures of images and outlines, at the size in which people look at them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from nuclarium.core.geometry import Box
from nuclarium.core.image import Image
from nuclarium.core.labels import LabelReader, Labels
from nuclarium.io.write import written_whole
from nuclarium.report.reduce import read_labels_small, read_small, sampled

Rgb = npt.NDArray[np.uint8]
"""Picture of shape (H, W, 3), red first."""

ON_DARK = (255, 210, 31)
ON_BRIGHT = (0, 184, 74)
LARGEST_SIDE = 2048
_SMALL_SIDE = 512


def overlay(
    pixels: npt.NDArray[Any],
    labels: Labels,
    *,
    colour: tuple[int, int, int] | None = None,
    largest_side: int = LARGEST_SIDE,
) -> Rgb:
    """Draw the outlines of nuclei over their image.

    Large images are reduced to `largest_side`, images under 512 px enlarged by a whole number, and
    outlines are one pixel thick in the picture, just inside their nuclei.

    Parameters
    ----------
    pixels : ndarray, shape (H, W) or (H, W, 3)
        Any numeric type; grey values are stretched for display.
    labels : ndarray of int32, shape (H, W)
        Nuclei of the same plane.
    colour : (red, green, blue), optional
        Yellow on dark images and green on bright ones, if left out.
    largest_side : int
        Longest side of the picture in pixels.
    """
    if pixels.shape[:2] != labels.shape:
        raise ValueError(
            f"labels must have the shape of the image, {pixels.shape[:2]}, but got {labels.shape}."
        )
    size = _display_size(labels.shape, largest_side)
    return _outlined(resized(display_rgb(pixels), size), sampled(labels, size), colour)


def overlay_of(
    image: Image,
    read_labels: LabelReader,
    *,
    t: int = 0,
    c: int = 0,
    z: int = 0,
    colour: tuple[int, int, int] | None = None,
    largest_side: int = LARGEST_SIDE,
) -> Rgb:
    """Draw the outlines of nuclei over a plane of any size, which is read part by part.

    Parameters
    ----------
    image : Image
        Open image.
    read_labels : callable
        Gives the labels of a window of the plane.
    t, c, z : int
        Which plane is shown.
    colour, largest_side
        As for `overlay`.
    """
    if max(image.plane_shape) <= largest_side:
        labels = read_labels(Box.of_shape(image.plane_shape))
        pixels = image.read(t=t, c=c, z=z)
        return overlay(pixels, labels, colour=colour, largest_side=largest_side)
    size = fitted(image.plane_shape, largest_side)
    picture = resized(display_rgb(read_small(image, size, t=t, c=c, z=z)), size)
    return _outlined(picture, read_labels_small(read_labels, image.plane_shape, size), colour)


def display_rgb(pixels: npt.NDArray[Any]) -> Rgb:
    """Make pixels fit to look at: grey values stretched, colours as they are.

    Grey values between the 0.5th and the 99.8th percentile are spread over black to white; a flat
    image stays black. Colours of more than 8 bits are divided so that their type's range, or for
    floats 1.0, is white.
    """
    if pixels.ndim == 3:
        return _display_colour(pixels)
    values = pixels.astype(np.float32)
    finite = values[np.isfinite(values)]
    low, high = np.percentile(_thinned(finite), [0.5, 99.8]) if finite.size else (0.0, 0.0)
    scaled = (np.nan_to_num(values) - low) * (255 / (high - low) if high > low else 0)
    grey = np.clip(scaled, 0, 255).round().astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def is_bright(picture: Rgb) -> bool:
    """Whether a picture is more white than black, as bright field images are."""
    return float(picture.mean()) > 127


def resized(picture: Rgb, size: tuple[int, int]) -> Rgb:
    """Bring a picture to a size (height, width): means to shrink it, whole pixels to enlarge it."""
    if picture.shape[:2] == size:
        return picture.copy()
    how = cv2.INTER_AREA if size[0] < picture.shape[0] else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(picture, size[::-1], interpolation=how), np.uint8)


def fitted(shape: tuple[int, int], largest_side: int) -> tuple[int, int]:
    """Return the size of a picture whose longer side is at most `largest_side`, never enlarged."""
    scale = min(1.0, largest_side / max(shape))
    return max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))


def encode(picture: Rgb, ending: str, *, quality: int = 80) -> bytes:
    """Return a picture as the bytes of a file.

    Parameters
    ----------
    picture : ndarray of uint8, shape (H, W, 3)
    ending : str
        ``.png``, ``.webp`` or ``.jpg``.
    quality : int
        1 to 100, for WebP and JPEG.
    """
    options = {
        ".webp": [cv2.IMWRITE_WEBP_QUALITY, quality],
        ".jpg": [cv2.IMWRITE_JPEG_QUALITY, quality],
        ".png": [cv2.IMWRITE_PNG_COMPRESSION, 2],
    }[ending]
    done, data = cv2.imencode(ending, np.ascontiguousarray(picture[:, :, ::-1]), options)
    if not done:
        raise ValueError(f"A picture of shape {picture.shape} cannot be written as {ending}.")
    return bytes(data)


def write_png(path: Path, picture: Rgb) -> None:
    """Write a picture as PNG, whole or not at all."""
    with written_whole(path) as part:
        part.write_bytes(encode(picture, ".png"))


def _outlined(picture: Rgb, labels: Labels, colour: tuple[int, int, int] | None) -> Rgb:
    if colour is None:
        colour = ON_BRIGHT if is_bright(picture) else ON_DARK
    picture[_inner_edges(labels)] = colour
    return picture


def _display_size(shape: tuple[int, int], largest_side: int) -> tuple[int, int]:
    longest = max(shape)
    if longest < min(_SMALL_SIDE, largest_side):
        times = min(2 * _SMALL_SIDE, largest_side) // longest
        return shape[0] * times, shape[1] * times
    return fitted(shape, largest_side)


def _display_colour(pixels: npt.NDArray[Any]) -> Rgb:
    if pixels.dtype == np.uint8:
        return np.asarray(pixels, np.uint8).copy()
    white = np.iinfo(pixels.dtype).max if pixels.dtype.kind in "ui" else 1.0
    scaled = np.nan_to_num(pixels.astype(np.float32)) * (255 / white)
    picture: Rgb = np.clip(scaled, 0, 255).round().astype(np.uint8)
    return picture


def _inner_edges(labels: Labels) -> npt.NDArray[np.bool_]:
    """Pixels of nuclei with another label, or the end of the image, above, below, left or right."""
    padded = np.pad(labels, 1)
    neighbours = (padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:])
    edges: npt.NDArray[np.bool_] = np.logical_or.reduce([n != labels for n in neighbours])
    return edges & (labels > 0)


def _thinned(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Every so many values, a million at most: enough for percentiles."""
    return values[:: max(1, values.size // 1_000_000)]
