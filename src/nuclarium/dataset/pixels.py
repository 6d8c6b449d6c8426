"""The files of a dataset: TIFF with the pixels as they are, and a hash of what they hold."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tifffile

from nuclarium.core.errors import InputNotFoundError, UnreadableImageError
from nuclarium.core.geometry import Spacing
from nuclarium.core.labels import Labels

Pixels = npt.NDArray[Any]
"""Pixels of one image, shape (H, W) or (H, W, 3)."""


def array_hash(array: Pixels) -> str:
    """Return the SHA-256 of type, shape and values of an array.

    The order of bytes, the compression of the file and its metadata do not matter.

    Examples
    --------
    >>> array_hash(np.zeros((2, 3), "<u2")) == array_hash(np.zeros((2, 3), ">u2"))
    True
    """
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    digest = hashlib.sha256(f"{array.dtype.kind}{array.dtype.itemsize} {array.shape}\n".encode())
    digest.update(little.tobytes())
    return digest.hexdigest()


def read_tiff(path: Path) -> Pixels:
    """Read a file of a dataset.

    Raises
    ------
    InputNotFoundError, UnreadableImageError
        If the file is missing or damaged.
    """
    try:
        return np.asarray(tifffile.imread(path))
    except FileNotFoundError as error:
        raise InputNotFoundError(
            f"{path} belongs to the dataset, but is not there. Restore it, or build it again."
        ) from error
    except Exception as error:
        raise UnreadableImageError(
            f"{path} belongs to the dataset, but cannot be read: {error}. Restore the file."
        ) from error


def read_labels_tiff(path: Path) -> Labels:
    """Read a label image of a dataset as int32."""
    return read_tiff(path).astype(np.int32, copy=False)


def write_tiff(path: Path, pixels: Pixels, spacing: Spacing | None) -> None:
    """Write pixels unchanged as OME-TIFF with their spacing; compressed without loss.

    Parameters
    ----------
    path : Path
        Does not exist yet.
    pixels : ndarray, shape (H, W) or (H, W, 3)
    spacing : Spacing or None
        Left out of the file where it is not known.
    """
    sizes: dict[str, Any] = {}
    resolution: dict[str, Any] = {}
    if spacing is not None:
        sizes = {"PhysicalSizeY": spacing.y, "PhysicalSizeX": spacing.x}
        sizes |= {"PhysicalSizeYUnit": "µm", "PhysicalSizeXUnit": "µm"}
        resolution = {
            "resolution": (1e4 / spacing.x, 1e4 / spacing.y),
            "resolutionunit": "CENTIMETER",
        }
    tifffile.imwrite(
        path,
        pixels,
        ome=True,
        photometric="rgb" if pixels.ndim == 3 else "minisblack",
        compression="zlib",
        metadata={"axes": "YXS"[: pixels.ndim], **sizes},
        **resolution,
    )


def write_labels_tiff(path: Path, labels: Labels, spacing: Spacing | None) -> None:
    """Write labels as uint16 where they are below 65,536, and as int32 otherwise."""
    small = int(labels.max(initial=0)) < 2**16
    write_tiff(path, labels.astype(np.uint16 if small else np.int32), spacing)
