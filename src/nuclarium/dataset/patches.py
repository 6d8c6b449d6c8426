"""Patches of one size from planes with labels: pixels and labels of a window, unchanged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import SettingsError
from nuclarium.core.geometry import Box
from nuclarium.core.labels import Labels

Edge = Literal["drop", "shift", "pad"]
_LEAST_SIDE = 16
_MOST_SIDE = 8192


@dataclass(frozen=True, slots=True)
class PatchSettings:
    """How planes are cut, and which patches are kept.

    Parameters
    ----------
    size_px : int
        Side of a patch, 16 to 8192.
    edge : str
        Where the side of a plane is no multiple of the size: ``drop`` leaves the rest out,
        ``shift`` moves the last patch inwards, so that it overlaps its neighbour, and ``pad``
        fills it up with zeros.
    min_nuclei : int
        Nuclei that a patch must show at least a part of.
    min_area_fraction : float
        Part of a patch that nuclei must cover at least, in [0, 1].
    """

    size_px: int = 256
    edge: Edge = "drop"
    min_nuclei: int = 1
    min_area_fraction: float = 0.0

    def __post_init__(self) -> None:
        _check(
            isinstance(self.size_px, int) and _LEAST_SIDE <= self.size_px <= _MOST_SIDE,
            f"size_px of patches must be a whole number from {_LEAST_SIDE} to {_MOST_SIDE}",
            self.size_px,
        )
        _check(
            self.edge in get_args(Edge),
            f"edge of patches must be one of {', '.join(get_args(Edge))}",
            self.edge,
        )
        _check(
            isinstance(self.min_nuclei, int) and self.min_nuclei >= 0,
            "min_nuclei of patches must be a whole number from 0",
            self.min_nuclei,
        )
        _check(
            isinstance(self.min_area_fraction, float | int) and 0 <= self.min_area_fraction <= 1,
            "min_area_fraction of patches must be from 0 to 1",
            self.min_area_fraction,
        )


@dataclass(frozen=True)
class Patch:
    """A window of a plane.

    Parameters
    ----------
    box : Box
        In the plane; reaches beyond it where the patch is padded.
    pixels : ndarray, shape (size, size) or (size, size, 3)
        Values and type of the plane; 0 beyond it.
    labels : ndarray of int32, shape (size, size)
        With the numbers of the plane; 0 beyond it.
    n_nuclei : int
        Labels that occur, those that the edge cuts included.
    area_fraction : float
        Share of the pixels that are nuclei.
    """

    box: Box
    pixels: npt.NDArray[Any]
    labels: Labels
    n_nuclei: int
    area_fraction: float


def iter_patches(
    pixels: npt.NDArray[Any], labels: Labels, settings: PatchSettings
) -> Iterator[Patch]:
    """Yield the patches of a plane that hold enough, row by row.

    Raises
    ------
    ValueError
        If the sizes of pixels and labels differ.
    """
    if pixels.shape[:2] != labels.shape:
        raise ValueError(f"labels must have shape {pixels.shape[:2]}, but got {labels.shape}.")
    shape = labels.shape[0], labels.shape[1]
    for box in patch_boxes(shape, settings.size_px, settings.edge):
        inside = _window(labels, box)
        count = int(np.count_nonzero(np.unique(inside)))
        share = float(np.count_nonzero(inside)) / inside.size
        if count >= settings.min_nuclei and share >= settings.min_area_fraction:
            yield Patch(box, _window(pixels, box), inside, count, share)


def patch_boxes(shape: tuple[int, int], size: int, edge: Edge) -> list[Box]:
    """Return the windows of a plane, row by row, all of one size.

    With ``shift`` and ``pad`` they cover every pixel. A side that is shorter than a patch is padded
    by ``shift`` as well, as there is nowhere to shift to.

    Examples
    --------
    >>> [(b.y0, b.x0) for b in patch_boxes((4, 10), 4, "shift")]
    [(0, 0), (0, 4), (0, 6)]
    """
    rows, columns = (_starts(length, size, edge) for length in shape)
    return [Box(y, x, y + size, x + size) for y in rows for x in columns]


def _starts(length: int, size: int, edge: Edge) -> list[int]:
    if edge == "drop":
        return list(range(0, length - size + 1, size))
    starts = list(range(0, length, size))
    if edge == "shift":
        starts[-1] = max(0, length - size)
    return starts


def _window(array: npt.NDArray[Any], box: Box) -> npt.NDArray[Any]:
    """Return a copy of the window, filled up with zeros beyond the array."""
    inside = array[box.slices]
    missing = [(0, box.shape[i] - inside.shape[i]) for i in (0, 1)]
    return np.pad(inside, [*missing, (0, 0)][: array.ndim])


def _check(holds: bool, rule: str, came: object) -> None:
    if not holds:
        raise SettingsError(f"{rule}, but got {came!r}.")
