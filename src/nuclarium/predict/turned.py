"""Test-time augmentation: a network's answer averaged over ways in which an image can be turned."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from nuclarium.predict.engine import Engine

Array = npt.NDArray[np.float32]

_Turn = Callable[[Array], Array]


def _rotated(turns: int) -> tuple[_Turn, _Turn]:
    def there(pixels: Array) -> Array:
        return np.rot90(pixels, turns, axes=(2, 3))

    def back(maps: Array) -> Array:
        return np.rot90(maps, -turns, axes=(2, 3))

    return there, back


def _mirrored(turns: int) -> tuple[_Turn, _Turn]:
    rotate, rotate_back = _rotated(turns)
    return (
        lambda pixels: rotate(pixels[:, :, ::-1]),
        lambda maps: rotate_back(maps)[:, :, ::-1],
    )


# Two turns differ by a mirror and a quarter, four have every direction once.
_TURNS = (
    _rotated(0),
    _mirrored(1),
    _rotated(2),
    _mirrored(3),
    _rotated(1),
    _mirrored(0),
    _rotated(3),
    _mirrored(2),
)
ALL_TURNS = len(_TURNS)


class TurnedEngine:
    """A network that sees every tile in several turns and reflections.

    Its logits are the mean of the answers, each turned back: as many times the work, for maps that
    depend less on how the slide lay under the microscope.

    Parameters
    ----------
    engine : Engine
    turns : int
        How many of the eight turns and reflections, 1 to 8; with all eight, maps do not depend on
        how the slide lay.
    """

    def __init__(self, engine: Engine, turns: int = ALL_TURNS) -> None:
        if not 1 <= turns <= ALL_TURNS:
            raise ValueError(f"turns must be 1 to {ALL_TURNS}, but got {turns}.")
        self.engine = engine
        self.turns = _TURNS[:turns]
        self.name = engine.name

    def run(self, pixels: Array) -> Array:
        """Return the mean logits; see `Engine`."""
        total = self.engine.run(pixels).copy()
        for there, back in self.turns[1:]:
            total += back(self.engine.run(np.ascontiguousarray(there(pixels))))
        return total / np.float32(len(self.turns))

    def release(self) -> None:
        """Give back the memory of the network."""
        self.engine.release()
