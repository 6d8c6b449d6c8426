"""Where tiles wait between two steps: in memory, or in files that outlive the run."""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import OutputError

Arrays = dict[str, npt.NDArray[Any]]


class TileStore(Protocol):
    """Arrays of tiles by a key such as ``maps-12``."""

    def __contains__(self, key: str) -> bool: ...

    def put(self, key: str, arrays: Arrays) -> None:
        """Keep arrays, whole or not at all."""
        ...

    def get(self, key: str) -> Arrays:
        """Return arrays that were put."""
        ...


class MemoryStore:
    """Tiles in memory, for planes that fit."""

    def __init__(self) -> None:
        self._arrays: dict[str, Arrays] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._arrays

    def put(self, key: str, arrays: Arrays) -> None:
        """Keep arrays."""
        self._arrays[key] = arrays

    def get(self, key: str) -> Arrays:
        """Return arrays that were put."""
        return self._arrays[key]


class FolderStore:
    """Tiles in compressed files, the last few also in memory.

    Parameters
    ----------
    folder : Path
        Made if it is missing; tiles that an earlier run left there are found again.
    cached : int
        Tiles kept in memory.
    """

    def __init__(self, folder: Path, *, cached: int = 12) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._cached = cached
        self._recent: OrderedDict[str, Arrays] = OrderedDict()
        self._lock = threading.Lock()

    def __contains__(self, key: str) -> bool:
        return self._path(key).exists()

    def put(self, key: str, arrays: Arrays) -> None:
        """Write arrays beside their place and move them there when they are whole."""
        import imagecodecs

        buffer = io.BytesIO()
        np.savez(buffer, **arrays)  # type: ignore[arg-type]
        part = self.folder / f".{key}.{threading.get_ident()}.part"
        try:
            part.write_bytes(imagecodecs.zstd_encode(buffer.getvalue(), level=1))
            part.replace(self._path(key))
        except OSError as error:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise OutputError(
                f"{self.folder} must be writable, but the system says: {error.strerror or error}. "
                "Choose another output folder, or free some space."
            ) from error
        self._remember(key, arrays)

    def get(self, key: str) -> Arrays:
        """Return arrays that were put, by this run or by an earlier one."""
        with self._lock:
            if key in self._recent:
                self._recent.move_to_end(key)
                return self._recent[key]
        import imagecodecs

        try:
            content = imagecodecs.zstd_decode(self._path(key).read_bytes())
            with np.load(io.BytesIO(content)) as stored:
                arrays = {name: stored[name] for name in stored.files}
        except Exception as error:
            raise OutputError(
                f"{self._path(key)}, left by an earlier run, must hold a tile, but it is damaged. "
                "Run again with --overwrite."
            ) from error
        self._remember(key, arrays)
        return arrays

    def _remember(self, key: str, arrays: Arrays) -> None:
        with self._lock:
            self._recent[key] = arrays
            while len(self._recent) > self._cached:
                self._recent.popitem(last=False)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.npz.zst"
