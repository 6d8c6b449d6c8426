"""Whose documents are and how far they are, remembered for a second while somebody draws."""

from __future__ import annotations

import time
from collections.abc import Callable

from nuclarium.annotate.document import DocumentHead

_KEPT_S = 1.0
_MOST = 10_000
_DRAWN_IN = ("not_started", "in_work")


class KnownDocuments:
    """Heads of documents that are drawn in; one that could be approved at any moment is not kept.

    Parameters
    ----------
    clock : callable
        Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: dict[str, tuple[float, DocumentHead]] = {}

    def remembered(self, document: str) -> DocumentHead | None:
        """Return a document as it was within the last second, or None."""
        kept = self._known.get(document)
        return kept[1] if kept is not None and self._clock() - kept[0] < _KEPT_S else None

    def remember(self, head: DocumentHead) -> None:
        """Keep what the store said just now, if only the one who draws can change its status."""
        if head.status not in _DRAWN_IN:
            return
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[head.id] = (self._clock(), head)

    def forget(self, document: str) -> None:
        """Ask the store again next time."""
        self._known.pop(document, None)
