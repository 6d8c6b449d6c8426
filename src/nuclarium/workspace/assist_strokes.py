"""Strokes of a document as the pixel classifier takes them: drawn pixels with a class."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from nuclarium.annotate.strokes import Stroke
from nuclarium.core.errors import SettingsError
from nuclarium.io.interchange.drawings import Drawing, painted
from nuclarium.suggest.classifier import CLASS_NAMES
from nuclarium.suggest.strokes import MAX_CLASSES, Strokes, merged

MOST_PIXELS = 1 << 22
"""Pixels that one stroke may cover."""

_KEPT = 4096
_PIECE_PX = 256


class PaintedStrokes:
    """Pixels of strokes, each painted once; the longest unused are forgotten."""

    def __init__(self) -> None:
        self._painted: OrderedDict[tuple[str, tuple[int, int, int]], Strokes] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, strokes: Iterable[Stroke], shape: tuple[int, int, int]) -> Strokes:
        """Put strokes over each other, in the order in which they were drawn.

        Parameters
        ----------
        strokes : iterable of Stroke
            Of one image, or of some planes of it.
        shape : (Z, H, W)
            A stroke without a plane lies on the first.

        Raises
        ------
        SettingsError
            If one lies on a plane that is not there, or has a class above 32.
        """
        return merged([self._one(stroke, shape) for stroke in strokes])

    def _one(self, stroke: Stroke, shape: tuple[int, int, int]) -> Strokes:
        with self._lock:
            known = self._painted.get((stroke.id, shape))
            if known is not None:
                self._painted.move_to_end((stroke.id, shape))
                return known
        found = pixels_of(stroke, shape)
        with self._lock:
            self._painted[stroke.id, shape] = found
            while len(self._painted) > _KEPT:
                self._painted.popitem(last=False)
        return found


def pixels_of(stroke: Stroke, shape: tuple[int, int, int]) -> Strokes:
    """Paint one stroke: the pixels whose centres are within the radius of its line.

    Examples
    --------
    >>> dot = Stroke("e-0", "g-0", 2, 1.0, (2.5, 1.5))
    >>> pixels_of(dot, (1, 4, 5)).places[:, 1:].tolist()
    [[0, 2], [1, 1], [1, 2], [1, 3], [2, 2]]
    """
    z = stroke.z or 0
    if not 0 <= z < shape[0]:
        raise SettingsError(
            f"A stroke must lie on one of the planes 0 to {shape[0] - 1} of the image, but got {z}."
        )
    if stroke.class_id > MAX_CLASSES:
        raise SettingsError(
            f"The class of a stroke must be 0 to {MAX_CLASSES}, but got {stroke.class_id}."
        )
    points = np.array(stroke.points, np.float64).reshape(-1, 2)[:, ::-1]
    _check_size(points, stroke.radius)
    width = 2 * stroke.radius
    pieces = [painted(Drawing("line", (p,), width_px=width), shape[1:]) for p in _pieces(points)]
    pixels = np.unique(np.concatenate(pieces), axis=0)
    places = np.column_stack([np.full(len(pixels), z, np.int64), pixels])
    return Strokes(places, np.full(len(pixels), stroke.class_id, np.uint8))


def _check_size(points: npt.NDArray[np.float64], radius: float) -> None:
    length = float(np.hypot(*np.diff(points, axis=0).T).sum())
    area = 2 * radius * length + np.pi * radius**2
    if area > MOST_PIXELS:
        raise SettingsError(
            f"A stroke may cover at most {MOST_PIXELS:,} pixels, but one covers {area:,.0f}. Undo "
            "it, zoom in, and draw with a smaller brush."
        )


def _pieces(points: npt.NDArray[np.float64]) -> list[npt.NDArray[np.float64]]:
    """Cut a line into pieces that each lie in a small box, so that none needs a large canvas."""
    if len(points) == 1:
        return [np.repeat(points, 2, axis=0)]  # a dot is a line without length
    parts = [points[:1]]
    for first, last in pairwise(points):
        count = max(1, int(np.ceil(np.abs(last - first).max() / _PIECE_PX)))
        steps = np.arange(1, count + 1)[:, None] / count
        parts.append(first + steps * (last - first))
    line = np.concatenate(parts)
    pieces, begin = [], 0
    for end in range(1, len(line) + 1):
        is_last = end == len(line)
        if is_last or np.ptp(line[begin : end + 1], axis=0).max() > 2 * _PIECE_PX:
            pieces.append(line[begin:end])
            begin = end - 1
    return pieces


def class_names_of(strokes: Strokes) -> tuple[str, ...]:
    """Names of the classes that were drawn: two, and as many more as the highest class asks for.

    Examples
    --------
    >>> class_names_of(Strokes(np.zeros((1, 3), np.int64), np.array([3], np.uint8)))
    ('background', 'foreground', 'class 3')
    """
    highest = max((2, *strokes.present))
    return (*CLASS_NAMES, *(f"class {number}" for number in range(3, highest + 1)))
