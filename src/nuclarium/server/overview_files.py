"""Overviews of large planes on disk: small pyramids that were read once, within one bound."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tifffile

from nuclarium.core.geometry import iter_boxes
from nuclarium.core.image import Image
from nuclarium.io import open_image
from nuclarium.io.write import written_whole
from nuclarium.server.open_images import OpenImages
from nuclarium.server.shelf import ShelfImage
from nuclarium.server.tile_grid import TILE, PlanePlace
from nuclarium.server.tile_reading import Pixels, mean_reduced

MOST_BYTES = 2 << 30
"""Of all overviews of a project together; those that were looked at longest ago go."""
_VERSION = 1
_MOST_OPEN = 8
_BUFFER = 4 << 20
_PIECE = 512


class OverviewFolder:
    """Overviews by the hash of the image's file; each is whole or absent, and may be deleted.

    Parameters
    ----------
    folder : Path
        Made when the first is kept.
    most_bytes : int
        Of all together, beside the one that is kept last.
    """

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self.folder, self._most_bytes = folder, most_bytes
        self._open = OpenImages(_MOST_OPEN)

    def path(self, there: ShelfImage, place: PlanePlace, level: int) -> Path:
        """Return where the overview of a plane lies, which begins with a level."""
        said = f"{_VERSION} {there.raw.sha256} {there.raw.scene} {place!r} {level}"
        return self.folder / f"{hashlib.sha256(said.encode()).hexdigest()[:40]}.tif"

    def has(self, path: Path) -> bool:
        """Whether an overview is there."""
        return path.is_file()

    @contextmanager
    def opened(self, path: Path) -> Iterator[Image]:
        """Give an overview open, and note that it was looked at."""

        def first() -> Image:
            with suppress(OSError):
                os.utime(path)
            return open_image(path)

        with self._open.opened(path, first) as image:
            yield image

    def keep(self, path: Path, plane: Pixels) -> None:
        """Write an overview, and let go of others where it is needed.

        Raises
        ------
        OutputError
            If the project cannot be written or the disk is full.
        """
        with written_whole(path) as part:
            write_pyramid(part, plane)
        self._make_room(path)

    def close(self) -> None:
        """Close all files."""
        self._open.close()

    def _make_room(self, newest: Path) -> None:
        found = []
        for path in self.folder.glob("*.tif"):
            with suppress(OSError):
                stat = path.stat()
                found.append((path != newest, -stat.st_mtime, stat.st_size, path))
        held = 0
        for is_old, _, size, path in sorted(found):
            held += size
            if is_old and held > self._most_bytes:
                with suppress(OSError):  # somebody may hold it; the next one tries again
                    path.unlink()
                    held -= size


def write_pyramid(path: Path, plane: npt.NDArray[np.generic]) -> None:
    """Write a plane without loss, with half, a quarter … of it down to one tile."""
    halves = 0
    while max(plane.shape[:2]) >> halves > TILE:
        halves += 1
    options = {
        "photometric": "rgb" if plane.ndim == 3 else "minisblack",
        "compression": "zlib",
        "compressionargs": {"level": 3},
        "predictor": plane.dtype.kind in "ui",
        "tile": (TILE, TILE),
        "metadata": None,
        "buffersize": _BUFFER,
        "maxworkers": 1,
    }
    with tifffile.TiffWriter(path) as tif:
        tif.write(plane, subifds=halves, **options)
        for _ in range(halves):
            plane = _half(plane)
            tif.write(plane, subfiletype=1, **options)


def _half(plane: Pixels) -> Pixels:
    """Return half of a plane, piece by piece: an odd side is reduced by way of larger numbers."""
    shape = -(-plane.shape[0] // 2), -(-plane.shape[1] // 2)
    half = np.empty((*shape, *plane.shape[2:]), plane.dtype)
    for box in iter_boxes(shape, _PIECE):
        below = plane[2 * box.y0 : 2 * box.y1, 2 * box.x0 : 2 * box.x1]
        half[box.slices] = mean_reduced(below, 2)
    return half
