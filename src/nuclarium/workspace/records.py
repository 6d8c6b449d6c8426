"""The record of a project: one line of JSON for everything that was made, only ever added to."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nuclarium.core.errors import OutputError


def append_record(path: Path, record: Mapping[str, Any]) -> None:
    """Add one line to the end, and wait until it is on the disk.

    A last line that a crash tore is closed first, so that it spoils no other.

    Raises
    ------
    OutputError
        If the file system refuses; the lines before stay as they are.
    """
    line = json.dumps(record, ensure_ascii=False, sort_keys=False).encode(errors="backslashreplace")
    try:
        with path.open("ab+") as file:
            end = file.seek(0, os.SEEK_END)
            if end:
                file.seek(end - 1)
                line = line if file.read(1) == b"\n" else b"\n" + line
            _write(file.fileno(), line + b"\n", end)
            os.fsync(file.fileno())
    except OSError as error:
        raise OutputError(
            f"{path} must be writable, but the system says: {error.strerror or error}. "
            "Free some space, or check the permissions of the project."
        ) from error


def read_records(path: Path) -> list[dict[str, Any]]:
    """Return all records in order; lines that are torn or no JSON are passed over."""
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    records = []
    for line in lines:
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict):
            records.append(record)
    return records


def _write(descriptor: int, data: bytes, end: int) -> None:
    """Write all of it, or take back what went onto a disk that then was full."""
    try:
        while data:
            data = data[os.write(descriptor, data) :]
    except OSError:
        os.ftruncate(descriptor, end)
        raise
