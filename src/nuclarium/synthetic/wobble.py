"""A bumpy, dented sphere, from which nuclei and colonies are stretched."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

_DIRECTIONS = 600


@dataclass(frozen=True)
class Wobble:
    """Radius of a surface in every direction, about 1: waves over the sphere, and a dent.

    Parameters
    ----------
    waves : ndarray, shape (k, 3)
        Wave vectors; a longer one makes finer bumps.
    amplitudes, phases : ndarray, shape (k,)
    dent : ndarray, shape (3,)
        Direction of the dent, as long as it is deep.
    scale : float
    """

    waves: npt.NDArray[np.float64]
    amplitudes: npt.NDArray[np.float64]
    phases: npt.NDArray[np.float64]
    dent: npt.NDArray[np.float64]
    scale: float = 1.0

    @classmethod
    def drawn(
        cls, rng: np.random.Generator, *, amplitude: float, dent: float, normalised: bool = True
    ) -> Wobble:
        """Draw a surface; if `normalised`, the body inside has the volume of the unit sphere."""
        directions = rng.normal(size=(7, 3))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        pitch = rng.uniform(1.8, 5.5, 6)
        wobble = cls(
            waves=directions[:6] * pitch[:, None],
            amplitudes=rng.normal(0, amplitude, 6) * 2 / pitch,
            phases=rng.uniform(0, 2 * np.pi, 6),
            dent=directions[6] * dent,
        )
        if not normalised:
            return wobble
        mean_cube = float((wobble.rim(_even_directions()) ** 3).mean())
        return replace(wobble, scale=float(np.cbrt(1 / mean_cube)))

    def rim(self, directions: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Radius in the given directions, unit vectors of shape (..., 3); of their type."""
        kind = directions.dtype.type
        z, y, x = np.moveaxis(directions, -1, 0)
        rim = np.ones(directions.shape[:-1], kind)
        for (wz, wy, wx), amplitude, phase in zip(
            self.waves.astype(kind), self.amplitudes, self.phases, strict=True
        ):
            rim += kind(amplitude) * np.cos(wz * z + wy * y + wx * x + kind(phase))
        depth = float(np.linalg.norm(self.dent))
        if depth:
            dz, dy, dx = (self.dent / depth).astype(kind)
            rim -= kind(depth) * np.exp((dz * z + dy * y + dx * x - 1) * kind(5))
        return np.asarray(np.maximum(rim, kind(0.4)) * kind(self.scale))


def _even_directions() -> npt.NDArray[np.float64]:
    """Directions spread evenly over the sphere, along a spiral."""
    index = np.arange(_DIRECTIONS) + 0.5
    z = 1 - 2 * index / _DIRECTIONS
    angle = np.pi * (1 + np.sqrt(5)) * index
    across = np.sqrt(1 - z**2)
    return np.stack([z, across * np.sin(angle), across * np.cos(angle)], axis=1)
