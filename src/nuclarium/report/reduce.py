"""Planes of any size, read part by part and reduced to the size of a screen."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from nuclarium.core.geometry import Box, iter_boxes
from nuclarium.core.image import Image
from nuclarium.core.labels import LabelReader, Labels

_STRIP_PIXELS = 2**24
_TILE = 4096


@runtime_checkable
class HasPyramid(Protocol):
    """Labels that know smaller versions of themselves, as `LabelsZarr` does."""

    def reduced(self, size: tuple[int, int]) -> Labels:
        """Return the smallest version that is at least of this size."""
        ...


def read_small(
    image: Image, size: tuple[int, int], *, t: int = 0, c: int = 0, z: int = 0
) -> npt.NDArray[Any]:
    """Read a plane with at least `size` pixels, and less than twice as many rows.

    It comes from the smallest level of the pyramid that is large enough; where that is still
    larger, pixels are left out at equal distances.

    Parameters
    ----------
    image : Image
        Open image.
    size : (height, width)
        Wanted, at most the size of the plane.
    t, c, z : int
        Which plane.
    """
    fits = [i for i, shape in enumerate(image.level_shapes) if shape[0] >= size[0]]
    level = fits[-1] if fits else 0
    height, width = image.level_shapes[level]
    step = max(1, height // size[0])
    strip = max(step, _STRIP_PIXELS // width // step * step)
    boxes = (Box(y, 0, min(y + strip, height), width) for y in range(0, height, strip))
    # A view would keep the whole of its strip in memory.
    return np.concatenate(
        [image.read(box, t=t, c=c, z=z, level=level)[::step, ::step].copy() for box in boxes]
    )


def read_labels_small(read: LabelReader, shape: tuple[int, int], size: tuple[int, int]) -> Labels:
    """Sample the labels of a plane at the centres of the pixels of a smaller one.

    Parameters
    ----------
    read : callable
        Gives the labels of a window; if it has a pyramid, that is used.
    shape : (height, width)
        Size of the plane.
    size : (height, width)
        Size of the result.
    """
    if isinstance(read, HasPyramid):
        return sampled(read.reduced(size), size)
    rows, columns = (_centres(*sides) for sides in zip(shape, size, strict=True))
    small = np.zeros(size, np.int32)
    for box in iter_boxes(shape, _TILE):
        row = slice(*np.searchsorted(rows, (box.y0, box.y1)))
        column = slice(*np.searchsorted(columns, (box.x0, box.x1)))
        labels = read(box)
        small[row, column] = labels[rows[row, None] - box.y0, columns[column] - box.x0]
    return small


def sampled(labels: Labels, size: tuple[int, int]) -> Labels:
    """Bring labels to a size (height, width), each pixel the label at its centre."""
    rows, columns = (_centres(*sides) for sides in zip(labels.shape, size, strict=True))
    centres: Labels = labels[rows[:, None], columns]
    return centres


def _centres(length: int, count: int) -> npt.NDArray[np.intp]:
    """Find the indices under the centres of `count` pixels spread over `length`."""
    return ((np.arange(count) + 0.5) * length / count).astype(np.intp)
