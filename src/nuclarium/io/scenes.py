"""Choosing one of several images in a file, and planes by their axes."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nuclarium.core.errors import UnreadableImageError


def check_scene(scene: int, names: tuple[str, ...], name: str) -> None:
    """Refuse a scene that the file does not have.

    Raises
    ------
    UnreadableImageError
        If `scene` is not an index of `names`.
    """
    if not 0 <= scene < len(names):
        raise UnreadableImageError(
            f"scene must be in 0..{len(names) - 1} for {name}, but got {scene}. "
            "The command `nuclarium info` lists the scenes."
        )


@dataclass(frozen=True, slots=True)
class PlaneOrder:
    """How planes follow each other in a file, the last axis fastest.

    Parameters
    ----------
    axes : str
        One of `T`, `C`, `Z` for each axis; several file axes may share a letter.
    lengths : tuple of int
        Their lengths.

    Examples
    --------
    >>> PlaneOrder("TZC", (2, 5, 3)).index(t=1, c=2, z=0)
    17
    """

    axes: str
    lengths: tuple[int, ...]

    @property
    def count(self) -> int:
        """Number of planes."""
        return math.prod(self.lengths)

    def length(self, axis: str) -> int:
        """Return the number of steps along `T`, `C` or `Z`; 1 where the file has no such axis."""
        return math.prod(n for a, n in zip(self.axes, self.lengths, strict=True) if a == axis)

    def index(self, *, t: int, c: int, z: int) -> int:
        """Return the position of a plane in the file, from 0."""
        rest = {"T": t, "C": c, "Z": z}
        position, stride = 0, 1
        for axis, length in zip(reversed(self.axes), reversed(self.lengths), strict=True):
            rest[axis], step = divmod(rest[axis], length)
            position += step * stride
            stride *= length
        return position
