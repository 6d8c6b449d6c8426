"""Files of truth to labels: masks become labels by their connected parts, smeared ones are told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image as PillowImage
from skimage.measure import label

from nuclarium.core.errors import SettingsError, UnreadableImageError
from nuclarium.core.labels import Labels, as_labels
from nuclarium.dataset.pixels import Pixels
from nuclarium.io import open_image

Kind = Literal["empty", "binary", "labels", "grey"]
TRUTHS = ("auto", "labels", "masks")
_SPECK_PX = 4
_PIECES_A_VALUE = 3


@dataclass(frozen=True, slots=True)
class TruthFacts:
    """What a file of truth turned out to hold.

    Parameters
    ----------
    kind : str
        ``grey`` is what neither a mask nor a label image can be: many values, scattered in specks
        or in fractions.
    values : int
        Different values besides 0.
    shape : (height, width)
    """

    kind: Kind
    values: int
    shape: tuple[int, int]


def read_truth(path: Path) -> Pixels:
    """Read a mask or label image as it is, shape (H, W).

    A colour picture whose three samples are the same is taken as grey; black and white of one bit
    becomes 0 and 1.

    Raises
    ------
    SettingsError
        If it has colours, or several planes.
    UnreadableImageError
        If no reader opens it.
    """
    try:
        with open_image(path) as image:
            if image.shape[:3] != (1, 1, 1):
                raise SettingsError(
                    f"{path.name} must be labels of one plane, but has the shape {image.shape}. "
                    "Save one file a plane."
                )
            pixels = image.read()
    except UnreadableImageError:
        pixels = _one_bit(path)
    if pixels.ndim == 3:
        if not (pixels == pixels[..., :1]).all():
            raise SettingsError(
                f"{path.name} must hold a mask or one number a nucleus, but it is a picture in "
                "colours. Save the labels themselves, as 16-bit PNG or TIFF."
            )
        pixels = pixels[..., 0]
    return pixels


def inspect_truth(pixels: Pixels) -> TruthFacts:
    """Tell labels, masks and what is neither from each other.

    In a label image each value is one nucleus, so its pixels hang together. In a photograph, or a
    mask that JPEG has smeared, most values are specks along the edges.

    Examples
    --------
    >>> inspect_truth(np.array([[0, 255], [0, 0]])).kind
    'binary'
    """
    shape = pixels.shape[0], pixels.shape[1]
    found = np.unique(pixels)
    values = int(np.count_nonzero(found))
    if pixels.dtype.kind == "f" and not np.array_equal(pixels, pixels // 1):
        return TruthFacts("grey", values, shape)
    if values <= 1:
        return TruthFacts("binary" if values else "empty", values, shape)
    return TruthFacts("grey" if _is_scattered(pixels, values) else "labels", values, shape)


def labels_of(pixels: Pixels, *, is_mask: bool, threshold: float | None = None) -> Labels:
    """Make labels of what a file of truth holds.

    Parameters
    ----------
    pixels : ndarray, shape (H, W)
    is_mask : bool
        Whether all that is not 0 is nuclei; each connected part, with its corners, is then one.
    threshold : float, optional
        Values from here on are nuclei; implies a mask.

    Returns
    -------
    labels : ndarray of int32, shape (H, W)
        Numbers of a label image are kept.
    """
    if threshold is not None or is_mask:
        mask = pixels >= threshold if threshold is not None else pixels > 0
        return np.asarray(label(mask, connectivity=2), np.int32)
    return as_labels(pixels)


def _is_scattered(pixels: Pixels, values: int) -> bool:
    parts = label(pixels, connectivity=1, background=0)
    sizes = np.bincount(parts.ravel())[1:]
    return len(sizes) > _PIECES_A_VALUE * values and bool(np.mean(sizes <= _SPECK_PX) > 0.5)


def _one_bit(path: Path) -> Pixels:
    """Read what only Pillow reads: black and white of one bit a pixel."""
    try:
        with PillowImage.open(path) as picture:
            if picture.mode == "1":
                return np.asarray(picture, np.uint8)
    except OSError:
        pass
    with open_image(path):
        raise UnreadableImageError(f"{path.name} must hold labels, but cannot be read.")
