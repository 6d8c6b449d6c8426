"""Write a stack as Zeiss LSM: TIFF pages with thumbnails between them, and the CZ_LSMINFO tag."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from nuclarium.core.geometry import Spacing
from nuclarium.io.lsm_info import INFO_AT, INFO_SIZE, LsmChannel, LsmNotes, lsm_info
from nuclarium.io.write import written_whole

_LSM_TAG = 34412
_LIMIT = 2**32
_BYTE, _SHORT, _LONG = 1, 3, 4
_CODES = {_SHORT: "H", _LONG: "I"}


def write_lsm(
    path: Path,
    stack: npt.NDArray[Any],
    *,
    spacing: Spacing | None = None,
    channels: Sequence[LsmChannel] | None = None,
    notes: LsmNotes | None = None,
    thumbnail_px: int = 64,
) -> None:
    """Write a stack as a Zeiss LSM file, one page a slice and time point, uncompressed.

    Parameters
    ----------
    path : Path
        Usually ends in ``.lsm``; replaced when the new file is complete.
    stack : ndarray of uint8 or uint16, shape (T, Z, C, H, W)
        uint16 is declared as 12 bits in 16-bit words, which is what these microscopes give; larger
        values are refused.
    spacing : Spacing, optional
        Size of a voxel; sizes that are unknown are written as 0.
    channels : sequence of LsmChannel, optional
        One a channel; green and named Ch1, Ch2 … when left out.
    notes : LsmNotes, optional
        Name, description and objective of the recording.
    thumbnail_px : int
        Longer side of the small picture in colour that follows every page.

    Raises
    ------
    ValueError
        If the stack has another shape or type, values above 4095, or more than 4 GiB, which is as
        far as the offsets of the format reach; or if channels are too few or too many.
    OutputError
        If the file system refuses.

    References
    ----------
    Layout: the format's description in Bio-Formats (docs.openmicroscopy.org, "Zeiss LSM") and the
    names of the fields in tifffile. Real files could not be had for comparison.
    """
    channels = _checked(stack, channels)
    with written_whole(path) as part, part.open("wb") as file:
        file.writelines(_parts(stack, spacing, channels, notes or LsmNotes(), thumbnail_px))


def _checked(
    stack: npt.NDArray[Any], channels: Sequence[LsmChannel] | None
) -> Sequence[LsmChannel]:
    if stack.ndim != 5 or 0 in stack.shape or stack.dtype not in (np.uint8, np.uint16):
        raise ValueError(
            "stack must be uint8 or uint16 of shape (T, Z, C, H, W), but got "
            f"{stack.dtype} of shape {stack.shape}."
        )
    if stack.dtype == np.uint16 and int(stack.max()) > 4095:
        raise ValueError(f"stack must hold 12-bit values, 0 to 4095, but got {stack.max()}.")
    if stack.nbytes > 0.9 * _LIMIT:
        raise ValueError(
            f"stack must be below 4 GiB for an LSM file, but is {stack.nbytes / 2**30:.1f} GiB."
        )
    count = stack.shape[2]
    if channels is None:
        return [LsmChannel(f"Ch{index + 1}") for index in range(count)]
    if len(channels) != count:
        raise ValueError(f"channels must be {count}, but got {len(channels)}.")
    return channels


def _parts(
    stack: npt.NDArray[Any],
    spacing: Spacing | None,
    channels: Sequence[LsmChannel],
    notes: LsmNotes,
    thumbnail_px: int,
) -> Iterator[bytes]:
    """Yield the file piece by piece: header, what the tag refers to, then page after page."""
    small = _thumbnail_shape(stack.shape[-2:], thumbnail_px)
    info = lsm_info(stack.shape, stack.dtype, spacing, channels, notes, small)
    info += b"\0" * (-(INFO_AT + len(info)) % 4)
    at = INFO_AT + len(info)
    yield struct.pack("<2sHI", b"II", 42, at) + info
    tag = (_LSM_TAG, _BYTE, INFO_SIZE, INFO_AT)
    white = int(stack.max()) or 1
    times, slices = stack.shape[:2]
    for number, (t, z) in enumerate(np.ndindex(times, slices)):
        page = _page(at, stack[t, z], extra=tag if number == 0 else None)
        yield page
        at += len(page)
        picture = _thumbnail(stack[t, z], white, small, channels)
        page = _page(at, picture, reduced=True, last=number == times * slices - 1)
        yield page
        at += len(page)


def _page(
    at: int,
    pixels: npt.NDArray[Any],
    *,
    reduced: bool = False,
    last: bool = False,
    extra: tuple[int, int, int, int] | None = None,
) -> bytes:
    """Return directory and planar pixels (C, H, W) of a page that begins at the offset `at`."""
    samples, size = len(pixels), pixels[0].nbytes
    fields = _fields(pixels, reduced)
    length = len(_directory(at, fields, extra, 0))
    fields[273] = (_LONG, [at + length + index * size for index in range(samples)])
    body = pixels.astype(pixels.dtype.newbyteorder("<"), copy=False).tobytes()
    body += b"\0" * (-(at + length + len(body)) % 4)
    following = 0 if last else at + length + len(body)
    return _directory(at, fields, extra, following) + body


def _fields(pixels: npt.NDArray[Any], reduced: bool) -> dict[int, tuple[int, list[int]]]:
    """Return type and values of the tags, by code; the offsets of the strips are still 0."""
    samples, height, width = pixels.shape
    return {
        254: (_LONG, [int(reduced)]),
        256: (_LONG, [width]),
        257: (_LONG, [height]),
        258: (_SHORT, [8 * pixels.itemsize] * samples),
        259: (_SHORT, [1]),
        262: (_SHORT, [2 if samples == 3 else 1]),
        273: (_LONG, [0] * samples),
        277: (_SHORT, [samples]),
        279: (_LONG, [pixels[0].nbytes] * samples),
        284: (_SHORT, [2]),
    }


def _directory(
    at: int,
    fields: dict[int, tuple[int, list[int]]],
    extra: tuple[int, int, int, int] | None,
    following: int,
) -> bytes:
    """Return the tags, the offset of the next directory, and lists that are longer than a tag.

    Zeiss puts two numbers of bits into a region of their own, although they fit into the tag.
    """
    behind = at + 2 + 12 * (len(fields) + (extra is not None)) + 4
    entries, lists = b"", b""
    for code, (kind, values) in fields.items():
        data = struct.pack(f"<{len(values)}{_CODES[kind]}", *values)
        if len(values) > 1:
            place = struct.pack("<I", behind + len(lists))
            lists += data + b"\0" * (-len(data) % 4)
            data = place
        entries += struct.pack("<HHI4s", code, kind, len(values), data)
    if extra is not None:
        entries += struct.pack("<HHII", *extra)
    count = len(entries) // 12
    return struct.pack("<H", count) + entries + struct.pack("<I", following) + lists


def _thumbnail_shape(shape: tuple[int, int], longest: int) -> tuple[int, int]:
    factor = min(1.0, longest / max(shape))
    return max(1, round(shape[0] * factor)), max(1, round(shape[1] * factor))


def _thumbnail(
    planes: npt.NDArray[Any], white: int, shape: tuple[int, int], channels: Sequence[LsmChannel]
) -> npt.NDArray[np.uint8]:
    """Return a small picture (3, h, w) of the planes (C, H, W) in the colours of channels."""
    total = np.zeros((3, *shape), np.float32)
    for plane, channel in zip(planes, channels, strict=True):
        small = cv2.resize(plane, shape[::-1], interpolation=cv2.INTER_AREA)
        total += np.array(channel.color, np.float32)[:, None, None] * (small / white)
    return np.clip(total, 0, 255).astype(np.uint8)
