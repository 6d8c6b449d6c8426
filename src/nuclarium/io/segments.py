"""Sizes that compressed pieces claim for themselves, read before a decoder believes them."""

from __future__ import annotations

import struct
import zlib
from typing import NamedTuple

from nuclarium.core.errors import UnreadableImageError

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SLACK = 4


def check_decoded_size(data: bytes, shape: tuple[int, int], name: str) -> None:
    """Refuse a JPEG, JPEG 2000 or PNG piece that claims to be much larger than its place.

    Raises
    ------
    UnreadableImageError
        If the claim is more than 4 times the pixels of `shape`.
    """
    if data.startswith(PNG_SIGNATURE):
        check_png(data)
    claimed = claimed_shape(data)
    if claimed is None:
        return
    if claimed[0] * claimed[1] > _SLACK * max(shape[0] * shape[1], 4096):
        raise UnreadableImageError(
            f"{name} must hold pieces of {shape[0]} × {shape[1]} pixels, but a compressed piece "
            f"says {claimed[0]} × {claimed[1]}. The file is damaged; copy it again."
        )


def claimed_shape(data: bytes) -> tuple[int, int] | None:
    """Return height and width that a JPEG, JPEG 2000 or PNG stream states, or None.

    Examples
    --------
    >>> claimed_shape(bytes.fromhex("ffd8ffc0000b080010002001011100"))
    (16, 32)
    """
    if data[:2] == b"\xff\xd8":
        frame = jpeg_frame(data)
        return None if frame is None else (frame.height, frame.width)
    if data.startswith(PNG_SIGNATURE) and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return height, width
    at = data.find(b"\xff\x4f\xff\x51", 0, 1024)
    if at >= 0 and len(data) >= at + 24:
        x1, y1, x0, y0 = struct.unpack(">4I", data[at + 8 : at + 24])
        return max(y1 - y0, 0), max(x1 - x0, 0)
    return None


def check_png(data: bytes) -> None:
    """Check every chunk of a PNG stream against its checksum, as decoders only warn.

    Raises
    ------
    ValueError
        If a chunk is damaged or the last one is missing.
    """
    at, kind = len(PNG_SIGNATURE), b""
    while kind != b"IEND":
        if at + 12 > len(data):
            raise ValueError("it is cut off before its end")
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        end = at + 8 + size
        if end + 4 > len(data):
            raise ValueError("it is cut off before its end")
        if zlib.crc32(memoryview(data)[at + 4 : end]).to_bytes(4, "big") != data[end : end + 4]:
            raise ValueError(f"the checksum of its chunk {kind!r} is wrong")
        at = end + 4


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
