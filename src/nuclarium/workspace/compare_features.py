"""The features that are compared: columns of the table, and what needs a whole plane or group."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.analysis.design import Design
from nuclarium.core.errors import NuclariumError, SettingsError
from nuclarium.core.geometry import Box, Spacing
from nuclarium.core.image import Image
from nuclarium.core.labels import Labels
from nuclarium.io import open_image
from nuclarium.measurement.colony import CLOSING_PX, CLOSING_UM, find_colony
from nuclarium.measurement.neighbours import neighbours_within
from nuclarium.report.reduce import read_labels_small
from nuclarium.workspace.compare_input import Nuclei

LARGEST_SIDE = 2048
"""Planes with a longer side are reduced to this for finding the colony."""

_PIXELS_OF_RADIUS = 20
"""Pixels that the radius of the closing disc has at most."""

DEFAULT_FEATURES = (
    "nuclei_per_plane",
    "nuclei_per_stack",
    "volume",
    "surface_area",
    "sphericity",
    "section_area",
    "section_circularity",
    "section_aspect_ratio",
    "section_solidity",
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
    "colony_volume",
    "nuclei_density",
)
"""What is compared if nothing else is asked for, as far as it is there."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Columns = dict[str, npt.NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class Planes:
    """One row a plane of an image, or a stack whose slices were joined.

    Columns are ``image``, ``z``, ``nuclei``, and ``colony``: the colony's area, or volume.
    """

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
    rows: list[tuple[str, int, int, float]] = []
    unreadable = []
    by_image = nuclei.table.groupby("image", sort=False).indices
    for name, record in nuclei.records.items():
        own = np.asarray(by_image.get(name, np.zeros(0, np.int64)))
        try:
            with open_image(results / record["outputs"][0]) as labels:
                parts = _parts(nuclei, own, labels.shape[2])
                for z, there in parts.items():
                    size, depth[there] = _position(labels, z, nuclei, there, record, closing)
                    rows.append((name, z or 0, len(there), size))
        except NuclariumError as error:
            unreadable.append((name, str(error)))
            parts = _parts(nuclei, own, 1)
            rows += [(name, z or 0, len(there), np.nan) for z, there in parts.items()]
        advance(1)
    if unreadable:
        nuclei.remarks.append(
            f"The position of nuclei in the colony is not known in {len(unreadable)} images, such "
            f"as {unreadable[0][0]}: {unreadable[0][1]}"
        )
    nuclei.table[f"distance_to_colony_edge_{nuclei.suffix}"] = depth
    return Planes(pd.DataFrame(rows, columns=["image", "z", "nuclei", "colony"]))


def _parts(nuclei: Nuclei, own: Ints, slices: int) -> dict[int | None, Ints]:
    """Return the nuclei of each plane of an image; all of a stack whose slices were joined."""
    if nuclei.is_joined:
        return {None: own}
    if "z" not in nuclei.table:
        return {0: own}
    planes = nuclei.table["z"].to_numpy()[own]
    every = range(slices) if slices > 1 else np.unique(planes).tolist() or [0]
    return {int(z): own[planes == z] for z in every}


def _position(
    labels: Image,
    z: int | None,
    nuclei: Nuclei,
    rows: Ints,
    record: Mapping[str, Any],
    closing: float | None,
) -> tuple[float, Floats]:
    """Return the size of the colony of a plane or stack, and the depth of its nuclei."""
    spacing = _spacing(record, labels.spacing)
    if z is None and spacing is not None and spacing.z is None:
        raise SettingsError("The distance of slices must be known, but the file does not say it.")
    planes = range(labels.shape[2]) if z is None else [min(z, labels.shape[2] - 1)]
    factor = _reduction(labels.plane_shape, spacing, closing, is_stack=z is None)
    size = tuple(max(1, round(n / factor)) for n in labels.plane_shape)
    small = np.stack([_read_small(labels, plane, (size[0], size[1])) for plane in planes])
    steps = np.array(labels.plane_shape) / size
    radius = closing
    if spacing is not None:
        reduced = replace(spacing, y=spacing.y * steps[0], x=spacing.x * steps[1])
    else:  # lengths are in pixels of the image, of which one here may be several
        reduced, radius = Spacing(steps[0], steps[1], z=1.0), _radius(closing, None)
    colony = find_colony(small if z is None else small[0], reduced, radius)
    axes = "zyx" if z is None else "yx"
    places = nuclei.table[[f"centroid_{axis}_px" for axis in axes]].to_numpy(np.float64)[rows]
    places[:, -2:] = (places[:, -2:] + 0.5) / steps - 0.5
    return colony.size, colony.depth_at(places)


def _spacing(record: Mapping[str, Any], found: Spacing | None) -> Spacing | None:
    given = record["image"]["spacing_um"]
    if not given:
        return found
    return Spacing(given["y"], given["x"], z=given.get("z") or (found.z if found else None))


def _reduction(
    shape: tuple[int, int], spacing: Spacing | None, closing: float | None, *, is_stack: bool
) -> float:
    """Return how much smaller a plane is taken: no finer than the result can show.

    That is 2,048 px, a twentieth of the closing disc, and in a stack about the distance of slices.
    """
    closing = _radius(closing, spacing)
    finest = closing / _PIXELS_OF_RADIUS / (min(spacing.y, spacing.x) if spacing else 1.0)
    cubes = spacing.z / spacing.y if is_stack and spacing and spacing.z else 1.0
    return max(1.0, max(shape) / LARGEST_SIDE, finest, cubes)


def _radius(closing: float | None, spacing: Spacing | None) -> float:
    return closing if closing is not None else CLOSING_UM if spacing else CLOSING_PX


def _read_small(labels: Image, z: int, size: tuple[int, int]) -> Labels:
    def read(window: Box) -> Labels:
        return np.asarray(labels.read(window, z=z)).astype(np.int32)

    shape = labels.plane_shape
    return read(Box.of_shape(shape)) if size == shape else read_labels_small(read, shape, size)


def recount_neighbours(nuclei: Nuclei, radius: float) -> None:
    """Count the neighbours within another radius than the table has."""
    suffix = nuclei.suffix
    table = nuclei.table
    planes = [table["image"], table["z"]] if "z" in table else [table["image"]]
    axes = "zyx" if nuclei.is_joined else "yx"
    points = table[[f"centroid_{axis}_{suffix}" for axis in axes]].to_numpy(np.float64)
    count = np.zeros(len(table), np.int64)
    for rows in table.groupby(planes, sort=False).indices.values():
        count[rows] = neighbours_within(points[rows], radius)
    old = [name for name in table if str(name).startswith("neighbours_within_")]
    for name in old:
        del table[name]
    table[f"neighbours_within_{radius:g}_{suffix}"] = count


def features_of_groups(
    planes: Planes, design: Design, of_image: pd.Series[int], nuclei: Nuclei
) -> Columns:
    """Compute what a group has once, over all its planes or stacks.

    Returns
    -------
    columns : dict of ndarray, shape (G,)
        ``nuclei_per_plane`` (or stack); ``colony_area`` of a plane (or volume of a stack); and
        ``nuclei_density``: nuclei over the size of the colony, per mm² or mm³ where the spacing is
        known, and per million pixels elsewhere.
    """
    table, count = planes.table, len(design.groups)
    group = of_image.loc[table["image"]].to_numpy()
    number = np.bincount(group, minlength=count).astype(np.float64)
    found = np.bincount(group, table["nuclei"], count)
    size = np.bincount(group, table["colony"], count)
    power = 3 if nuclei.is_joined else 2
    is_um = nuclei.suffix == "um"
    thing, extent = ("stack", "volume") if nuclei.is_joined else ("plane", "area")
    unit, per = (f"um{power}", f"mm{power}") if is_um else ("px", "mpx")
    with np.errstate(divide="ignore", invalid="ignore"):
        density = np.where(size > 0, found / size, np.nan)
        return {
            f"nuclei_per_{thing}": found / number,
            f"colony_{extent}_{unit}": size / number,
            f"nuclei_density_per_{per}": density * (1000.0**power if is_um else 1e6),
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
    for ending in ("_um3", "_um2", "_um", "_px", "_rad", "_per_mm3", "_per_mm2", "_per_mpx"):
        if column.endswith(ending):
            return column.removesuffix(ending)
    return column
