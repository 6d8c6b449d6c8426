"""All measurements of the nuclei of one window, and their table under full names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.core.geometry import Box, Spacing
from nuclarium.core.labels import Labels
from nuclarium.measurement.catalogue import CATALOGUE, Measurement
from nuclarium.measurement.hull import find_hulls
from nuclarium.measurement.intensity import intensity
from nuclarium.measurement.neighbours import nearest_neighbour_distance, neighbours_within
from nuclarium.measurement.regions import Floats, Regions, find_regions
from nuclarium.measurement.shape import axes, circularity, perimeter
from nuclarium.measurement.size import centroid, equivalent_diameter
from nuclarium.measurement.texture import texture

NEIGHBOUR_RADIUS_UM = 50.0
NEIGHBOUR_RADIUS_PX = 100.0
"""Within which neighbours are counted: µm, or pixels where the spacing is not known."""

Columns = dict[str, npt.NDArray[Any]]
"""Arrays of one length, under names of the catalogue without units that depend on the spacing."""


def measure_plane(
    labels: Labels,
    window: Box,
    shape: tuple[int, int],
    planes: Iterable[tuple[str, npt.NDArray[Any]]],
    spacing: Spacing | None,
) -> Columns:
    """Measure the nuclei of a window, all but their neighbours.

    Parameters
    ----------
    labels : ndarray of int32, shape of the window
        Nuclei that lie whole in the window.
    window : Box
        Where it lies in the plane.
    shape : (height, width)
        Size of the plane.
    planes : iterable of (name, pixels)
        Channels of the window.
    spacing : Spacing or None
        Lengths are in µm, or in pixels where it is None.
    """
    unit = spacing or Spacing(1.0, 1.0)
    regions = find_regions(labels)
    columns: Columns = {
        "label": regions.label,
        **_position(regions, window, shape, spacing),
        **_size_and_shape(labels, regions, unit),
    }
    for name, pixels in planes:
        found = intensity(regions, pixels) | texture(labels, regions, pixels)
        columns |= {f"{key}_{name}": value for key, value in found.items()}
    return columns


def finished_table(
    columns: Columns, channels: Sequence[str], spacing: Spacing | None, radius: float | None
) -> pd.DataFrame:
    """Add the neighbours of the whole plane, and put the columns in order under full names."""
    suffix = "um" if spacing else "px"
    points: Floats = np.stack([columns[f"centroid_{axis}_{suffix}"] for axis in "yx"], axis=1)
    radius = radius or (NEIGHBOUR_RADIUS_UM if spacing else NEIGHBOUR_RADIUS_PX)
    columns["nearest_neighbour_distance"] = nearest_neighbour_distance(points)
    columns["neighbours_within"] = neighbours_within(points, radius)
    names = full_names(CATALOGUE, channels, calibrated=spacing is not None, radius=radius)
    return pd.DataFrame({full: columns[key] for key, full in names if key in columns})


def empty_columns(channels: Sequence[str], spacing: Spacing | None) -> Columns:
    """Return the columns of `measure_plane` without a nucleus."""
    nothing = np.zeros((1, 1), np.int32)
    planes = [(name, nothing) for name in channels]
    return measure_plane(nothing, Box(0, 0, 1, 1), (1, 1), planes, spacing)


def _position(
    regions: Regions, window: Box, shape: tuple[int, int], spacing: Spacing | None
) -> Columns:
    corner = window.y0, window.x0
    y, x = centroid(regions, corner).T
    boxes = regions.boxes + np.tile(corner, 2)
    at_border = (boxes[:, :2] == 0).any(axis=1) | (boxes[:, 2:] == shape).any(axis=1)
    physical = {"centroid_y_um": y * spacing.y, "centroid_x_um": x * spacing.x} if spacing else {}
    return {
        "centroid_y_px": y,
        "centroid_x_px": x,
        **physical,
        **dict(zip(("bbox_y0_px", "bbox_x0_px", "bbox_y1_px", "bbox_x1_px"), boxes.T, strict=True)),
        "touches_border": at_border,
    }


def _size_and_shape(labels: Labels, regions: Regions, unit: Spacing) -> Columns:
    count = len(regions.label)
    hulls = find_hulls(regions)
    area: Floats = regions.area.astype(np.float64) * unit.pixel_area
    convex = hulls.area(count)
    outline = perimeter(labels, regions, unit)
    return {
        "area": area,
        "area_convex": convex * unit.pixel_area,
        "equivalent_diameter": equivalent_diameter(regions, unit),
        "perimeter": outline,
        "feret_diameter_max": hulls.feret_diameter_max(count, unit),
        "solidity": regions.area / convex,
        "circularity": circularity(area, outline),
        **axes(regions, unit),
    }


def full_names(
    catalogue: Sequence[Measurement], channels: Sequence[str], *, calibrated: bool, radius: float
) -> Iterator[tuple[str, str]]:
    """Yield the key and the full name of every column, intensities channel by channel last."""
    for entry in catalogue:
        full = entry.column(calibrated=calibrated)
        if entry.unit in ("px", "um"):
            yield full, full
        elif entry.name == "neighbours_within":
            yield entry.name, full.replace("within", f"within_{radius:g}")
        elif entry.unit != "channel":
            yield entry.name, full
    for channel in channels:
        for entry in catalogue:
            if entry.unit == "channel":
                yield (f"{entry.name}_{channel}",) * 2
