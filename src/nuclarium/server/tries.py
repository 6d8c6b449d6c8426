"""How often a log-in may fail: per name and address, per name, per address."""

from __future__ import annotations

import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable

from nuclarium.server.errors import TooMany

WITHIN_S = 900.0
_MOST_KEYS = 20_000
_MOST_BY_KIND = {"both": 8, "name": 60, "address": 40}


class Tries:
    """Counts log-ins that failed within a quarter of an hour.

    Parameters
    ----------
    clock : callable
        Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failed: OrderedDict[tuple[str, ...], deque[float]] = OrderedDict()

    def check(self, name: str, address: str) -> None:
        """Refuse a try where too many failed.

        Raises
        ------
        TooMany
            With the minutes to wait.
        """
        now = self._clock()
        for key, most in _keys(name, address):
            times = self._failed.get(key, deque())
            while times and now - times[0] > WITHIN_S:
                times.popleft()
            if len(times) >= most:
                minutes = math.ceil((WITHIN_S - (now - times[0])) / 60) or 1
                raise TooMany(f"Too many log-ins failed. Try again in {minutes} minutes.")

    def failed(self, name: str, address: str) -> None:
        """Note a try that failed."""
        for key, most in _keys(name, address):
            times = self._failed.setdefault(key, deque(maxlen=most))
            times.append(self._clock())
            self._failed.move_to_end(key)
        while len(self._failed) > _MOST_KEYS:
            self._failed.popitem(last=False)

    def succeeded(self, name: str, address: str) -> None:
        """Forget what failed for this name at this address."""
        self._failed.pop(("both", name, address), None)


def _keys(name: str, address: str) -> list[tuple[tuple[str, ...], int]]:
    keys: list[tuple[tuple[str, ...], int]] = [(("address", address), _MOST_BY_KIND["address"])]
    if name:
        keys.append((("both", name, address), _MOST_BY_KIND["both"]))
        keys.append((("name", name), _MOST_BY_KIND["name"]))
    return keys
