"""The chain of directories of a TIFF file, followed once so that nothing later runs in circles."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from nuclarium.core.errors import UnreadableImageError

_MAX_TAGS = 4096


def check_chain(path: Path) -> None:
    """Refuse a file whose directories lead back to an earlier one.

    Raises
    ------
    UnreadableImageError
        If they do; any other damage is left for the reader to find.
    """
    with path.open("rb") as file:
        head = file.read(16).ljust(16, b"\0")
        order = "<" if head[:2] == b"II" else ">"
        is_big = head[2:4] in (b"\x2b\0", b"\0\x2b")
        count, pointer, tag_size = ("Q", "Q", 20) if is_big else ("H", "I", 12)
        start = 8 if is_big else 4
        (offset,) = struct.unpack_from(order + pointer, head, start)
        seen: set[int] = set()
        while offset:
            if offset in seen:
                raise UnreadableImageError(
                    f"{path.name} must list each of its pages once, but page {len(seen)} leads "
                    "back to an earlier one. The file is damaged; copy it again."
                )
            seen.add(offset)
            offset = _next(file, offset, order + count, order + pointer, tag_size)


def _next(file: BinaryIO, offset: int, count: str, pointer: str, tag_size: int) -> int:
    """Return where the next directory is, or 0 where the chain ends or breaks."""
    size = struct.calcsize(count)
    if offset >= 1 << 62:
        return 0
    file.seek(offset)
    head = file.read(size)
    if len(head) < size:
        return 0
    (tags,) = struct.unpack(count, head)
    if tags > _MAX_TAGS:
        return 0
    file.seek(offset + size + tags * tag_size)
    end = file.read(struct.calcsize(pointer))
    return int(struct.unpack(pointer, end)[0]) if len(end) == struct.calcsize(pointer) else 0
