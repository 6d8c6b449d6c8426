"""Test-time augmentation: a network's answer averaged over the ways an image can be turned."""

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


_TURNS = (*(_rotated(turns) for turns in range(4)), *(_mirrored(turns) for turns in range(4)))


class TurnedEngine:
    """A network that sees every tile in all eight turns and reflections.

    Its logits are the mean of the eight answers, each turned back: eight times the work for maps
    that do not depend on how the slide lay under the microscope.

    Parameters
    ----------
    engine : Engine
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.name = f"{engine.name}, eight turns"

    def run(self, pixels: Array) -> Array:
        """Return the mean logits; see `Engine`."""
        total = self.engine.run(pixels).copy()
        for there, back in _TURNS[1:]:
            total += back(self.engine.run(np.ascontiguousarray(there(pixels))))
        return total / np.float32(len(_TURNS))

    def release(self) -> None:
        """Give back the memory of the network."""
        self.engine.release()
