"""How large the surface of nuclei in a stack is, from pairs of neighbouring voxels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.spatial import SphericalVoronoi

from nuclarium.core.geometry import Spacing
from nuclarium.core.labels import Labels
from nuclarium.measurement.regions import Floats


@dataclass(frozen=True)
class Direction:
    """Voxels that are compared with each other, and what a change between them adds.

    Parameters
    ----------
    step : (z, y, x)
        From one voxel to the other; `z` is 0 or 1.
    area : float
        Surface for each pair of which one voxel is in the nucleus and one is not.
    """

    step: tuple[int, int, int]
    area: float


def directions(spacing: Spacing) -> tuple[Direction, ...]:
    """Choose 13 directions that are spread over all, and weigh each by what is nearest to it.

    From slice to slice the steps in y and x are as many pixels as make the distance of two slices,
    so that slanted directions are near 45° where slices are far apart.
    """
    z = spacing.z or 1.0
    down, across = max(1, round(z / spacing.y)), max(1, round(z / spacing.x))
    steps = [(0, 0, 1), (0, 1, 0), (0, 1, 1), (0, 1, -1)]
    steps += [(1, y * down, x * across) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    vectors = np.array(steps) * (z, spacing.y, spacing.x)
    length = np.linalg.norm(vectors, axis=1)
    both_ways = np.concatenate([vectors, -vectors]) / np.tile(length, 2)[:, None]
    share = SphericalVoronoi(both_ways).calculate_areas().reshape(2, -1).sum(axis=0) / (4 * np.pi)
    areas = 2 * share * z * spacing.pixel_area / length
    return tuple(Direction(step, float(a)) for step, a in zip(steps, areas, strict=True))


def surface_areas(slices: Iterable[Labels], count: int, spacing: Spacing) -> Floats:
    """Area of the surface of each nucleus, by the Crofton formula.

    Lines through the voxels in 13 directions are crossed by the surface in proportion to its area
    [1]_. The border of the stack is outside, so the cut of a nucleus counts as surface.

    Parameters
    ----------
    slices : iterable of ndarray of int32, shape (H, W)
        Labels of the slices of a stack, from the first on; two are in memory.
    count : int
        Largest label.
    spacing : Spacing
        Size of a voxel.

    Returns
    -------
    area : ndarray of float64, shape (count,)
        In the square of the unit of `spacing`; 0 for a label that is absent.

    References
    ----------
    .. [1] Lehmann and Legland, 2012, doi:10.54294/uyxvaz.
    """
    wanted = directions(spacing)
    total = np.zeros(count + 1)
    for below, above in _neighbours(slices):
        total += surface_between(below, above, count, wanted)
    return total[1:]


def surface_between(
    below: Labels, above: Labels, count: int, wanted: tuple[Direction, ...]
) -> Floats:
    """Surface that is seen between two slices and within the upper one, shape (count + 1,).

    Over all slices of a stack, with an empty one below and one above, it adds up to the surface;
    entry 0 is of the background.
    """
    box = _box_of_nuclei(below, above)
    total = np.zeros(count + 1)
    margin = [(max(d.step[axis] for d in wanted),) * 2 for axis in (1, 2)]
    lower, upper = (np.pad(labels[box], margin) for labels in (below, above))
    for direction in wanted:
        level, down, across = direction.step
        first = lower if level else upper
        rows, columns = _shifted(down, first.shape[0]), _shifted(across, first.shape[1])
        one, other = first[rows[0], columns[0]], upper[rows[1], columns[1]]
        changes = one != other
        for labels in (one, other):
            total += direction.area * np.bincount(labels[changes], minlength=count + 1)
    return total


def _neighbours(slices: Iterable[Labels]) -> Iterator[tuple[Labels, Labels]]:
    """Yield each slice with the one below it, and an empty slice below the first and on top."""
    below: Labels | None = None
    for labels in slices:
        yield np.zeros_like(labels) if below is None else below, labels
        below = labels
    if below is not None:
        yield below, np.zeros_like(below)


def _box_of_nuclei(below: Labels, above: Labels) -> tuple[slice, slice]:
    either = (below > 0) | (above > 0)
    rows, columns = np.flatnonzero(either.any(axis=1)), np.flatnonzero(either.any(axis=0))
    if len(rows) == 0:
        return slice(0, 0), slice(0, 0)
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _shifted(step: int, length: int) -> tuple[slice, slice]:
    """Index of the things that have another one `step` further on, and of these others."""
    if step < 0:
        return slice(-step, length), slice(0, length + step)
    return slice(0, length - step), slice(step, length)
