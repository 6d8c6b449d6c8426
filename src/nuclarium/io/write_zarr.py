"""Write the labels of planes of any size as OME-Zarr 0.5, tile by tile, with a pyramid."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import zarr
from zarr.codecs import ZstdCodec

from nuclarium.core.errors import OutputError
from nuclarium.core.geometry import Box, Spacing, iter_boxes
from nuclarium.core.labels import Labels
from nuclarium.io.write import written_whole

CHUNK = 1024
"""Side of a chunk in pixels; tiles that start at multiples of it are written fastest."""

_SMALLEST_LEVEL = 1024


class LabelsZarrWriter:
    """Label image that grows tile by tile and appears under its name when it is complete.

    Levels of the pyramid are made on leaving the ``with`` block: every second pixel of every second
    row, so that no label is ever mixed with another. On an error nothing is left.

    Parameters
    ----------
    path : Path
        Folder to write, usually ending in ``.ome.zarr``.
    shape : (height, width)
        Size of the plane.
    spacing : Spacing, optional
        Size of a pixel; without it the axes have no unit.
    name : str
        Name of the image in the file.

    Examples
    --------
    >>> with LabelsZarrWriter(path, (90_000, 70_000), spacing) as writer:  # doctest: +SKIP
    ...     for box, labels in tiles:
    ...         writer.write(box, labels)
    """

    def __init__(
        self,
        path: Path,
        shape: tuple[int, int],
        spacing: Spacing | None = None,
        *,
        name: str = "nuclei",
    ) -> None:
        if min(shape) < 1:
            raise ValueError(f"shape must be positive, but got {shape}.")
        self._shape = shape
        self._spacing = spacing
        self._name = name
        self._whole = written_whole(path)

    def __enter__(self) -> Self:
        self._part = self._whole.__enter__()
        try:
            self._group = zarr.create_group(store=self._part, zarr_format=3)
            self._full = _new_level(self._group, 0, self._shape)
        except BaseException as error:
            self._whole.__exit__(type(error), error, error.__traceback__)
            raise
        return self

    def write(self, box: Box, labels: Labels) -> None:
        """Write the labels of one tile; tiles may come in any order, and what is missing is 0.

        Parameters
        ----------
        box : Box
            Where the tile lies, inside the plane.
        labels : ndarray of an integer type, shape of the box
        """
        if box.intersection(Box.of_shape(self._shape)) != box or labels.shape != box.shape:
            raise ValueError(
                f"labels must fill a box inside {self._shape}, but got shape {labels.shape} for "
                f"{box}."
            )
        self._full[box.slices] = labels.astype(np.int32, copy=False)

    def read(self, box: Box) -> Labels:
        """Read back what was written in a box, for example to walk the plane with `LabelReader`."""
        labels: Labels = np.asarray(self._full[box.slices])
        return labels

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            try:
                self._finish()
            except BaseException as failure:
                self._whole.__exit__(type(failure), failure, failure.__traceback__)
                raise
        self._whole.__exit__(kind, error, trace)

    def _finish(self) -> None:
        levels = [self._full]
        while max(levels[-1].shape) > _SMALLEST_LEVEL:
            levels.append(_add_level(self._group, levels[-1], len(levels)))
        self._group.attrs["ome"] = _metadata(len(levels), self._spacing, self._name)


def write_labels_zarr(
    path: Path,
    shape: tuple[int, int],
    tiles: Iterable[tuple[Box, Labels]],
    spacing: Spacing | None = None,
    *,
    name: str = "nuclei",
) -> None:
    """Write the labels of a plane, tile by tile; see `LabelsZarrWriter`."""
    with LabelsZarrWriter(path, shape, spacing, name=name) as writer:
        for box, labels in tiles:
            writer.write(box, labels)


class LabelsZarr:
    """Label image on disk, read window by window; made for `label_boxes` and `iter_owned_windows`.

    Parameters
    ----------
    path : Path
        Folder that `LabelsZarrWriter` wrote.
    """

    def __init__(self, path: Path) -> None:
        try:
            array = zarr.open_array(path / "0", mode="r")
        except (OSError, ValueError) as error:
            raise OutputError(
                f"{path} must be a label image in OME-Zarr, but it cannot be opened: {error}. "
                "Run the segmentation again."
            ) from error
        self._path = path
        self._array = array
        self.shape: tuple[int, int] = array.shape[0], array.shape[1]

    def __call__(self, box: Box) -> Labels:
        """Give the labels of a window, shape (H, W)."""
        labels: Labels = np.asarray(self._array[box.slices], np.int32)
        return labels

    def reduced(self, size: tuple[int, int]) -> Labels:
        """Return the smallest level of the pyramid that is at least of this size, whole."""
        array, level = self._array, 1
        while (self._path / str(level)).is_dir():
            smaller = zarr.open_array(self._path / str(level), mode="r")
            if smaller.shape[0] < size[0] or smaller.shape[1] < size[1]:
                break
            array, level = smaller, level + 1
        labels: Labels = np.asarray(array[:], np.int32)
        return labels


def _new_level(group: Any, level: int, shape: tuple[int, ...]) -> Any:
    return group.create_array(
        str(level),
        shape=shape,
        chunks=tuple(min(CHUNK, side) for side in shape),
        dtype="int32",
        fill_value=0,
        compressors=[ZstdCodec(level=3)],
        dimension_names=["y", "x"],
        config={"write_empty_chunks": False},
    )


def _add_level(group: Any, above: Any, level: int) -> Any:
    """Make the next smaller level; one chunk of it is in memory at a time."""
    height, width = ((side + 1) // 2 for side in above.shape)
    below = _new_level(group, level, (height, width))
    for box in iter_boxes((height, width), CHUNK):
        source: npt.NDArray[np.int32] = above[2 * box.y0 : 2 * box.y1, 2 * box.x0 : 2 * box.x1]
        below[box.slices] = source[::2, ::2]
    return below


def _metadata(n_levels: int, spacing: Spacing | None, name: str) -> dict[str, Any]:
    """Return the attributes of OME-Zarr 0.5 for a label image."""
    unit = {} if spacing is None else {"unit": "micrometer"}
    y, x = (1.0, 1.0) if spacing is None else (spacing.y, spacing.x)
    datasets = [
        {
            "path": str(level),
            "coordinateTransformations": [
                {"type": "scale", "scale": [y * 2**level, x * 2**level]},
            ],
        }
        for level in range(n_levels)
    ]
    multiscale = {
        "name": name,
        "type": "nearest",
        "axes": [{"name": axis, "type": "space", **unit} for axis in "yx"],
        "datasets": datasets,
    }
    return {"version": "0.5", "multiscales": [multiscale], "image-label": {}}
