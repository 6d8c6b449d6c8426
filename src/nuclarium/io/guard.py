"""The edge between file libraries and us: whatever they raise becomes one sentence."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy.typing as npt

from nuclarium.core.errors import NuclariumError, UnreadableImageError
from nuclarium.core.geometry import Box
from nuclarium.core.image import PixelSource
from nuclarium.io.checks import finite

REMEDY = (
    "The file may be damaged or incomplete: copy it again from where it was made, "
    "or export it as OME-TIFF."
)


@contextmanager
def explained(name: str, format_name: str) -> Iterator[None]:
    """Turn any error of a file library into an UnreadableImageError that names the file."""
    try:
        yield
    except NuclariumError:
        raise
    except MemoryError as error:
        raise UnreadableImageError(
            f"{name} must be read in pieces that fit into memory, but this piece does not. "
            "Read smaller windows or a smaller level; if the image is small, its header is damaged."
        ) from error
    except Exception as error:
        raise UnreadableImageError(
            f"{name} looks like {format_name} but cannot be read: {reason_of(error)}. {REMEDY}"
        ) from error


def reason_of(error: BaseException) -> str:
    """Return an error of a library as part of a sentence, in one line of moderate length."""
    text = " ".join(str(error).split()).rstrip(".")
    if len(text) > 160:
        text = text[:157] + "..."
    return f"{text} ({type(error).__name__})" if text else type(error).__name__


@dataclass
class GuardedSource:
    """Pixels of another source, checked; its errors are ours, and after `close` there are none."""

    source: PixelSource
    name: str
    format_name: str
    _closed: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def read(self, window: Box, *, t: int, c: int, z: int, level: int) -> npt.NDArray[Any]:
        """Return the pixels of the window; finite, of the window's shape."""
        if self._closed:
            raise UnreadableImageError(
                f"{self.name} must be open to be read, but it was closed. Open it again."
            )
        with explained(self.name, self.format_name):
            pixels = self.source.read(window, t=t, c=c, z=z, level=level)
            if pixels.shape[:2] != window.shape:
                raise ValueError(f"{pixels.shape[:2]} pixels came for a window of {window.shape}")
        return finite(pixels, self.name)

    def close(self) -> None:
        """Release the file."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self.source.close()
