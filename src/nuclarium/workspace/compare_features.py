"""The features that are compared: columns of the table, and what needs a whole plane or group."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.analysis.design import Design
from nuclarium.core.errors import NuclariumError, SettingsError
from nuclarium.core.geometry import Box, Spacing
from nuclarium.core.labels import Labels
from nuclarium.io import open_image
from nuclarium.measurement.colony import find_colony
from nuclarium.measurement.neighbours import neighbours_within
from nuclarium.report.reduce import read_labels_small
from nuclarium.workspace.compare_input import Nuclei

LARGEST_SIDE = 2048
"""Planes with a longer side are reduced to this for finding the colony."""

DEFAULT_FEATURES = (
    "nuclei_per_plane",
    "area",
    "perimeter",
    "circularity",
    "aspect_ratio",
    "solidity",
    "intensity_mean",
    "intensity_sum",
    "texture_contrast",
    "texture_correlation",
    "nearest_neighbour_distance",
    "neighbours_within",
    "distance_to_colony_edge",
    "colony_area",
    "nuclei_density",
)
OF_GROUPS = ("nuclei_per_plane", "colony_area", "nuclei_density")
"""Features that a group has once."""

Columns = dict[str, npt.NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class Planes:
    """One row a plane of an image: its nuclei and the area of its colony."""

    table: pd.DataFrame


def add_positions(
    nuclei: Nuclei,
    results: Path,
    *,
    closing: float | None,
    advance: Callable[[int], None],
) -> Planes:
    """Add the distance to the colony's edge to the nuclei; see `find_colony`.

    Labels that cannot be read leave nan, and a remark.
    """
    depth = np.full(len(nuclei.table), np.nan)
    rows, unreadable = [], []
    by_image = nuclei.table.groupby("image", sort=False).indices
    for name, record in nuclei.records.items():
        own = np.asarray(by_image.get(name, np.zeros(0, np.int64)))
        planes = nuclei.table["z"].to_numpy()[own] if "z" in nuclei.table else np.zeros(len(own))
        try:
            with open_image(results / record["outputs"][0]) as labels:
                for z in range(labels.shape[2]):
                    there = own[planes == z] if labels.shape[2] > 1 else own
                    places = _centroids(nuclei.table, there)
                    area, depth[there] = _position(labels, z, record, places, closing)
                    rows.append((name, z, len(there), area))
        except NuclariumError:
            unreadable.append(name)
            rows += [(name, int(z), int((planes == z).sum()), np.nan) for z in np.unique(planes)]
        advance(1)
    if unreadable:
        nuclei.remarks.append(
            f"Labels of {len(unreadable)} images, such as {unreadable[0]}, cannot be read, so the "
            "position of their nuclei in the colony is not known."
        )
    nuclei.table[f"distance_to_colony_edge_{nuclei.suffix}"] = depth
    return Planes(pd.DataFrame(rows, columns=["image", "z", "nuclei", "colony_area"]))


def _centroids(table: pd.DataFrame, rows: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    columns = table[["centroid_y_px", "centroid_x_px"]]
    return columns.to_numpy(np.float64)[rows] if len(rows) else np.zeros((0, 2))


def _position(
    labels: Any, z: int, record: dict[str, Any], places: npt.NDArray[np.float64], closing: float | None
) -> tuple[float, npt.NDArray[np.float64]]:  # fmt: skip
    """Return the area of the colony of a plane, and the depth of its nuclei."""
    shape: tuple[int, int] = labels.plane_shape
    scale = max(1.0, max(shape) / LARGEST_SIDE)
    size = max(1, round(shape[0] / scale)), max(1, round(shape[1] / scale))

    def read(window: Box) -> Labels:
        return np.asarray(labels.read(window, z=z)).astype(np.int32)

    plane = read(Box.of_shape(shape)) if size == shape else read_labels_small(read, shape, size)
    given = record["image"]["spacing_um"]
    unit = Spacing(given["y"], given["x"]) if given else Spacing(1.0, 1.0)
    factors = np.array([shape[0] / size[0], shape[1] / size[1]])
    reduced = Spacing(unit.y * factors[0], unit.x * factors[1])
    radius = closing if closing is not None else (None if given else 20.0)
    colony = find_colony(plane, reduced, radius)
    return colony.area, colony.depth_at((places + 0.5) / factors - 0.5)


def recount_neighbours(nuclei: Nuclei, radius: float) -> None:
    """Count the neighbours within another radius than the table has."""
    suffix = nuclei.suffix
    table = nuclei.table
    planes = [table["image"], table["z"]] if "z" in table else [table["image"]]
    points = table[[f"centroid_y_{suffix}", f"centroid_x_{suffix}"]].to_numpy(np.float64)
    count = np.zeros(len(table), np.int64)
    for rows in table.groupby(planes, sort=False).indices.values():
        count[rows] = neighbours_within(points[rows], radius)
    old = [name for name in table if str(name).startswith("neighbours_within_")]
    for name in old:
        del table[name]
    table[f"neighbours_within_{radius:g}_{suffix}"] = count


def features_of_groups(
    planes: Planes, design: Design, of_image: pd.Series[int], suffix: str
) -> Columns:
    """Compute what a group has once, over all its planes.

    Returns
    -------
    columns : dict of ndarray, shape (G,)
        ``nuclei_per_plane``; ``colony_area`` of a plane, and ``nuclei_density``: nuclei over the
        area of the colony, per mm² where the spacing is known, and per million pixels elsewhere.
    """
    table, count = planes.table, len(design.groups)
    group = of_image.loc[table["image"]].to_numpy()
    number = np.bincount(group, minlength=count).astype(np.float64)
    nuclei = np.bincount(group, table["nuclei"], count)
    area = np.bincount(group, table["colony_area"], count)
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "nuclei_per_plane": nuclei / number,
            f"colony_area_{suffix}2" if suffix == "um" else "colony_area_px": area / number,
            "nuclei_density_per_mm2" if suffix == "um" else "nuclei_density_per_mpx": (
                np.where(area > 0, nuclei / area * 1e6, np.nan)
            ),
        }


def chosen_columns(wanted: Sequence[str] | None, known: Sequence[str]) -> list[str]:
    """Find the columns of features, which may be named without their units.

    Parameters
    ----------
    wanted : sequence of str or None
        `DEFAULT_FEATURES` when None, as far as they are there.
    known : sequence of str
        Columns there are.

    Raises
    ------
    SettingsError
        If a feature that is asked for is not there.
    """
    chosen: dict[str, None] = {}
    for name in wanted if wanted is not None else DEFAULT_FEATURES:
        found = [column for column in known if column == name] or [
            column for column in known if _base(column) == name
        ]
        if not found and wanted is not None:
            raise SettingsError(
                f"--features must name columns of the table, such as {', '.join(known[:8])}; but "
                f"got {name}."
            )
        chosen |= dict.fromkeys(found[:1])
    return list(chosen)


def _base(column: str) -> str:
    if column.startswith("neighbours_within_"):
        return "neighbours_within"
    for ending in ("_um2", "_um", "_px", "_rad", "_per_mm2", "_per_mpx"):
        if column.endswith(ending):
            return column.removesuffix(ending)
    return column
