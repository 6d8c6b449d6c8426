"""Checks that decide whether pixels can be trusted and whether an image can hold nuclei."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import UnreadableImageError
from nuclarium.core.image import Image

MAX_PLANE_PIXELS = 1 << 40
MAX_PLANES = 1 << 24
MAX_SEGMENT_BYTES = 1 << 30
MIN_SIDE_PX = 8


def check_segmentable(image: Image) -> None:
    """Refuse an image whose plane is too small to hold a nucleus.

    Raises
    ------
    UnreadableImageError
        If the height or width is below 8 pixels.
    """
    height, width = image.plane_shape
    if min(height, width) < MIN_SIDE_PX:
        raise UnreadableImageError(
            f"{image.name} must be at least {MIN_SIDE_PX} pixels high and wide to hold a nucleus, "
            f"but it is {height} × {width}. Check that this is the image and not a thumbnail."
        )


def finite(pixels: npt.NDArray[Any], name: str) -> npt.NDArray[Any]:
    """Return the pixels, or refuse them where a float is NaN or infinite.

    Parameters
    ----------
    pixels : ndarray
        Integers pass unseen.
    name : str
        The image, for the message.

    Raises
    ------
    UnreadableImageError
        If a value is NaN or infinite.
    """
    if pixels.dtype.kind != "f" or np.isfinite(pixels).all():
        return pixels
    bad = int(pixels.size - np.isfinite(pixels).sum())
    raise UnreadableImageError(
        f"{name} must hold finite numbers, but {bad} of {pixels.size} pixels of this window are "
        "NaN or infinite. Replace them (for example by 0) where the image was computed."
    )


def check_pixel_type(dtype: np.dtype[Any] | None, name: str) -> np.dtype[Any]:
    """Return the type if it is integer or float of at least 8 bits.

    Raises
    ------
    UnreadableImageError
        If pixels are black-and-white, complex or of no type we know.
    """
    if dtype is not None and dtype.kind in "uif":
        return dtype
    kinds = {"b": "black or white (1 bit)", "c": "complex numbers"}
    came = "of an unknown type" if dtype is None else kinds.get(dtype.kind, f"of type {dtype}")
    raise UnreadableImageError(
        f"{name} must hold integers or floats, but its pixels are {came}. "
        "Export the intensities as 8- or 16-bit integers."
    )


def check_plane(height: int, width: int, planes: int, name: str) -> None:
    """Refuse a size that no microscope makes, before anything is allocated for it.

    Raises
    ------
    UnreadableImageError
        If a side is empty, a plane has more than 2^40 pixels or there are more than 2^24 planes.
    """
    if min(height, width, planes) < 1:
        raise UnreadableImageError(
            f"{name} must have at least one pixel, but its header says "
            f"{height} × {width} pixels and {planes} planes. Export the image again."
        )
    if height * width > MAX_PLANE_PIXELS or planes > MAX_PLANES:
        raise UnreadableImageError(
            f"{name} must have at most 2^40 pixels a plane and 2^24 planes, but its header says "
            f"{height} × {width} pixels and {planes} planes. The header is damaged; "
            "copy or export the file again."
        )


def check_segment(size: int, name: str) -> None:
    """Refuse a compressed piece that could only be decoded as a whole, at more than 1 GiB.

    Raises
    ------
    UnreadableImageError
        If `size`, in bytes after decoding, is too large.
    """
    if size > MAX_SEGMENT_BYTES:
        raise UnreadableImageError(
            f"{name} must be stored in pieces of at most 1 GiB, but one compressed piece holds "
            f"{size / 2**30:.1f} GiB, which would have to be decoded for every window. "
            "Save the image as a tiled, pyramidal OME-TIFF."
        )
