"""What is written for one image: labels, outlines, table and overlay, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from nuclarium.core.labels import iter_owned_windows, label_boxes
from nuclarium.core.outlines import Outline, iter_outlines
from nuclarium.io.interchange.geojson import write_geojson
from nuclarium.io.interchange.imagej_roi import write_imagej_rois
from nuclarium.io.write import write_labels, write_table
from nuclarium.measurement import measure_windows
from nuclarium.measurement.channels import Channel
from nuclarium.predict.plane import PlaneLabels
from nuclarium.predict.segment import shown_image
from nuclarium.preprocess.planes import Plane
from nuclarium.report.figures import overlay_of, write_png
from nuclarium.workspace.layout import ResultPaths

LARGE_PIXELS = 2**26
MOST_ROIS = 65_000


@dataclass(frozen=True)
class PlaneResult:
    """A plane and the labels that were found in it."""

    plane: Plane
    labels: PlaneLabels


def is_large(shape: tuple[int, int]) -> bool:
    """Whether labels of a plane go to OME-Zarr, tile by tile, rather than to one TIFF."""
    return shape[0] * shape[1] > LARGE_PIXELS


def write_outputs(
    results: Sequence[PlaneResult], paths: ResultPaths, channel: Channel | None, workers: int
) -> tuple[pd.DataFrame, list[Path]]:
    """Write everything for one image.

    Parameters
    ----------
    results : sequence of PlaneResult
        One, or one a slice.
    paths : ResultPaths
    channel : Channel or None
        What the overlay shows; None for all colours.
    workers : int
        Things written at once.

    Returns
    -------
    table : DataFrame
        One row a nucleus.
    written : list of Path
        Files, in the order in which they are named to the user.
    """
    first = results[0]
    large = is_large(first.labels.shape)
    labels = paths.labels(is_large=large)
    shown = shown_image(first.plane, channel)
    jobs: list[Callable[[], object]] = [
        lambda: _write_labels(results, labels, large=large),
        lambda: _write_outlines(results, paths),
        lambda: write_png(paths.overlay, overlay_of(shown, first.labels.read)),
    ]
    with ThreadPoolExecutor(workers) as pool:
        running = [pool.submit(job) for job in jobs]
        table = table_of(results)
        for suffix in (".csv", ".parquet"):
            write_table(paths.table(suffix), table)
        for future in running:
            future.result()
    written = [labels, paths.outlines, paths.rois, paths.table(".csv"), paths.table(".parquet")]
    return table, [path for path in [*written, paths.overlay] if path.exists()]


def table_of(results: Sequence[PlaneResult]) -> pd.DataFrame:
    """Measure all planes; slices of a stack are told apart by the column ``z``."""
    tables = []
    for result in results:
        found = result.labels
        table = measure_windows(
            found.read, found.shape, result.plane.image, tile_size=found.tile_size
        )
        table["score"] = found.nuclei.score
        if len(results) > 1:
            table.insert(1, "z", np.full(len(table), result.plane.first_z))
        tables.append(table)
    return tables[0] if len(tables) == 1 else pd.concat(tables, ignore_index=True)


def _write_labels(results: Sequence[PlaneResult], path: Path, *, large: bool) -> None:
    first = results[0]
    spacing = first.plane.image.spacing
    if large:
        from nuclarium.io.write_zarr import write_labels_zarr  # zarr takes long to import

        tiles = first.labels.iter_tiles()
        write_labels_zarr(path, first.labels.shape, tiles, spacing, name=path.name)
        return
    planes = [result.labels.to_array() for result in results]
    write_labels(path, planes[0] if len(planes) == 1 else np.stack(planes), spacing)


def _write_outlines(results: Sequence[PlaneResult], paths: ResultPaths) -> None:
    count = sum(result.labels.count for result in results)
    if count > MOST_ROIS:
        write_geojson(paths.outlines, _outlines(results))
        return
    outlines = list(_outlines(results))
    write_geojson(paths.outlines, outlines)
    write_imagej_rois(paths.rois, outlines)


def _outlines(results: Sequence[PlaneResult]) -> Iterator[Outline]:
    for result in results:
        z = result.plane.first_z if len(results) > 1 else None
        found = result.labels
        boxes = label_boxes(found.read, found.shape, tile_size=found.tile_size)
        windows = iter_owned_windows(found.read, boxes, found.shape, tile_size=found.tile_size)
        for window, labels in windows:
            yield from iter_outlines(labels, offset=(window.y0, window.x0), z=z)
