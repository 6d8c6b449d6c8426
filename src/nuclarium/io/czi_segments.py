"""Segments of a CZI file: the header, the directory of sub-blocks, and their bytes."""

from __future__ import annotations

import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SIGNATURE = b"ZISRAWFILE"
_SEGMENT = struct.Struct("<16sqq")
_FILE_POSITIONS = struct.Struct("<qq")
_FILE_POSITIONS_AT = 32 + 52
_ENTRY = struct.Struct("<2siqii6xi")
_DIMENSION = struct.Struct("<4siifi")
_SUB_BLOCK = struct.Struct("<iiq")
_DIRECTORY_HEADER = 128
_METADATA_HEADER = 256
_SUB_BLOCK_HEADER = 256
_MAX_DIMENSIONS = 64


class Extent(NamedTuple):
    """What a sub-block covers along one dimension."""

    start: int
    size: int
    stored: int


class SubBlock(NamedTuple):
    """One tile of one plane, as the directory lists it."""

    pixel_type: int
    position: int
    compression: int
    extents: dict[str, Extent]

    def start(self, axis: str) -> int:
        """Return where the tile begins along an axis; 0 for one that it does not have."""
        extent = self.extents.get(axis)
        return 0 if extent is None else extent.start

    @property
    def stored_shape(self) -> tuple[int, int]:
        """Height and width of its pixels."""
        return self.extents["Y"].stored, self.extents["X"].stored

    @property
    def downsample(self) -> int:
        """How many pixels of the full image one of its pixels stands for along a side."""
        across, down = self.extents["X"], self.extents["Y"]
        return max(1, round(max(across.size / across.stored, down.size / down.stored)))


class CziFile:
    """A CZI file, read at any position from any thread."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self.size = path.stat().st_size
        self._file = path.open("rb")

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def bytes_at(self, position: int, size: int) -> bytes:
        """Return exactly `size` bytes."""
        if position < 0 or size < 0 or position + size > self.size:
            raise EOFError(f"{size} bytes at {position} lie outside the {self.size} of the file")
        with self._lock:
            self._file.seek(position)
            return self._file.read(size)

    def metadata(self) -> str:
        """Return the XML of the file, empty if it has none."""
        _, position = self._positions()
        if position <= 0:
            return ""
        data = self._segment(position, b"ZISRAWMETADATA")
        (size,) = struct.unpack("<i", self.bytes_at(data, 4))
        return self.bytes_at(data + _METADATA_HEADER, size).decode("utf-8", "replace")

    def sub_blocks(self) -> list[SubBlock]:
        """Return all tiles of the directory."""
        position, _ = self._positions()
        data = self._segment(position, b"ZISRAWDIRECTORY")
        (count,) = struct.unpack("<i", self.bytes_at(data, 4))
        start = data + _DIRECTORY_HEADER
        if count < 1 or start + count * _ENTRY.size > self.size:
            raise ValueError(f"the directory claims {count} sub-blocks")
        (_, _, used) = _SEGMENT.unpack(self.bytes_at(data - _SEGMENT.size, _SEGMENT.size))
        size = min(max(used, 0) or self.size, self.size - data) - _DIRECTORY_HEADER
        return list(_entries(self.bytes_at(start, size), count))

    def pixel_bytes(self, block: SubBlock) -> bytes:
        """Return the pixels of a tile as they are stored."""
        data = self._segment(block.position, b"ZISRAWSUBBLOCK")
        metadata_size, _, size = _SUB_BLOCK.unpack(self.bytes_at(data, _SUB_BLOCK.size))
        (dimensions,) = struct.unpack("<i", self.bytes_at(data + _SUB_BLOCK.size + 28, 4))
        header = _SUB_BLOCK.size + _ENTRY.size + dimensions * _DIMENSION.size
        return self.bytes_at(data + max(_SUB_BLOCK_HEADER, header) + metadata_size, size)

    def _positions(self) -> tuple[int, int]:
        directory, metadata = _FILE_POSITIONS.unpack(self.bytes_at(_FILE_POSITIONS_AT, 16))
        return directory, metadata

    def _segment(self, position: int, kind: bytes) -> int:
        """Return where the data of a segment begin."""
        found, _, _ = _SEGMENT.unpack(self.bytes_at(position, _SEGMENT.size))
        if found.rstrip(b"\0") != kind:
            raise ValueError(f"a segment {kind.decode()} was expected at {position}")
        return position + _SEGMENT.size


def _entries(data: bytes, count: int) -> Iterator[SubBlock]:
    at = 0
    for _ in range(count):
        schema, pixel_type, position, _, compression, dimensions = _ENTRY.unpack_from(data, at)
        if schema != b"DV" or not 2 <= dimensions <= _MAX_DIMENSIONS:
            raise ValueError(f"a directory entry of {dimensions} dimensions, schema {schema!r}")
        at += _ENTRY.size
        extents = {}
        for _ in range(dimensions):
            name, start, size, _, stored = _DIMENSION.unpack_from(data, at)
            at += _DIMENSION.size
            axis = name.rstrip(b"\0 ").decode("ascii")
            extents[axis] = Extent(start, size, stored or size)
        if min(min(extents[axis][1:]) for axis in "YX") < 1:
            raise ValueError("a tile without pixels")
        yield SubBlock(pixel_type, position, compression, extents)
