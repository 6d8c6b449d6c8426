"""People of the store, remembered for seconds, so that not every request asks the data base."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from nuclarium.annotate.store import Store
from nuclarium.annotate.store_people import User
from nuclarium.core.errors import AnnotationError

_KEPT_S = 5.0
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Known:
    """A person, a stamp that changes with the password, and sessions that were logged out."""

    user: User
    stamp: str
    ended: frozenset[str] = frozenset()


class KnownPeople:
    """Looks people up; what this server changes is to be forgotten with `forget`.

    Parameters
    ----------
    store : Store
    clock : callable
        Seconds that only grow.
    """

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._store, self._clock = store, clock
        self._known: dict[str, tuple[float, Known]] = {}

    def remembered(self, alias: str) -> Known | None:
        """Return a person as known from the last seconds; at once."""
        kept = self._known.get(alias)
        return kept[1] if kept is not None and self._clock() - kept[0] < _KEPT_S else None

    def look_up(self, alias: str) -> Known | None:
        """Return a person as the store knows them, or None."""
        try:
            user = self._store.user(alias)
        except AnnotationError:
            return None
        found = self._store.password_hash(user.name)
        ended = self._store.ended_sessions(alias)
        known = Known(user, stamp_of(found[1] if found else ""), ended)
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[alias] = (self._clock(), known)
        return known

    def forget(self, alias: str) -> None:
        """Ask the store again next time."""
        self._known.pop(alias, None)


def stamp_of(password_hash: str) -> str:
    """Return what changes with the password and tells nothing of it."""
    return hashlib.sha256(f"stamp {password_hash}".encode()).hexdigest()[:16]
