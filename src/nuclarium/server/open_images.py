"""Images that stay open while somebody reads them, and some time after."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager

from nuclarium.core.image import Image


class OpenImages:
    """Open images by key; any thread may call it.

    Parameters
    ----------
    most : int
        Files that stay open; more wait until one is not in use.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._lock = threading.Lock()
        self._open: OrderedDict[Hashable, tuple[Image, int]] = OrderedDict()

    def __len__(self) -> int:
        """Return how many are open."""
        return len(self._open)

    @contextmanager
    def opened(self, key: Hashable, make: Callable[[], Image]) -> Iterator[Image]:
        """Give an image open, made where it is not; it may be closed again when nobody uses it."""
        with self._lock:
            there = self._open.pop(key, None)
            pixels, users = there or (make(), 0)
            self._open[key] = (pixels, users + 1)
            self._close_some()
        try:
            yield pixels
        finally:
            with self._lock:
                if key in self._open:
                    pixels, users = self._open[key]
                    self._open[key] = (pixels, users - 1)
                self._close_some()

    def close(self) -> None:
        """Close all files."""
        with self._lock:
            for pixels, _ in self._open.values():
                pixels.close()
            self._open.clear()

    def _close_some(self) -> None:
        idle = [key for key, (_, users) in self._open.items() if users == 0]
        for key in idle[: max(0, len(self._open) - self.most)]:
            self._open.pop(key)[0].close()
