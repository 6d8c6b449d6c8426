"""A cache that is bounded in bytes and lets go of what was not asked for longest."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class ByteCache(Generic[Value]):
    """Values by key; any thread may call it.

    Parameters
    ----------
    most_bytes : int
        All values together; one that is larger than a quarter of it is not kept.
    size_of : callable
        Gives the bytes of a value.
    """

    def __init__(self, most_bytes: int, size_of: Callable[[Value], int]) -> None:
        self.most_bytes, self._size_of = most_bytes, size_of
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self._making: dict[Hashable, threading.Lock] = {}

    @property
    def bytes_held(self) -> int:
        """Bytes of all values that are kept."""
        return self._bytes

    def get(self, key: Hashable) -> Value | None:
        """Return a value that is kept, or None."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        return None

    def put(self, key: Hashable, value: Value) -> None:
        """Keep a value, and let go of others where it is needed."""
        size = self._size_of(value)
        if size > self.most_bytes // 4:
            return
        with self._lock:
            if key in self._values:
                self._bytes -= self._size_of(self._values.pop(key))
            self._values[key] = value
            self._bytes += size
            while self._bytes > self.most_bytes:
                _, gone = self._values.popitem(last=False)
                self._bytes -= self._size_of(gone)

    def get_or_make(
        self,
        key: Hashable,
        make: Callable[[], Value],
        *,
        is_kept: Callable[[Value], bool] = lambda value: True,
    ) -> Value:
        """Return a value, made where it is not kept: once, however many threads want it.

        A value of which `is_kept` says no is given to who asked, and made again for the next.
        """
        found = self.get(key)
        if found is not None:
            return found
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        try:
            with making:
                found = self.get(key)
                if found is None:
                    found = make()
                    if is_kept(found):
                        self.put(key, found)
                return found
        finally:
            with self._lock:
                self._making.pop(key, None)
