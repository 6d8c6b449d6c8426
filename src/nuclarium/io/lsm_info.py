"""The CZ_LSMINFO block of a Zeiss LSM file, and the blocks that it points to."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nuclarium.core.geometry import Spacing

INFO_AT = 8
"""Where the block is put: right behind the header of the file."""
INFO_SIZE = 512
_MAGIC = 0x0400494C
_STACK, _TIME_SERIES = 0, 6
_SUBBLOCK, _TEXT, _INTEGER, _REAL = 0, 2, 4, 5
_END = 0xFFFFFFFF
_UM = 1e-6

Entry = tuple[int, int, Any]


@dataclass(frozen=True, slots=True)
class LsmChannel:
    """What an LSM file says of a channel.

    Parameters
    ----------
    name : str
    color : (red, green, blue)
        Each 0 to 255.
    excitation_nm : float, optional
    emission_nm : (from, to), optional
    """

    name: str
    color: tuple[int, int, int] = (0, 255, 0)
    excitation_nm: float | None = None
    emission_nm: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class LsmNotes:
    """What an LSM file says of the recording, in words."""

    name: str = ""
    description: str = ""
    objective: str = ""


def lsm_info(
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    spacing: Spacing | None,
    channels: Sequence[LsmChannel],
    notes: LsmNotes,
    thumbnail: tuple[int, int],
) -> bytes:
    """Return the block and what it points to, made to lie at `INFO_AT`.

    Parameters
    ----------
    shape : (T, Z, C, H, W)
    dtype : numpy.dtype
        uint8, or uint16 for 12 bits.
    thumbnail : (height, width)
    """
    times, slices, count, height, width = shape
    kind, bits = (1, 8) if dtype == np.uint8 else (2, 12)
    sizes = (0.0, 0.0, 0.0) if spacing is None else (spacing.x, spacing.y, spacing.z or 0.0)
    behind = bytearray()

    def place(block: bytes) -> int:
        """Append a block on a multiple of 4 and return where it lies in the file."""
        behind.extend(b"\0" * (-len(behind) % 4))
        at = INFO_AT + INFO_SIZE + len(behind)
        behind.extend(block)
        return at

    colors = place(_channel_colors(channels))
    kinds = place(struct.pack(f"<{count + 1}I", count, *[kind] * count))
    scan = place(b"".join(_scan_blocks(_recording(shape, sizes, channels, notes, bits))))
    stamps = place(struct.pack(f"<ii{times}d", 8 + 8 * times, times, *map(float, range(times))))
    waves = place(_wavelengths(channels))
    body = struct.pack("<IiiiiiiiII", _MAGIC, INFO_SIZE, width, height, slices, count, times,
                       kind, thumbnail[1], thumbnail[0])  # fmt: skip
    body += struct.pack("<6d", *(size * _UM for size in sizes), 0.0, 0.0, 0.0)
    body += struct.pack("<HHI", _STACK if times == 1 else _TIME_SERIES, 0, 0)
    body += struct.pack("<4I", 0, 0, 0, colors)  # overlay, input and output tables, colours
    body += struct.pack("<d", 1.0 if times > 1 else 0.0)  # seconds between time points
    body += struct.pack("<8I", kinds, scan, 0, stamps, 0, 0, 0, 0)
    body += struct.pack("<4d", 1.0, 1.0, (sizes[2] or 1.0) / (sizes[0] or 1.0), 1.0)
    body += struct.pack("<7I", 0, 0, 0, 0, 0, waves, 0)
    return body.ljust(INFO_SIZE, b"\0") + bytes(behind)


def _channel_colors(channels: Sequence[LsmChannel]) -> bytes:
    colors = b"".join(struct.pack("<4B", *channel.color, 0) for channel in channels)
    texts = [channel.name.encode() + b"\0" for channel in channels]
    names = b"".join(struct.pack("<I", len(text)) + text for text in texts)
    size, count, at = 24 + len(colors) + len(names), len(channels), 24 + len(colors)
    return struct.pack("<6I", size, count, count, 24, at, int(count == 1)) + colors + names


def _wavelengths(channels: Sequence[LsmChannel]) -> bytes:
    """Return where the emission of each channel begins and ends, in metres; 0 where unknown."""
    ranges = [channel.emission_nm or (0.0, 0.0) for channel in channels]
    numbers = [bound * 1e-9 for pair in ranges for bound in pair]
    return struct.pack(f"<i{len(numbers)}d", len(channels), *numbers)


def _recording(
    shape: tuple[int, ...],
    sizes: tuple[float, float, float],
    channels: Sequence[LsmChannel],
    notes: LsmNotes,
    bits: int,
) -> list[Entry]:
    """Return the tree of the scan information: entries, of which lists are blocks."""
    times, slices, count, height, width = shape
    x, y, z = sizes
    return [
        (0x10000001, _TEXT, notes.name),
        (0x10000002, _TEXT, notes.description),
        (0x10000003, _TEXT, notes.description),
        (0x10000004, _TEXT, notes.objective),
        (0x1000000A, _INTEGER, height),
        (0x1000000B, _INTEGER, width),
        (0x1000000C, _INTEGER, slices),
        (0x1000000D, _INTEGER, width),
        (0x1000000E, _INTEGER, height),
        (0x1000000F, _INTEGER, slices),
        (0x10000010, _INTEGER, times),
        (0x10000011, _INTEGER, count),
        (0x1000001C, _REAL, x),
        (0x1000001D, _REAL, y),
        (0x1000001E, _REAL, z),
        (0x20000000, _SUBBLOCK, [(0x40000000, _SUBBLOCK, _track(channels, bits))]),
    ]


def _track(channels: Sequence[LsmChannel], bits: int) -> list[Entry]:
    lines: list[Entry] = [
        (0x90000000, _SUBBLOCK, [(0x90000003, _REAL, channel.excitation_nm)])
        for channel in channels
        if channel.excitation_nm is not None
    ]
    data: list[Entry] = [
        (0xD0000000, _SUBBLOCK, [
            (0xD0000001, _TEXT, channel.name),
            (0xD0000004, _INTEGER, int.from_bytes(bytes(channel.color), "little")),
            (0xD0000006, _INTEGER, bits),
        ])
        for channel in channels
    ]  # fmt: skip
    return [(0x80000000, _SUBBLOCK, lines), (0xC0000000, _SUBBLOCK, data)]


def _scan_blocks(entries: Sequence[Entry], code: int = 0x10000000) -> Iterator[bytes]:
    """Yield a block: its beginning, what is in it, and its end."""
    yield struct.pack("<III", code, _SUBBLOCK, 0)
    for entry, kind, value in entries:
        if kind == _SUBBLOCK:
            yield from _scan_blocks(value, entry)
        elif kind == _TEXT:
            text = value.encode() + b"\0"
            yield struct.pack("<III", entry, kind, len(text)) + text
        elif kind == _INTEGER:
            yield struct.pack("<IIIi", entry, kind, 4, value)
        else:
            yield struct.pack("<IIId", entry, kind, 8, value)
    yield struct.pack("<III", _END, _SUBBLOCK, 0)
