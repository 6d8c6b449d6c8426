"""Boxes and spacing: the one convention for coordinates, and the only place where x comes first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Spacing:
    """Physical size of one pixel, in micrometres.

    Parameters
    ----------
    y, x : float
        Height and width of a pixel in µm; positive and finite.
    z : float or None
        Distance between planes in µm, or None where it is unknown or there is one plane.
    """

    y: float
    x: float
    z: float | None = None

    def __post_init__(self) -> None:
        values = (self.y, self.x) if self.z is None else (self.y, self.x, self.z)
        if not all(np.isfinite(value) and value > 0 for value in values):
            raise ValueError(
                f"Spacing must be positive and finite in micrometres, but got y={self.y}, "
                f"x={self.x}, z={self.z}. If the file has no calibration, use spacing=None."
            )

    @property
    def pixel_area(self) -> float:
        """Area of a pixel in µm²."""
        return self.y * self.x


@dataclass(frozen=True, slots=True, order=True)
class Box:
    """A half-open rectangle of pixels ``[y0, y1) × [x0, x1)``.

    Examples
    --------
    >>> Box(0, 0, 4, 6).intersection(Box(2, 3, 9, 9))
    Box(y0=2, x0=3, y1=4, x1=6)
    """

    y0: int
    x0: int
    y1: int
    x1: int

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width; never negative."""
        return max(0, self.y1 - self.y0), max(0, self.x1 - self.x0)

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index of the box in an array of shape (H, W)."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    def intersection(self, other: Box) -> Box:
        """Return what both boxes cover; its shape has a zero where they do not meet."""
        return Box(
            max(self.y0, other.y0),
            max(self.x0, other.x0),
            min(self.y1, other.y1),
            min(self.x1, other.x1),
        )

    def grown(self, margin: int) -> Box:
        """Return the box with `margin` more pixels on every side."""
        return Box(self.y0 - margin, self.x0 - margin, self.y1 + margin, self.x1 + margin)

    def shifted(self, dy: int, dx: int) -> Box:
        """Return the box moved by `dy` rows and `dx` columns."""
        return Box(self.y0 + dy, self.x0 + dx, self.y1 + dy, self.x1 + dx)

    @classmethod
    def of_shape(cls, shape: tuple[int, int]) -> Box:
        """Return the box that covers a whole array of this shape."""
        return cls(0, 0, shape[0], shape[1])


def iter_boxes(shape: tuple[int, int], size: int) -> Iterator[Box]:
    """Yield boxes of side `size`, row by row, that cover a plane once; the last may be smaller."""
    height, width = shape
    for y0 in range(0, height, size):
        for x0 in range(0, width, size):
            yield Box(y0, x0, min(y0 + size, height), min(x0 + size, width))


def to_xy(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Turn ``(y, x)`` rows into ``(x, y)`` rows, for formats that put x first.

    Parameters
    ----------
    points : ndarray, shape (N, 2)
        Coordinates ``(y, x)``, pixel centres at integers.
    """
    return points[:, ::-1].copy()


def to_yx(points_xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Turn ``(x, y)`` rows into ``(y, x)`` rows."""
    return points_xy[:, ::-1].copy()
