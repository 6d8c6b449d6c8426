"""The table of a stack: one row a nucleus in three dimensions, made of its sections."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.core.geometry import Box, Spacing
from nuclarium.core.labels import Labels, as_labels
from nuclarium.measurement.catalogue import VOLUME_CATALOGUE
from nuclarium.measurement.neighbours import nearest_neighbour_distance, neighbours_within
from nuclarium.measurement.plane import (
    NEIGHBOUR_RADIUS_PX,
    NEIGHBOUR_RADIUS_UM,
    Columns,
    full_names,
    measure_plane,
)
from nuclarium.measurement.regions import Floats, Ints, find_regions
from nuclarium.measurement.size import moments
from nuclarium.measurement.surface import directions, surface_between

_OF_SECTION = (
    "perimeter",
    "axis_major_length",
    "axis_minor_length",
    "aspect_ratio",
    "eccentricity",
    "solidity",
    "circularity",
)


@dataclass(frozen=True)
class StackSlice:
    """Labels and pixels of one slice.

    Parameters
    ----------
    labels : ndarray of int32, shape (H, W)
        A number stands for the same nucleus in every slice.
    channels : iterable of (name, pixels)
        Read when their turn comes; the same names in every slice.
    """

    labels: Labels
    channels: Iterable[tuple[str, npt.NDArray[Any]]] = ()


def measure_volumes(
    slices: Iterable[StackSlice],
    count: int,
    spacing: Spacing | None = None,
    *,
    channels: Sequence[str] = (),
    neighbour_radius: float | None = None,
) -> pd.DataFrame:
    """Measure every nucleus of a label stack; two slices are in memory.

    Parameters
    ----------
    slices : iterable of StackSlice
        From the first slice on.
    count : int
        Largest label.
    spacing : Spacing, optional
        Size of a voxel. Where it, or its `z`, is not known, everything is in pixels, as if voxels
        were cubes.
    channels : sequence of str
        Names of the channels of the slices.
    neighbour_radius : float, optional
        Within which neighbours are counted, in µm, or pixels; 50 µm or 100 pixels when left out.

    Returns
    -------
    table : pandas.DataFrame
        One row a nucleus in the order of the labels, columns as in `VOLUME_CATALOGUE`; a number
        that is in no slice has no row.

    Examples
    --------
    >>> labels = np.array([[[1, 1], [0, 0]], [[1, 1], [1, 1]]])
    >>> table = measure_volumes(map(StackSlice, labels), 1, Spacing(y=0.5, x=0.5, z=1.0))
    >>> table[["n_slices", "volume_um3"]].to_dict("list")
    {'n_slices': [2], 'volume_um3': [1.5]}
    """
    known = spacing if spacing is not None and spacing.z is not None else None
    unit = known or Spacing(1.0, 1.0, 1.0)
    wanted = directions(unit)
    surface = np.zeros(count + 1)
    parts = [_measured(StackSlice(_NOTHING, [(name, _NOTHING) for name in channels]), 0, unit)]
    shape: tuple[int, ...] = (0, 0, 0)
    below: Labels | None = None
    for z, part in enumerate(slices):
        labels = as_labels(part.labels)
        below = np.zeros_like(labels) if below is None else below
        surface += surface_between(below, labels, count, wanted)
        parts.append(_measured(part, z, unit))
        below, shape = labels, (z + 1, *labels.shape)
    if below is not None:
        surface += surface_between(below, np.zeros_like(below), count, wanted)
    sections = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    columns = _volumes(sections, surface, shape, unit, channels)
    return _table(columns, channels, known, neighbour_radius)


_NOTHING = np.zeros((1, 1), np.int32)


def _measured(part: StackSlice, z: int, unit: Spacing) -> Columns:
    """Measure the sections of a slice: what planes have, and their moments."""
    shape = (part.labels.shape[0], part.labels.shape[1])
    columns = measure_plane(part.labels, Box.of_shape(shape), shape, part.channels, unit)
    regions = find_regions(part.labels)
    yy, xx, yx = moments(regions).T
    return columns | {
        "z": np.full(len(regions.label), z),
        "pixels": regions.area,
        "yy": yy,
        "xx": xx,
        "yx": yx,
    }


def _volumes(
    sections: Columns, surface: Floats, shape: tuple[int, ...], unit: Spacing, names: Sequence[str]
) -> Columns:
    """Put the sections of each nucleus together."""
    order = np.lexsort((sections["z"], sections["label"]))
    s = {key: values[order] for key, values in sections.items()}
    first = np.flatnonzero(np.diff(s["label"], prepend=0))
    label = s["label"][first]
    step = unit.z or 1.0
    voxels = _added(s["pixels"], first)
    slices = np.diff(first, append=len(s["label"]))
    volume = voxels * unit.pixel_area * step
    ball = np.cbrt(6 * volume / np.pi)
    own_surface = surface[label]
    return {
        "label": label,
        **_place(s, first, voxels, shape, unit),
        "n_slices": slices,
        "extent_z": slices * step,
        "volume": volume,
        "equivalent_diameter": ball,
        "surface_area": own_surface,
        "sphericity": np.pi * ball**2 / own_surface,
        **_axes(s, first, voxels, unit),
        **_largest_section(s, first),
        **_intensities(s, first, voxels, names),
    }


def _place(
    s: Columns, first: Ints, voxels: Floats, shape: tuple[int, ...], unit: Spacing
) -> Columns:
    columns: Columns = {}
    place = {"z": s["z"], "y": s["centroid_y_px"], "x": s["centroid_x_px"]}
    scale = {"z": unit.z or 1.0, "y": unit.y, "x": unit.x}
    for axis, values in place.items():
        columns[f"centroid_{axis}_px"] = _added(s["pixels"] * values, first) / voxels
        columns[f"centroid_{axis}_um"] = columns[f"centroid_{axis}_px"] * scale[axis]
    low = {"z": s["z"], "y": s["bbox_y0_px"], "x": s["bbox_x0_px"]}
    high = {"z": s["z"] + 1, "y": s["bbox_y1_px"], "x": s["bbox_x1_px"]}
    at_border = np.zeros(len(first), bool)
    for axis, length in zip("zyx", shape, strict=True):
        begin, end = _reduced(np.minimum, low[axis], first), _reduced(np.maximum, high[axis], first)
        columns |= {f"bbox_{axis}0_px": begin, f"bbox_{axis}1_px": end}
        at_border |= (begin == 0) | (end == length)
    return columns | {"touches_border": at_border}


def _axes(s: Columns, first: Ints, voxels: Floats, unit: Spacing) -> Columns:
    """Axes of the ellipsoid of the same second moments, each section a plane of points."""
    points = np.stack([s["z"], s["centroid_y_px"], s["centroid_x_px"]], axis=1)
    points = points * (unit.z or 1.0, unit.y, unit.x)
    weight = s["pixels"][:, None] / np.repeat(voxels, np.diff(first, append=len(s["z"])))[:, None]
    mean = _added(points * weight, first)
    away = points - np.repeat(mean, np.diff(first, append=len(s["z"])), axis=0)
    spread = away[:, :, None] * away[:, None, :]
    spread[:, 1, 1] += s["yy"] * unit.y**2
    spread[:, 2, 2] += s["xx"] * unit.x**2
    spread[:, 1, 2] += s["yx"] * unit.y * unit.x
    spread[:, 2, 1] += s["yx"] * unit.y * unit.x
    moment = _added(spread * weight[:, :, None], first)
    variance, axis = np.linalg.eigh(moment)
    length = 2 * np.sqrt(5 * np.maximum(variance, 0))
    return {
        "axis_major_length": length[:, 2],
        "axis_middle_length": length[:, 1],
        "axis_minor_length": length[:, 0],
        "tilt": np.arcsin(np.minimum(np.abs(axis[:, 0, 2]), 1)),
    }


def _largest_section(s: Columns, first: Ints) -> Columns:
    order = np.lexsort((s["z"], -s["area"], s["label"]))
    largest = order[first]
    found = {f"section_{name}": s[name][largest] for name in _OF_SECTION}
    return {"section_z_px": s["z"][largest], "section_area": s["area"][largest], **found}


def _intensities(s: Columns, first: Ints, voxels: Floats, names: Sequence[str]) -> Columns:
    columns: Columns = {}
    owner = np.repeat(np.arange(len(first)), np.diff(first, append=len(s["z"])))
    for name in names:
        total = _added(s[f"intensity_sum_{name}"], first)
        mean = total / voxels
        off = s[f"intensity_mean_{name}"] - mean[owner]
        square = _added(s["pixels"] * (s[f"intensity_std_{name}"] ** 2 + off**2), first)
        columns |= {
            f"intensity_mean_{name}": mean,
            f"intensity_std_{name}": np.sqrt(square / voxels),
            f"intensity_min_{name}": _reduced(np.minimum, s[f"intensity_min_{name}"], first),
            f"intensity_max_{name}": _reduced(np.maximum, s[f"intensity_max_{name}"], first),
            f"intensity_sum_{name}": total,
        }
    return columns


def _table(
    columns: Columns, channels: Sequence[str], known: Spacing | None, radius: float | None
) -> pd.DataFrame:
    suffix = "um" if known else "px"
    points: Floats = np.stack([columns[f"centroid_{axis}_{suffix}"] for axis in "zyx"], axis=1)
    radius = radius or (NEIGHBOUR_RADIUS_UM if known else NEIGHBOUR_RADIUS_PX)
    columns["nearest_neighbour_distance"] = nearest_neighbour_distance(points)
    columns["neighbours_within"] = neighbours_within(points, radius)
    names = full_names(VOLUME_CATALOGUE, channels, calibrated=known is not None, radius=radius)
    wanted = [(key, full) for key, full in names if known or not key.endswith("_um")]
    return pd.DataFrame({full: columns[key] for key, full in wanted})


def _added(values: npt.NDArray[Any], first: Ints) -> Floats:
    """Sum over the sections of each nucleus."""
    return _reduced(np.add, values.astype(np.float64), first)


def _reduced(how: np.ufunc, values: npt.NDArray[Any], first: Ints) -> npt.NDArray[Any]:
    return how.reduceat(values, first) if len(first) else values[:0]
