"""One nucleus: which voxels are in it, and how its chromatin shines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.synthetic.wobble import Wobble

Field = npt.NDArray[np.float32]

_DENTED = 0.25
_RIM = 0.15
_NUCLEOLUS = 0.6
_CONTRAST = {"interphase": 0.22, "mitotic": 0.35, "pyknotic": 0.10}
_BUMPS = {"interphase": 0.045, "mitotic": 0.09, "pyknotic": 0.02}


@dataclass(frozen=True)
class Nucleus:
    """A wobbly ellipsoid with what is inside.

    Parameters
    ----------
    centre : ndarray, shape (3,)
        (z, y, x) in µm.
    frame : ndarray, shape (3, 3)
        Rows are the directions of the longest, middle and shortest axis.
    half : ndarray, shape (3,)
        Half axes in µm.
    surface : Wobble
        In the frame of the axes.
    kind : str
    intensity, texture : float
    nucleoli : ndarray, shape (k, 4)
        Place in the frame, in half axes, and radius in µm.
    """

    centre: npt.NDArray[np.float64]
    frame: npt.NDArray[np.float64]
    half: npt.NDArray[np.float64]
    surface: Wobble
    kind: str
    intensity: float
    texture: float
    nucleoli: npt.NDArray[np.float64]

    @classmethod
    def drawn(
        cls,
        row: Any,
        centre: npt.NDArray[np.float64],
        frame: npt.NDArray[np.float64],
        rng: np.random.Generator,
    ) -> Nucleus:
        """Draw what a row of the planted table leaves open."""
        dent = rng.uniform(0.15, 0.35) if rng.random() < _DENTED else 0.0
        count = int(np.clip(rng.poisson(2.2), 1, 4))
        places = rng.normal(0, 0.27, (count, 3))
        radii = rng.uniform(0.8, 1.5, (count, 1))
        half = np.array([row.axis_major_um, row.axis_middle_um, row.axis_minor_um]) / 2
        return cls(
            centre,
            frame,
            half,
            Wobble.drawn(
                rng, amplitude=_BUMPS[row.kind], dent=dent if row.kind == "interphase" else 0.0
            ),
            row.kind,
            row.intensity,
            row.texture,
            np.hstack([places, radii])[: count if row.kind == "interphase" else 0],
        )

    def window(
        self, shape: tuple[int, int, int], voxel_um: tuple[float, float, float]
    ) -> tuple[slice, slice, slice]:
        """Voxels that the nucleus can reach; slices may be empty outside the stack."""
        reach = 1.35 * np.linalg.norm(self.frame * self.half[:, None], axis=0)
        low = np.floor((self.centre - reach) / voxel_um).astype(int)
        high = np.ceil((self.centre + reach) / voxel_um).astype(int) + 1
        z, y, x = (
            slice(max(0, int(a)), max(0, min(n, int(b))))
            for a, b, n in zip(low, high, shape, strict=True)
        )
        return z, y, x

    def places(
        self,
        window: tuple[slice, slice, slice],
        voxel_um: tuple[float, float, float],
        *,
        split: int = 1,
    ) -> Field:
        """Coordinates of voxels in half axes of the nucleus.

        Parameters
        ----------
        split : int
            Points a voxel along z.

        Returns
        -------
        places : ndarray of float32, shape (Z * split, Y, X, 3)
        """
        starts, steps = (window[0].start, window[1].start, window[2].start), (1 / split, 1, 1)
        counts = [s.stop - s.start for s in window]
        counts[0] *= split
        along = [
            ((start + (np.arange(n) + 0.5) * step) * size - c).astype(np.float32)
            for start, n, step, size, c in zip(
                starts, counts, steps, voxel_um, self.centre, strict=True
            )
        ]
        axes = (self.frame / self.half[:, None]).astype(np.float32)
        places = np.empty((*counts, 3), np.float32)
        for k, (az, ay, ax) in enumerate(axes):
            flat = (ay * along[1])[:, None] + (ax * along[2])[None]
            places[..., k] = (az * along[0])[:, None, None] + flat
        return places

    def level(self, places: Field) -> Field:
        """Distance from the centre by that of the surface in the same direction; below 1 inside."""
        z, y, x = np.moveaxis(places, -1, 0)
        rho = np.sqrt(z * z + y * y + x * x)
        directions = places / np.maximum(rho, np.float32(1e-6))[..., None]
        return np.asarray(rho / self.surface.rim(directions), np.float32)

    def light(self, places: Field, level: Field, chromatin: Field) -> Field:
        """Brightness of points inside; `chromatin` is a standard normal field there."""
        strength = self.texture * _CONTRAST[self.kind]
        light = np.maximum(1 + np.float32(strength) * chromatin, np.float32(0.1))
        if self.kind == "interphase":
            light *= 1 + np.float32(_RIM) * np.exp(-(((1 - level) / np.float32(0.12)) ** 2))
        for z, y, x, radius in self.nucleoli:
            apart = (places - np.array((z, y, x), np.float32)) * self.half.astype(np.float32)
            distance = np.sqrt(np.einsum("...k,...k", apart, apart))
            inside = np.clip((np.float32(radius) - distance) / np.float32(0.5) + 0.5, 0, 1)
            light *= 1 - np.float32(_NUCLEOLUS) * inside
        return np.asarray(light * np.float32(self.intensity), np.float32)
