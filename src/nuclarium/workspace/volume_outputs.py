"""What is written for a stack whose slices were joined: label stack, outlines, table, overlay."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from nuclarium.core.geometry import Box, Spacing
from nuclarium.core.labels import Labels
from nuclarium.core.outlines import Outline, iter_outlines
from nuclarium.io.interchange.geojson import write_geojson
from nuclarium.io.interchange.imagej_roi import write_imagej_rois
from nuclarium.io.write import write_label_stack, write_table
from nuclarium.measurement.channels import iter_planes, select_channels
from nuclarium.measurement.volume import StackSlice, measure_volumes
from nuclarium.predict.segment import Selection, shown_image
from nuclarium.predict.stack import StackLabels
from nuclarium.preprocess.planes import Plane
from nuclarium.report.figures import Rgb, write_png
from nuclarium.report.volume_figures import ShownSlice, volume_overview
from nuclarium.workspace.layout import ResultPaths

MOST_ROIS = 65_000


def write_volume_outputs(
    found: StackLabels, selection: Selection, paths: ResultPaths
) -> tuple[pd.DataFrame, list[Path]]:
    """Write everything for one stack, slice by slice.

    Parameters
    ----------
    found : StackLabels
    selection : Selection
        Its planes are the slices.
    paths : ResultPaths

    Returns
    -------
    table : DataFrame
        One row a nucleus in three dimensions.
    written : list of Path
        Files, in the order in which they are named to the user.
    """
    labels = paths.labels(is_large=False)
    spacing = selection.planes[0].image.spacing
    write_label_stack(labels, found.iter_slices(), found.shape, spacing)
    table = volume_table(found.iter_slices(), selection.planes, found.count, spacing)
    table["score"] = found.score[table["label"] - 1]
    for suffix in (".csv", ".parquet"):
        write_table(paths.table(suffix), table)
    _write_outlines(found, paths, int(table["n_slices"].sum()))
    write_png(paths.overlay, _overview(found, selection, table))
    written = [labels, paths.outlines, paths.rois, paths.table(".csv"), paths.table(".parquet")]
    return table, [path for path in [*written, paths.overlay] if path.exists()]


def volume_table(
    slices: Iterator[Labels], planes: Sequence[Plane], count: int, spacing: Spacing | None
) -> pd.DataFrame:
    """Measure the nuclei of a stack in all channels."""
    channels = select_channels(planes[0].image, None)
    parts = (
        StackSlice(labels, iter_planes(plane.image, channels, z=0, t=0))
        for labels, plane in zip(slices, planes, strict=True)
    )
    names = [channel.name for channel in channels]
    return measure_volumes(parts, count, spacing, channels=names)


def _write_outlines(found: StackLabels, paths: ResultPaths, n_sections: int) -> None:
    """Write the outline of every nucleus in every slice that it is in."""
    if n_sections > MOST_ROIS:
        write_geojson(paths.outlines, _outlines(found))
        return
    outlines = list(_outlines(found))
    write_geojson(paths.outlines, outlines)
    write_imagej_rois(paths.rois, outlines)


def _outlines(found: StackLabels) -> Iterator[Outline]:
    for z, labels in enumerate(found.iter_slices()):
        yield from iter_outlines(np.asarray(labels), z=z)


def _overview(found: StackLabels, selection: Selection, table: pd.DataFrame) -> Rgb:
    """Picture of some slices, and of the cut through most nuclei."""

    def read(z: int, window: Box) -> Labels:
        return np.asarray(found.read(z)[window.slices])

    shown = [
        ShownSlice(shown_image(plane, selection.channel), functools.partial(read, z))
        for z, plane in enumerate(selection.planes)
    ]
    spacing = selection.planes[0].image.spacing
    stretch = spacing.z / spacing.x if spacing and spacing.z else 1.0
    return volume_overview(shown, row=fullest_row(table, found.shape[1]), stretch=stretch)


def fullest_row(table: pd.DataFrame, height: int) -> int:
    """Row that most nuclei are in, by their boxes, the first of several; the middle without any."""
    if len(table) == 0:
        return height // 2
    change = np.bincount(table["bbox_y0_px"], minlength=height + 1)
    change -= np.bincount(table["bbox_y1_px"], minlength=height + 1)
    return int(np.argmax(np.cumsum(change)))
