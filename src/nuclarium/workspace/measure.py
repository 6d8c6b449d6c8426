"""Measure anybody's labels: from two files to a table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from nuclarium.core.errors import SettingsError
from nuclarium.core.geometry import Box
from nuclarium.core.labels import Labels
from nuclarium.io import open_image
from nuclarium.io.write import write_table
from nuclarium.measurement import measure_windows
from nuclarium.preprocess.planes import select_planes
from nuclarium.preprocess.slices import count_planes
from nuclarium.workspace.settings import SegmentSettings


def measure_files(
    labels_path: Path,
    image_path: Path,
    *,
    z: str = "max",
    t: int = 0,
    spacing_um: float | None = None,
    out: Path | None = None,
) -> pd.DataFrame:
    """Measure the nuclei of a label image, whoever made it.

    Parameters
    ----------
    labels_path : Path
        Label image: 0 is background, every nucleus has its own number.
    image_path : Path
        Its image; the spacing is taken from here, or else from the labels.
    z : str
        How a stack of pixels becomes the plane of the labels: ``max``, ``best`` or a slice. Labels
        that have every slice are measured slice by slice.
    t : int
        Time point of the image.
    spacing_um : float, optional
        Side of a pixel where the files do not say it.
    out : Path, optional
        Table to write, ``.csv`` or ``.parquet``.

    Raises
    ------
    SettingsError
        If the two do not belong together, or the labels are no label image.
    """
    with open_image(labels_path) as found, open_image(image_path) as image:
        spacing = SegmentSettings(spacing_um=spacing_um).spacing_of(image.spacing or found.spacing)
        slices = found.shape[2]
        if slices not in (1, image.shape[2]):
            raise SettingsError(
                f"{labels_path} must have one plane or the {image.shape[2]} of {image_path.name}, "
                f"but has {slices}."
            )
        if slices == 1 and count_planes(z, image.shape[2], image_path.name) > 1:
            raise SettingsError(
                f"z must be max, best or a slice for labels of one plane, but got {z} for the "
                f"{image.shape[2]} slices of {image_path.name}."
            )
        tables = []
        for index, plane in enumerate(select_planes(image, z if slices == 1 else "each", t=t)):

            def read(window: Box, index: int = index) -> Labels:
                return np.asarray(found.read(window, z=index))

            try:
                table = measure_windows(read, found.plane_shape, plane.image, spacing=spacing)
            except ValueError as error:
                raise SettingsError(f"{labels_path.name}: {error}") from error
            if slices > 1:
                table.insert(1, "z", np.full(len(table), index))
            tables.append(table)
    whole = tables[0] if len(tables) == 1 else pd.concat(tables, ignore_index=True)
    if out is not None:
        write_table(out, whole)
    return whole
