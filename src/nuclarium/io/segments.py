"""Sizes that compressed pieces claim for themselves, read before a decoder believes them."""

from __future__ import annotations

import struct
from typing import NamedTuple

from nuclarium.core.errors import UnreadableImageError

_SLACK = 4


def check_decoded_size(data: bytes, shape: tuple[int, int], name: str) -> None:
    """Refuse a JPEG or JPEG 2000 piece that claims to be much larger than its place.

    Raises
    ------
    UnreadableImageError
        If the claim is more than 4 times the pixels of `shape`.
    """
    claimed = claimed_shape(data)
    if claimed is None:
        return
    if claimed[0] * claimed[1] > _SLACK * max(shape[0] * shape[1], 4096):
        raise UnreadableImageError(
            f"{name} must hold pieces of {shape[0]} × {shape[1]} pixels, but a compressed piece "
            f"says {claimed[0]} × {claimed[1]}. The file is damaged; copy it again."
        )


def claimed_shape(data: bytes) -> tuple[int, int] | None:
    """Return height and width that a JPEG or JPEG 2000 stream states, or None.

    Examples
    --------
    >>> claimed_shape(bytes.fromhex("ffd8ffc0000b080010002001011100"))
    (16, 32)
    """
    if data[:2] == b"\xff\xd8":
        frame = jpeg_frame(data)
        return None if frame is None else (frame.height, frame.width)
    at = data.find(b"\xff\x4f\xff\x51", 0, 1024)
    if at >= 0 and len(data) >= at + 24:
        x1, y1, x0, y0 = struct.unpack(">4I", data[at + 8 : at + 24])
        return max(y1 - y0, 0), max(x1 - x0, 0)
    return None


class JpegFrame(NamedTuple):
    """The frame header of a JPEG stream."""

    bits: int
    height: int
    width: int
    components: int


def jpeg_frame(data: bytes) -> JpegFrame | None:
    """Return the frame header of a JPEG stream, or None if there is none before the scan."""
    at = 2
    while at + 10 <= len(data):
        if data[at] != 0xFF:
            at += 1
            continue
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return JpegFrame(*struct.unpack(">BHHB", data[at + 4 : at + 10]))
        if marker == 0xDA:
            return None
        at += _skip(data, at, marker)
    return None


def _skip(data: bytes, at: int, marker: int) -> int:
    if marker == 0xFF:
        return 1
    if marker == 0x01 or 0xD0 <= marker <= 0xD8:
        return 2
    return 2 + int.from_bytes(data[at + 2 : at + 4], "big")
