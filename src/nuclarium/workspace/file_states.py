"""Whether a file is the one that was imported: by size and time, by hash where these differ."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from nuclarium.core.errors import NuclariumError, UnreadableImageError
from nuclarium.io import hash_file
from nuclarium.io.write import write_json

FileState = Literal["ok", "changed", "missing"]
Signature = tuple[int, int, int]
Told = Callable[[Path, int, int], None]
"""Is told which file is hashed, how many of its bytes were read, and how many it has."""


@dataclass
class FileStates:
    """What files looked like when they were hashed; may be lost, then they are hashed again.

    Parameters
    ----------
    path : Path
        Where this is kept between commands.
    """

    path: Path
    _known: dict[str, tuple[Signature, str]] = field(default_factory=dict)
    _is_new: bool = False

    @classmethod
    def load(cls, path: Path) -> FileStates:
        """Read what is kept; damaged content counts as none."""
        states = cls(path)
        with suppress(OSError, ValueError, AttributeError, TypeError, KeyError):
            for name, entry in json.loads(path.read_text(encoding="utf-8")).items():
                size, mtime, files = entry["signature"]
                states._known[name] = ((size, mtime, files), entry["sha256"])
        return states

    def hash_of(self, path: Path, told: Told | None = None) -> str:
        """Return the SHA-256 of a file, from memory where size and time are as they were."""
        name, signature = str(path), _signature(path)
        if signature is not None and self._known.get(name, (None, ""))[0] == signature:
            return self._known[name][1]
        digest = hashed(path, _counting(path, signature, told))
        if signature is not None and signature == _signature(path):
            self._known[name] = (signature, digest)
            self._is_new = True
        return digest

    def state_of(self, path: Path, sha256: str) -> FileState:
        """Compare a file with the hash that it had."""
        try:
            if _signature(path) is None:
                return "missing"
            return "ok" if self.hash_of(path) == sha256 else "changed"
        except NuclariumError:
            return "missing"

    def save(self) -> None:
        """Keep what was learnt; a project that cannot be written goes without."""
        if not self._is_new:
            return
        with suppress(NuclariumError):
            write_json(
                self.path,
                {
                    name: {"signature": list(signature), "sha256": digest}
                    for name, (signature, digest) in self._known.items()
                },
            )
            self._is_new = False


def hashed(path: Path, told: Callable[[int], None] = lambda count: None) -> str:
    """Return the SHA-256 of a file or folder, or say in one sentence why it cannot be read.

    Raises
    ------
    InputNotFoundError, UnreadableImageError
        If there is nothing, or the system refuses.
    """
    try:
        return hash_file(path, told)
    except NuclariumError:
        raise
    except OSError as error:
        raise UnreadableImageError(
            f"{path} must be readable, but the system says: {error.strerror or error}. Check its "
            "permissions and the drive."
        ) from error


def _counting(path: Path, signature: Signature | None, told: Told | None) -> Callable[[int], None]:
    done = 0

    def count(more: int) -> None:
        nonlocal done
        done += more
        if told is not None and signature is not None:
            told(path, done, signature[0])

    return count


def _signature(path: Path) -> Signature | None:
    """Return size, time of the last change and number of files; None where there is nothing."""
    try:
        status = path.stat()
        if not path.is_dir():
            return status.st_size, status.st_mtime_ns, 1
        inside = [file.stat() for file in path.rglob("*") if file.is_file()]
    except OSError:
        return None
    newest = max((file.st_mtime_ns for file in inside), default=0)
    return sum(file.st_size for file in inside), newest, len(inside)
