"""Writes synthetic Zeiss LSM files: no real one could be had, so these follow the published layout.

A TIFF with one planar page a plane, each followed by a thumbnail page, and the CZ_LSMINFO tag in
the first page. Written with struct alone, independent of the library that reads it.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

_INFO_SIZE = 512
_THUMBNAIL = np.full((3, 8, 8), 77, np.uint8)


def write_lsm(
    path: Path,
    stack: np.ndarray,
    *,
    voxel_um: tuple[float, float, float] = (0.5, 0.1, 0.2),
    channel_names: tuple[str, ...] = ("Ch1", "Ch2"),
    data_type: int = 2,
) -> None:
    """Write a stack TZCYX of uint8 or uint16; `data_type` 2 is 12 bits, 1 is 8 bits."""
    times, planes, channels, height, width = stack.shape
    file = bytearray(b"II*\0" + struct.pack("<I", 0))
    info = _append(file, bytes(_INFO_SIZE))
    colors = _append(file, _channel_colors(channel_names))
    body = struct.pack(
        "<IiiiiiiiiidddDDDHHI".replace("D", "d"),
        67127628,
        _INFO_SIZE,
        width,
        height,
        planes,
        channels,
        times,
        data_type,
        8,
        8,
        *(v * 1e-6 for v in reversed(voxel_um)),
        0.0,
        0.0,
        0.0,
        6,
        0,
        0,
    )
    body += struct.pack("<IIII", 0, 0, 0, colors)
    file[info : info + len(body)] = body
    link = 4
    for t, z in np.ndindex(times, planes):
        first = (34412, 1, _INFO_SIZE, info) if t == z == 0 else None
        link = _append_page(file, link, stack[t, z], 0, first)
        link = _append_page(file, link, _THUMBNAIL, 1, None)
    path.write_bytes(file)


def _append(file: bytearray, data: bytes) -> int:
    file.extend(b"\0" * (len(file) % 2))
    at = len(file)
    file.extend(data)
    return at


def _channel_colors(names: tuple[str, ...]) -> bytes:
    colors = b"".join(struct.pack("<4B", 0, 255, 0, 0) for _ in names)
    texts = b"".join(struct.pack("<I", len(name) + 1) + name.encode() + b"\0" for name in names)
    size = 24 + len(colors) + len(texts)
    head = struct.pack("<6I", size, len(names), len(names), 24, 24 + len(colors), 0)
    return head + colors + texts


def _append_page(file: bytearray, link: int, pixels: np.ndarray, kind: int, extra) -> int:
    """Append pixels (C, H, W) and their directory; return where the next one is to be linked."""
    channels, height, width = pixels.shape
    bits = 8 * pixels.itemsize
    strips = [_append(file, plane.astype(f"<u{pixels.itemsize}").tobytes()) for plane in pixels]
    sizes = [height * width * pixels.itemsize] * channels

    def values(kind: str, numbers: list[int]) -> int:
        data = struct.pack(f"<{len(numbers)}{kind}", *numbers)
        return (
            int.from_bytes(data.ljust(4, b"\0"), "little")
            if len(data) <= 4
            else _append(file, data)
        )

    # Zeiss puts two values into a region of their own, although they would fit into the tag.
    bits_at = _append(file, struct.pack(f"<{channels}H", *[bits] * channels))
    tags = [
        (254, 4, 1, kind),
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, channels, bits_at if channels > 1 else bits),
        (259, 3, 1, 1),
        (262, 3, 1, 2 if channels == 3 else 1),
        (273, 4, channels, values("I", strips)),
        (277, 3, 1, channels),
        (279, 4, channels, values("I", sizes)),
        (284, 3, 1, 2),
    ]
    tags += [extra] if extra else []
    at = _append(file, struct.pack("<H", len(tags)))
    for code, dtype, count, value in tags:
        file.extend(struct.pack("<HHII", code, dtype, count, value))
    file.extend(struct.pack("<I", 0))
    file[link : link + 4] = struct.pack("<I", at)
    return len(file) - 4
