"""The table of measurements: one row a nucleus, units in the column names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.core.geometry import Box, Spacing
from nuclarium.core.image import Image
from nuclarium.core.labels import LabelReader, Labels, as_labels, iter_owned_windows, label_boxes
from nuclarium.measurement.channels import iter_planes, select_channels
from nuclarium.measurement.plane import empty_columns, finished_table, measure_plane


def measure(
    labels: npt.ArrayLike,
    image: Image | None = None,
    *,
    spacing: Spacing | None = None,
    channels: Sequence[int | str] | None = None,
    z: int | None = None,
    t: int = 0,
    neighbour_radius: float | None = None,
) -> pd.DataFrame:
    """Measure every nucleus of a label image.

    Parameters
    ----------
    labels : array_like of int, shape (H, W) or (Z, H, W)
        0 is background; other numbers need not be consecutive. The planes of a stack are measured
        one by one.
    image : Image, optional
        Pixels for the intensities, of the same size; without it there are none.
    spacing : Spacing, optional
        Size of a pixel; the image's own where left out. Where neither is known, the table is in
        pixels.
    channels : sequence of int or str, optional
        Which channels to measure, by index or name; all when left out. Colour images have
        ``red``, ``green`` and ``blue``.
    z : int, optional
        Plane of the image that belongs to labels of shape (H, W); needed for stacks only.
    t : int
        Time point of the image.
    neighbour_radius : float, optional
        Within which neighbours are counted, in µm, or in pixels where the spacing is not known;
        50 µm or 100 pixels when left out.

    Returns
    -------
    table : pandas.DataFrame
        One row a nucleus in the order of (plane and) label; columns as in `CATALOGUE`. No nuclei
        give the same columns without rows.

    Raises
    ------
    ValueError
        If `labels` are no label image, or `image` has another size.

    Examples
    --------
    >>> table = measure(np.array([[7, 7, 0], [7, 7, 0]]), spacing=Spacing(y=0.5, x=0.5))
    >>> table[["label", "centroid_y_px", "area_um2"]].to_dict("list")
    {'label': [7], 'centroid_y_px': [0.5], 'area_um2': [1.0]}
    """
    checked = as_labels(labels)
    _check_size(checked.shape, image, z)
    chosen = select_channels(image, channels)
    names = [channel.name for channel in chosen]
    spacing = spacing or (image.spacing if image else None)

    def measured(plane: Labels, z: int) -> pd.DataFrame:
        size = (plane.shape[0], plane.shape[1])
        pixels = iter_planes(image, chosen, z=z, t=t)
        columns = measure_plane(plane, Box.of_shape(size), size, pixels, spacing)
        return finished_table(columns, names, spacing, neighbour_radius)

    if checked.ndim == 2:
        return measured(checked, z or 0)
    tables = [measured(plane, index) for index, plane in enumerate(checked)]
    for index, table in enumerate(tables):
        table.insert(1, "z", np.full(len(table), index))
    return pd.concat(tables, ignore_index=True)


def measure_windows(
    read_labels: LabelReader,
    shape: tuple[int, int],
    image: Image | None = None,
    *,
    spacing: Spacing | None = None,
    channels: Sequence[int | str] | None = None,
    z: int | None = None,
    t: int = 0,
    neighbour_radius: float | None = None,
    tile_size: int = 2048,
) -> pd.DataFrame:
    """Measure every nucleus of a plane that is larger than memory.

    Each nucleus is read whole, in one window; memory is that of a window and of the table.

    Parameters
    ----------
    read_labels : callable
        Gives the labels of a window.
    shape : (height, width)
        Size of the plane.
    tile_size : int
        Side of the windows in pixels; the table does not depend on it.
    image, spacing, channels, z, t, neighbour_radius
        As for `measure`.

    Returns
    -------
    table : pandas.DataFrame
        The table that `measure` gives for the whole plane.
    """
    _check_size(shape, image, z)
    chosen = select_channels(image, channels)
    names = [channel.name for channel in chosen]
    spacing = spacing or (image.spacing if image else None)

    def read(window: Box) -> Labels:
        return as_labels(read_labels(window))

    boxes = label_boxes(read, shape, tile_size=tile_size)
    parts = [empty_columns(names, spacing)]
    for window, owned in iter_owned_windows(read, boxes, shape, tile_size=tile_size):
        pixels = iter_planes(image, chosen, z=z or 0, t=t, window=window)
        parts.append(measure_plane(owned, window, shape, pixels, spacing))
    order = np.argsort(np.concatenate([part["label"] for part in parts]), kind="stable")
    columns = {key: np.concatenate([part[key] for part in parts])[order] for key in parts[0]}
    return finished_table(columns, names, spacing, neighbour_radius)


def _check_size(shape: tuple[int, ...], image: Image | None, z: int | None) -> None:
    if image is None:
        return
    if shape[-2:] != image.plane_shape:
        raise ValueError(
            f"labels must have the size of the image, {image.plane_shape}, but got {shape[-2:]}. "
            "Give the labels of this image at full resolution."
        )
    depth = image.shape[2]
    if len(shape) == 3 and shape[0] != depth:
        raise ValueError(
            f"labels must have the {depth} planes of the image, but got {shape[0]}. "
            "Give one label plane for each plane of the image."
        )
    if len(shape) == 2 and depth > 1 and z is None:
        raise ValueError(
            f"z must be given for an image of {depth} planes and labels of shape {shape}. "
            f"Say which plane they belong to, 0..{depth - 1}."
        )
