"""Tells browsers that a document has a new revision, as server-sent events."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator

from nuclarium.server.errors import TooMany

MOST_LISTENING = 1_000
MOST_OF_ONE = 60
_HEARTBEAT_S = 15.0
_LONGEST_S = 600.0
"""Browsers come again by themselves, and are asked again who they are."""


class Events:
    """Who listens to which document; what is told is only the newest revision of each.

    `tell` may be called from any thread, everything else from the event loop.
    """

    def __init__(self) -> None:
        self._listening: defaultdict[str, set[asyncio.Queue[int | None]]] = defaultdict(set)
        self._count = 0
        self._of: Counter[str] = Counter()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    @property
    def listening(self) -> int:
        """How many listen."""
        return self._count

    def start(self) -> None:
        """Take the running event loop as the one in which browsers are told."""
        self._loop, self._closed = asyncio.get_running_loop(), False

    def tell(self, document: str, revision: int) -> None:
        """Say that a document has this revision now."""
        if self._loop is not None and document in self._listening and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell, document, revision)

    def listen(self, document: str, revision: int, *, by: str = "") -> AsyncGenerator[bytes]:
        """Return the events of a document, beginning with its revision now, until the server stops.

        Raises
        ------
        TooMany
            If very many listen already, or one person on very many pages; before any answer.
        """
        if self._count >= MOST_LISTENING or self._of[by] >= MOST_OF_ONE:
            raise TooMany(
                f"At most {MOST_LISTENING} pages can listen, and {MOST_OF_ONE} of one person, and "
                "that many do. Close some."
            )
        return self._told(document, revision, by)

    async def _told(self, document: str, revision: int, by: str) -> AsyncGenerator[bytes]:
        news: asyncio.Queue[int | None] = asyncio.Queue(maxsize=1)
        self._listening[document].add(news)
        self._count += 1
        self._of[by] += 1
        try:
            yield b"retry: 1000\n" + _event(revision)
            until = time.monotonic() + _LONGEST_S
            while not self._closed and time.monotonic() < until:
                try:
                    told = await asyncio.wait_for(news.get(), _HEARTBEAT_S)
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                if told is None:
                    return
                yield _event(told)
        finally:
            self._count -= 1
            self._of[by] -= 1
            if not self._of[by]:
                del self._of[by]
            self._listening[document].discard(news)
            if not self._listening[document]:
                del self._listening[document]

    def close(self) -> None:
        """End all that listen."""
        self._closed = True
        for listeners in self._listening.values():
            for news in listeners:
                _replace(news, None)

    def _tell(self, document: str, revision: int) -> None:
        for news in self._listening.get(document, ()):
            _replace(news, revision)


def _replace(news: asyncio.Queue[int | None], value: int | None) -> None:
    while not news.empty():
        older = news.get_nowait()
        if older is None:
            value = None
        elif value is not None:
            value = max(value, older)
    news.put_nowait(value)


def _event(revision: int) -> bytes:
    return f"data: {json.dumps({'revision': revision})}\n\n".encode()
