"""Writes synthetic Zeiss CZI files after the published layout of their segments."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path

import imagecodecs
import numpy as np

RAW, JPEG, JPEG_XR, ZSTD0, ZSTD1 = 0, 1, 4, 5, 6
PIXEL_TYPES = {("uint8", 1): 0, ("uint16", 1): 1, ("float32", 1): 2, ("uint8", 3): 3,
               ("uint16", 3): 4}  # fmt: skip
GUID = bytes(range(16))


@dataclass
class Tile:
    """Pixels (H, W) or (H, W, 3) and where they start; `zoom` is that of a pyramid."""

    pixels: np.ndarray
    start: dict[str, int] = field(default_factory=dict)
    compression: int = RAW
    zoom: int = 1
    size: tuple[int, int] | None = None

    @property
    def entry(self) -> bytes:
        height, width = self.pixels.shape[:2]
        size = self.size or (height * self.zoom, width * self.zoom)
        spans = {"X": (size[1], width), "Y": (size[0], height)}
        start = {"X": 0, "Y": 0, "C": 0} | self.start
        samples = 1 if self.pixels.ndim == 2 else 3
        head = struct.pack(
            "<2siqiiB5xi",
            b"DV",
            PIXEL_TYPES[str(self.pixels.dtype), samples],
            0,
            0,
            self.compression,
            0 if self.zoom == 1 else 2,
            len(start),
        )
        dimensions = b"".join(
            struct.pack(
                "<4siifi",
                axis.encode(),
                at,
                *spans.get(axis, (1, 1))[:1],
                0.0,
                spans.get(axis, (1, 1))[1],
            )
            for axis, at in start.items()
        )
        return head + dimensions

    @property
    def data(self) -> bytes:
        pixels = self.pixels
        if self.compression == JPEG_XR:
            return imagecodecs.jpegxr_encode(pixels, level=1.0)
        if self.compression == JPEG:
            return imagecodecs.jpeg8_encode(pixels, level=98)
        raw = pixels[..., ::-1].tobytes() if pixels.ndim == 3 else pixels.tobytes()
        if self.compression == ZSTD0:
            return imagecodecs.zstd_encode(raw)
        if self.compression == ZSTD1:
            packed = pixels.itemsize == 2
            halves = np.frombuffer(raw, np.uint8).reshape(-1, 2).T.tobytes() if packed else raw
            return bytes([3, 1, int(packed)]) + imagecodecs.zstd_encode(halves)
        return raw


def metadata_xml(
    *,
    scaling_m: dict[str, float] | None = None,
    channels: tuple[str, ...] = (),
    scenes: tuple[str, ...] = (),
    bits: int | None = None,
    size: tuple[int, int] | None = None,
) -> str:
    """Return the metadata that the reader looks for."""
    items = "".join(
        f'<Distance Id="{axis}"><Value>{value!r}</Value></Distance>'
        for axis, value in (scaling_m or {}).items()
    )
    named = "".join(f'<Channel Id="Channel:{i}" Name="{n}"/>' for i, n in enumerate(channels))
    places = "".join(f'<Scene Index="{i}" Name="{n}"/>' for i, n in enumerate(scenes))
    size_x = f"<SizeX>{size[1]}</SizeX><SizeY>{size[0]}</SizeY><SizeS>1</SizeS>" if size else ""
    count = f"<ComponentBitCount>{bits}</ComponentBitCount>" if bits else ""
    return (
        f"<ImageDocument><Metadata><Scaling><Items>{items}</Items></Scaling><Information><Image>"
        f"{size_x}{count}<Dimensions><Channels>{named}</Channels><S><Scenes>{places}</Scenes></S>"
        "</Dimensions></Image></Information></Metadata></ImageDocument>"
    )


def write_czi(path: Path, tiles: list[Tile], xml: str = "") -> None:
    """Write tiles and metadata as one file."""
    file = bytearray(_segment(b"ZISRAWFILE", bytes(512)))
    entries = []
    for tile in tiles:
        data, entry = tile.data, tile.entry
        position = len(file)
        entry = entry[:6] + struct.pack("<q", position) + entry[14:]
        entries.append(entry)
        head = (struct.pack("<iiq", 0, 0, len(data)) + entry).ljust(256, b"\0")
        file += _segment(b"ZISRAWSUBBLOCK", head + data)
    metadata = len(file)
    text = xml.encode()
    file += _segment(b"ZISRAWMETADATA", struct.pack("<ii", len(text), 0).ljust(256, b"\0") + text)
    directory = len(file)
    head = struct.pack("<i", len(entries)).ljust(128, b"\0")
    file += _segment(b"ZISRAWDIRECTORY", head + b"".join(entries))
    attachments = len(file)
    file += _segment(b"ZISRAWATTDIR", bytes(256))
    file[32:112] = struct.pack(
        "<iiii16s16siqqiq", 1, 0, 0, 0, GUID, GUID, 0, directory, metadata, 0, attachments
    )
    path.write_bytes(file)


def _segment(kind: bytes, data: bytes) -> bytes:
    padded = data.ljust(-(-len(data) // 32) * 32, b"\0")
    return struct.pack("<16sqq", kind, len(padded), len(data)) + padded
