"""Windows of TIFF pages: reads and decodes only the strips or tiles that a window touches."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import UnreadableImageError
from nuclarium.core.geometry import Box
from nuclarium.io.checks import check_plane, check_segment
from nuclarium.io.scenes import PlaneOrder
from nuclarium.io.segments import check_decoded_size
from nuclarium.io.tiff_samples import Samples, rgb_of_ycbcr

Pixels = npt.NDArray[Any]


@dataclass(frozen=True)
class PageGrid:
    """Strips or tiles of the pages of one level; pages of a level share their keyframe."""

    keyframe: Any
    pages: tuple[Any, ...]
    contiguous_from: int | None

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of a page."""
        return self.keyframe.imagelength, self.keyframe.imagewidth

    @property
    def segment_shape(self) -> tuple[int, int]:
        """Height and width of a strip or tile."""
        if self.keyframe.is_tiled:
            return self.keyframe.tilelength, self.keyframe.tilewidth
        return min(self.keyframe.rowsperstrip, self.shape[0]), self.shape[1]

    @property
    def grid(self) -> tuple[int, int]:
        """Number of rows and columns of segments in one plane."""
        (height, width), (rows, columns) = self.shape, self.segment_shape
        return -(-height // rows), -(-width // columns)

    @property
    def samples(self) -> int:
        """Samples that are stored next to each other in a segment."""
        return 1 if self.keyframe.planarconfig == 2 else self.keyframe.samplesperpixel

    @property
    def is_raw(self) -> bool:
        """Whether rows can be read without decoding a whole strip."""
        key = self.keyframe
        plain = key.compression == 1 and key.predictor == 1 and key.fillorder == 1
        return plain and not key.is_tiled and key.bitspersample in (8, 16, 32, 64)

    @property
    def row_bytes(self) -> int:
        """Bytes of a row of an unpacked strip."""
        return int(self.shape[1] * self.samples * self.keyframe.dtype.itemsize)

    @property
    def page_bytes(self) -> int:
        """Bytes of a page that is stored unpacked."""
        return int(self.shape[0] * self.shape[1] * self.keyframe.samplesperpixel) * int(
            self.keyframe.dtype.itemsize
        )

    def check(self, planes: int, name: str) -> None:
        """Refuse pages whose header and segments contradict each other or the size of the file."""
        check_plane(*self.shape, planes, name)
        key = self.keyframe
        if key.imagedepth != 1:
            raise ValueError(f"pages of depth {key.imagedepth} are not supported")
        if min(self.segment_shape) < 1:
            raise ValueError(f"strips or tiles of {self.segment_shape} pixels")
        if not self.is_raw:
            check_segment(math.prod(self.segment_shape) * self.samples * key.dtype.itemsize, name)
        if self.contiguous_from is not None:
            _check_end(self.contiguous_from + planes * self.page_bytes, key, name)
            return
        expected = math.prod(self.grid) * (key.samplesperpixel if self.samples == 1 else 1)
        for page in self.pages:
            if page is not None:
                _check_segments(page, expected, self.is_raw, name)


@dataclass
class TiffPixels:
    """Planes of one series of a TIFF file, at every level of its pyramid.

    Parameters
    ----------
    tif : tifffile.TiffFile
        Closed by `close`.
    levels : tuple of PageGrid
        The pyramid, largest first.
    order : PlaneOrder
        How pages follow each other.
    samples : Samples
        What is taken of a pixel; of samples that are channels, one is chosen by c.
    """

    tif: Any
    levels: tuple[PageGrid, ...]
    order: PlaneOrder
    samples: Samples
    name: str
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def read(self, window: Box, *, t: int, c: int, z: int, level: int) -> Pixels:
        """Return the pixels of the window, shape (H, W) or (H, W, 3)."""
        take = self.samples.take
        if self.samples.are_channels:
            c, sample = divmod(c, len(take))
            take = take[sample : sample + 1]
        grid = self.levels[level]
        index = self.order.index(t=t, c=c, z=z)
        if grid.contiguous_from is None and grid.pages[index] is None:
            raise UnreadableImageError(
                f"{self.name} has no plane for T={t}, C={c}, Z={z}: its metadata promise more "
                "planes than were written. Leave this plane out, or copy all files of the set."
            )
        pixels = self._read_page(grid, index, window, take)
        if self.samples.lookup is not None:
            return self.samples.lookup[pixels[..., 0]]
        if self.samples.is_ycbcr:
            return rgb_of_ycbcr(pixels)
        return pixels if len(take) > 1 else pixels[..., 0]

    def close(self) -> None:
        """Close the file and those of its set."""
        self.tif.close()

    def _read_page(self, grid: PageGrid, index: int, window: Box, take: tuple[int, ...]) -> Pixels:
        shape = (*window.shape, len(take))
        pixels = np.full(shape, grid.keyframe.nodata or 0, grid.keyframe.dtype)
        if grid.samples > 1 or grid.keyframe.samplesperpixel == 1:
            self._fill(grid, index, window, pixels, plane=0, take=take)
        else:
            for i, sample in enumerate(take):
                self._fill(grid, index, window, pixels[..., i : i + 1], plane=sample, take=(0,))
        return pixels

    def _fill(
        self,
        grid: PageGrid,
        index: int,
        window: Box,
        pixels: Pixels,
        *,
        plane: int,
        take: tuple[int, ...],
    ) -> None:
        rows, columns = grid.segment_shape
        across = range(window.x0 // columns, -(-window.x1 // columns))
        for row, column in product(range(window.y0 // rows, -(-window.y1 // rows)), across):
            box = Box(row * rows, column * columns, (row + 1) * rows, (column + 1) * columns)
            part = box.intersection(window)
            segment = plane * math.prod(grid.grid) + row * grid.grid[1] + column
            inside = part.shifted(-box.y0, -box.x0)
            if grid.is_raw:
                found = self._raw_rows(grid, index, segment, plane, part, inside)
            else:
                found = self._decoded(grid, index, segment, inside)
            if found is not None:
                target = part.shifted(-window.y0, -window.x0)
                pixels[target.slices] = found[..., list(take)]

    def _raw_rows(
        self, grid: PageGrid, index: int, segment: int, plane: int, part: Box, inside: Box
    ) -> Pixels | None:
        if grid.contiguous_from is None:
            page = grid.pages[index]
            offset = page.dataoffsets[segment] + inside.y0 * grid.row_bytes
            if page.databytecounts[segment] == 0:
                return None
        else:
            page = grid.keyframe
            before = plane * grid.shape[0] + part.y0
            offset = grid.contiguous_from + index * grid.page_bytes + before * grid.row_bytes
        data = self._bytes(page, offset, inside.shape[0] * grid.row_bytes)
        key = grid.keyframe
        stored = np.dtype(key.dtype).newbyteorder(key.parent.byteorder)
        rows = np.frombuffer(data, stored).reshape(-1, grid.shape[1], grid.samples)
        return rows[:, part.x0 : part.x1]

    def _decoded(self, grid: PageGrid, index: int, segment: int, inside: Box) -> Pixels | None:
        page, key = grid.pages[index], grid.keyframe
        offset, size = page.dataoffsets[segment], page.databytecounts[segment]
        if size == 0:
            return None
        data = self._bytes(page, offset, size)
        check_decoded_size(data, grid.segment_shape, self.name)
        options = {}
        if key.compression in _JPEG:
            options = {"jpegtables": page.jpegtables, "jpegheader": key.jpegheader}
        decoded = key.decode(data, segment, **options)[0][0]
        found: Pixels = decoded[inside.slices]
        if found.shape[:2] != inside.shape:
            raise ValueError(f"a strip or tile holds {decoded.shape[:2]} pixels, too few")
        return found

    def _bytes(self, page: Any, offset: int, size: int) -> bytes:
        file = page.parent.filehandle
        with self._lock:
            if file.closed:
                # tifffile closes the other files of a set until they are needed.
                file.open()
            file.seek(offset)
            data: bytes = file.read(size)
        if len(data) < size:
            raise EOFError(f"{size} bytes were expected at {offset}, {len(data)} came")
        return data


_JPEG = {6, 7, 33007, 34892}


def _check_segments(page: Any, expected: int, is_raw: bool, name: str) -> None:
    offsets, sizes = page.dataoffsets, page.databytecounts
    if min(len(offsets), len(sizes)) < expected:
        raise ValueError(f"{expected} strips or tiles are needed, the header lists {len(offsets)}")
    ends = np.asarray(offsets, np.uint64) + np.asarray(sizes, np.uint64)
    if len(ends):
        _check_end(int(ends.max()), page, name)
    if is_raw and expected and page.keyframe is page:
        _check_raw_sizes(page, expected)


def _check_raw_sizes(page: Any, expected: int) -> None:
    stored = sum(page.databytecounts[:expected])
    needed = math.prod(page.shape) * page.dtype.itemsize
    if 0 < stored < needed and 0 not in page.databytecounts[:expected]:
        raise ValueError(f"{needed} bytes of pixels are needed, the header lists {stored}")


def _check_end(end: int, page: Any, name: str) -> None:
    size = page.parent.filehandle.size
    if page.parent.filehandle.closed:
        return
    if end > size:
        raise UnreadableImageError(
            f"{name} must be at least {end} bytes long for its pixels, but it has {size}. "
            "It was cut off while it was copied or written; copy it again."
        )
