"""Where the nuclei of a hollow colony lie: pushed apart on a bumpy shell, a few loose inside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.synthetic.spec import OrganoidSpec
from nuclarium.synthetic.wobble import Wobble

Floats = npt.NDArray[np.float64]

NUCLEUS_UM2 = 125.0
"""Area of the shell that a nucleus needs, on average over conditions, its gaps included."""

_COVERED = 0.80
_DEPTH_BY_WIDTH = (0.34, 0.46)
_LOOSE = {"interphase": 0.04, "mitotic": 0.04, "pyknotic": 0.7}
_LOOSE_UM = 6.0
_STEPS = 90
_GAP_UM = (0.0, 0.9)


@dataclass(frozen=True)
class Placement:
    """Where nuclei are; entry `i` belongs to row `i` of the table.

    Parameters
    ----------
    centres : ndarray, shape (n, 3)
        (z, y, x) in µm from the corner of the stack.
    frames : ndarray, shape (n, 3, 3)
        ``frames[i, k]`` is the direction (z, y, x) of axis k: longest, middle, shortest.
    colony : Shell
    """

    centres: Floats
    frames: Floats
    colony: Shell


@dataclass(frozen=True)
class Shell:
    """The surface that the middles of the outer nuclei lie on: a bumpy ellipsoid."""

    centre: Floats
    half: Floats
    wobble: Wobble

    def depth(self, points: Floats) -> Floats:
        """Distance in µm to the shell along the ray from its centre; positive inside."""
        scaled = (points - self.centre) / self.half
        rho = np.linalg.norm(scaled, axis=-1)
        length = np.linalg.norm(points - self.centre, axis=-1)
        rim = self.wobble.rim(scaled / np.maximum(rho, 1e-9)[..., None])
        return np.asarray(length * (rim / np.maximum(rho, 1e-9) - 1))

    def normals(self, points: Floats) -> Floats:
        """Outward directions of the ellipsoid through each point, shape (n, 3)."""
        return _unit((points - self.centre) / self.half**2)


def ellipsoid_area(half: Floats) -> float:
    """Surface of an ellipsoid with these half axes, within 1.1 % (Thomsen's formula).

    Examples
    --------
    >>> round(ellipsoid_area(np.array([1.0, 1.0, 1.0])), 3)
    12.566
    """
    z, y, x = half**1.6075
    return float(4 * np.pi * ((z * y + z * x + y * x) / 3) ** (1 / 1.6075))


def placed(table: pd.DataFrame, spec: OrganoidSpec, rng: np.random.Generator) -> Placement:
    """Place the nuclei of a table.

    Each nucleus begins at a place of its own on the shell, or inside the lumen where it is loose.
    Then nuclei that overlap push each other apart, while the shell draws its own back; the radius
    of a nucleus towards a neighbour stands for its surface. What overlap is left is divided when
    labels are drawn.
    """
    half = table[["axis_major_um", "axis_middle_um", "axis_minor_um"]].to_numpy() / 2
    loose = rng.random(len(table)) < table["kind"].map(_LOOSE).to_numpy()
    shell = _shell(half[~loose], spec, rng)
    points = _starts(shell, len(table), rng)
    points[loose] = shell.centre + (points[loose] - shell.centre) * rng.uniform(
        0.1, 0.55, (int(loose.sum()), 1)
    )
    wish = _Wish(
        shell=shell,
        half=half,
        loose=loose,
        depth=rng.normal(0, 0.7, len(table)),
        tilt=rng.normal(0, 0.22, (len(table), 3)),
        along=rng.normal(size=(len(table), 3)),
        gap=rng.uniform(*_GAP_UM, len(table)),
        frame=np.array(spec.frame_um),
    )
    for _ in range(_STEPS):
        points = wish.moved(points)
    return Placement(points, wish.frames(points), shell)


@dataclass(frozen=True)
class _Wish:
    """What each nucleus wants: its depth, tilt, direction along the shell, and gap around it."""

    shell: Shell
    half: Floats
    loose: npt.NDArray[np.bool_]
    depth: Floats
    tilt: Floats
    along: Floats
    gap: Floats
    frame: Floats

    def frames(self, points: Floats) -> Floats:
        """Directions of the axes: the shortest across the shell, nearly, the longest along it."""
        across = _unit(self.shell.normals(points) + self.tilt)
        longest = _unit(self.along - (self.along * across).sum(1, keepdims=True) * across)
        return np.stack([longest, np.cross(across, longest), across], axis=1)

    def moved(self, points: Floats) -> Floats:
        """Points after one step of pushing apart and drawing back."""
        frames = self.frames(points)
        apart = points[:, None] - points[None]
        distance = np.linalg.norm(apart, axis=2)
        np.fill_diagonal(distance, np.inf)
        towards = apart / np.maximum(distance, 1e-6)[..., None]
        # Radius of nucleus i towards nucleus j.
        scaled = np.einsum("ijk,ilk->ijl", towards, frames) / self.half[:, None]
        radius = 1 / np.maximum(np.linalg.norm(scaled, axis=2), 1e-6)
        gap = np.minimum(self.gap[:, None], self.gap[None])
        overlap = np.maximum(radius + radius.T + gap - distance, 0)
        push = 0.3 * (overlap[..., None] * towards).sum(1)
        depth = self.shell.depth(points)
        pull = np.where(self.loose, np.minimum(depth - _LOOSE_UM, 0), depth - self.depth)
        points = points + push + 0.25 * pull[:, None] * self.shell.normals(points)
        reach = np.linalg.norm(frames * self.half[:, :, None], axis=1)
        low = np.minimum(reach, self.frame / 2)
        return np.clip(points, low, self.frame - low)


def _shell(half: Floats, spec: OrganoidSpec, rng: np.random.Generator) -> Shell:
    """Make a shell that its nuclei cover by a given part; no deeper than the stack allows."""
    frame, most = np.array(spec.frame_um), np.array(spec.half_um)
    gap = sum(_GAP_UM) / 3
    needed = np.pi * ((half[:, 0] + gap / 2) * (half[:, 1] + gap / 2)).sum() / _COVERED
    needed = max(float(needed), 100.0)
    stretch = np.exp(rng.normal(0, 0.07))
    shape = np.array([rng.uniform(*_DEPTH_BY_WIDTH), stretch, 1 / stretch])
    low, high = 0.5, 500.0
    for _ in range(50):
        middle = (low + high) / 2
        size = middle * shape
        size[0] = min(size[0], most[0])
        low, high = (middle, high) if ellipsoid_area(size) < needed else (low, middle)
    room = np.maximum(most - size, 0)
    centre = frame / 2 + rng.uniform(-0.8, 0.8, 3) * room
    centre[0] = min(size[0] + 5.0 + rng.uniform(1, 3), frame[0] / 2 + room[0])
    return Shell(centre, size, Wobble.drawn(rng, amplitude=0.05, dent=0.0, normalised=False))


def _starts(shell: Shell, n: int, rng: np.random.Generator) -> Floats:
    """Choose points of the shell far from each other: each the farthest from those before it."""
    points = shell.centre + _unit(rng.normal(size=(40 * n, 3))) * shell.half
    chosen = [0]
    nearest = np.full(len(points), np.inf)
    for _ in range(n - 1):
        gone = np.linalg.norm(points - points[chosen[-1]], axis=1)
        nearest = np.minimum(nearest, gone)
        chosen.append(int(nearest.argmax()))
    return points[chosen]


def _unit(vectors: Floats) -> Floats:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-9))
