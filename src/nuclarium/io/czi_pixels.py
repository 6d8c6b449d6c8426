"""Windows of CZI planes: decodes the tiles that a window touches and places them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import UnreadableImageError
from nuclarium.core.geometry import Box
from nuclarium.io.checks import check_segment
from nuclarium.io.czi_segments import CziFile, SubBlock
from nuclarium.io.segments import check_decoded_size

Pixels = npt.NDArray[Any]
PlaneKey = tuple[int, int, int]

PIXEL_TYPES: dict[int, tuple[str, int]] = {
    0: ("u1", 1),
    1: ("<u2", 1),
    2: ("<f4", 1),
    3: ("u1", 3),
    4: ("<u2", 3),
    8: ("<f4", 3),
    9: ("u1", 4),
    10: ("<c8", 1),
    11: ("<c8", 3),
    12: ("<u4", 1),
    13: ("<f8", 1),
}
_RAW, _JPEG, _JPEG_XR, _ZSTD0, _ZSTD1 = 0, 1, 4, 5, 6


@dataclass(frozen=True)
class TileSet:
    """Tiles of one plane at one level, and where they lie in it."""

    blocks: tuple[SubBlock, ...]
    boxes: npt.NDArray[np.int64]

    @classmethod
    def of(cls, blocks: list[SubBlock], origin: tuple[int, int], downsample: int) -> TileSet:
        """Place tiles relative to the corner of a scene; those with a higher M come last."""
        ordered = sorted(blocks, key=lambda block: block.start("M"))
        boxes = np.zeros((len(ordered), 4), np.int64)
        for row, block in zip(boxes, ordered, strict=True):
            y0 = (block.start("Y") - origin[0]) // downsample
            x0 = (block.start("X") - origin[1]) // downsample
            height, width = block.stored_shape
            row[:] = y0, x0, y0 + height, x0 + width
        return cls(tuple(ordered), boxes)

    def touching(self, window: Box) -> list[tuple[SubBlock, Box]]:
        """Return the tiles that share a pixel with the window."""
        y0, x0, y1, x1 = self.boxes.T
        hit = (y0 < window.y1) & (y1 > window.y0) & (x0 < window.x1) & (x1 > window.x0)
        found = np.flatnonzero(hit)
        return [(self.blocks[i], Box(*(int(v) for v in self.boxes[i]))) for i in found]


@dataclass
class CziPixels:
    """Planes of one scene: a set of tiles for each (t, c, z), at every level."""

    file: CziFile
    levels: tuple[dict[PlaneKey, TileSet], ...]
    dtype: np.dtype[Any]
    is_rgb: bool
    name: str

    def read(self, window: Box, *, t: int, c: int, z: int, level: int) -> Pixels:
        """Return the window; 0 where no tile lies."""
        tiles = self.levels[level].get((t, c, z))
        if tiles is None:
            raise UnreadableImageError(
                f"{self.name} has no plane for T={t}, C={c}, Z={z}: its acquisition was not "
                "finished. Leave this plane out."
            )
        pixels = np.zeros((*window.shape, 3) if self.is_rgb else window.shape, self.dtype)
        for block, box in tiles.touching(window):
            part = box.intersection(window)
            source = part.shifted(-box.y0, -box.x0)
            target = part.shifted(-window.y0, -window.x0)
            pixels[target.slices] = self._tile(block, source)
        return pixels

    def close(self) -> None:
        """Close the file."""
        self.file.close()

    def _tile(self, block: SubBlock, inside: Box) -> Pixels:
        stored, samples = PIXEL_TYPES[block.pixel_type]
        shape = (*block.stored_shape, samples)
        data = self.file.pixel_bytes(block)
        tile = decode_tile(data, block.compression, np.dtype(stored), shape, self.name)[
            inside.slices
        ]
        return tile[..., :3] if self.is_rgb else tile[..., 0]


def decode_tile(
    data: bytes, compression: int, dtype: np.dtype[Any], shape: tuple[int, int, int], name: str
) -> Pixels:
    """Decode one tile.

    Parameters
    ----------
    data : bytes
        As stored.
    compression : int
        0 none, 1 JPEG, 4 JPEG XR, 5 zstd, 6 zstd with a header.
    dtype : numpy.dtype
        Of the samples as stored.
    shape : (height, width, samples)
        Colours are stored blue first.

    Returns
    -------
    pixels : ndarray, shape (height, width, samples)
        Colours red first.
    """
    if compression in (_JPEG, _JPEG_XR):
        return _decode_picture(data, compression, dtype, shape, name)
    size = math.prod(shape) * dtype.itemsize
    if compression == _RAW:
        raw = data
    elif compression in (_ZSTD0, _ZSTD1):
        check_segment(size, name)
        raw = _decode_zstd(data, compression, size)
    else:
        raise UnreadableImageError(
            f"{name} must be stored raw or as JPEG, JPEG XR or zstd, but its compression has "
            f"number {compression}. Save it in ZEN with another compression."
        )
    if len(raw) < size:
        raise ValueError(f"a tile needs {size} bytes, {len(raw)} came")
    pixels = np.frombuffer(raw, dtype, math.prod(shape)).reshape(shape)
    return pixels[..., [2, 1, 0]] if shape[2] >= 3 else pixels


def _decode_zstd(data: bytes, compression: int, size: int) -> bytes:
    import imagecodecs

    packed = False
    if compression == _ZSTD1:
        header = data[0]
        packed = header == 3 and data[1] == 1 and bool(data[2] & 1)
        data = data[header:]
    raw = bytes(imagecodecs.zstd_decode(data, out=size))
    if not packed:
        return raw
    # Low bytes of all samples come first, then all high bytes; they compress better so.
    halves = np.frombuffer(raw, np.uint8).reshape(2, -1)
    return halves.T.tobytes()


def _decode_picture(
    data: bytes, compression: int, dtype: np.dtype[Any], shape: tuple[int, int, int], name: str
) -> Pixels:
    import imagecodecs

    check_segment(math.prod(shape) * dtype.itemsize, name)
    check_decoded_size(data, shape[:2], name)
    # Both decoders give red first, whatever the order within the tile.
    decode = imagecodecs.jpeg8_decode if compression == _JPEG else imagecodecs.jpegxr_decode
    pixels = decode(data)
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    if pixels.shape[0] < shape[0] or pixels.shape[1] < shape[1] or pixels.shape[2] > shape[2]:
        raise ValueError(f"a tile of shape {shape} was expected, {pixels.shape} came")
    result: Pixels = pixels.astype(dtype.newbyteorder("="), copy=False)
    return result
