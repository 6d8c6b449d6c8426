"""Strokes: pixels of which a person has said what they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

UNKNOWN, BACKGROUND, FOREGROUND = 0, 1, 2
MAX_CLASSES = 32


@dataclass(frozen=True)
class Strokes:
    """Drawn pixels of one image, each once, in reading order.

    Parameters
    ----------
    places : ndarray of int64, shape (n, 3)
        Plane, row and column; the plane is 0 where there is one.
    classes : ndarray of uint8, shape (n,)
        1 background, 2 foreground, and on; 0 takes back what earlier strokes said of the pixel.
    """

    places: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 3), np.int64))
    classes: npt.NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))

    def __len__(self) -> int:
        return len(self.classes)

    @property
    def present(self) -> tuple[int, ...]:
        """Classes that were drawn, ascending."""
        return tuple(int(c) for c in np.unique(self.classes) if c)


def strokes_from_labels(array: npt.NDArray[Any]) -> Strokes:
    """Take the pixels of a label image that are not 0.

    Parameters
    ----------
    array : ndarray of int, shape (H, W) or (Z, H, W)
        0 not drawn, 1 background, 2 foreground, and on to 32.

    Examples
    --------
    >>> strokes_from_labels(np.array([[0, 2], [1, 0]])).places.tolist()
    [[0, 0, 1], [0, 1, 0]]
    """
    stack = array if array.ndim == 3 else array[None]
    places = np.argwhere(stack > 0)
    return Strokes(places, stack[tuple(places.T)].astype(np.uint8))


def merged(parts: Iterable[Strokes]) -> Strokes:
    """Put strokes over each other: where several say something of a pixel, the last one counts."""
    known = list(parts)
    if not known:
        return Strokes()
    places = np.concatenate([part.places for part in known])
    classes = np.concatenate([part.classes for part in known])
    _, last = np.unique(places[::-1], axis=0, return_index=True)
    kept = len(places) - 1 - last
    kept = kept[classes[kept] > UNKNOWN]
    return Strokes(places[kept], classes[kept])
