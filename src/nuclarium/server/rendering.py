"""Work that takes a processor, done in threads beside the event loop, and left if nobody waits."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request

from nuclarium.server.errors import TooMany

Answer = TypeVar("Answer")
MOST_WAITING = 2_000


class Rendering:
    """A few threads that draw.

    Parameters
    ----------
    threads : int, optional
        As many as processors, at least 2, when left out.
    """

    def __init__(self, threads: int | None = None) -> None:
        count = threads or max(2, os.cpu_count() or 2)
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="tiles")
        self._waiting = 0

    async def do(self, request: Request, work: Callable[[], Answer]) -> Answer:
        """Do work in a thread; where the client goes away before it began, it is not done.

        Raises
        ------
        TooMany
            If too much is waiting.
        ClientDisconnect
            If the client went away.
        """
        if self._waiting >= MOST_WAITING:
            raise TooMany("The server must get time to draw, but too many tiles wait. Try again.")
        self._waiting += 1
        waiting = self._threads.submit(work)
        future = asyncio.wrap_future(waiting)
        future.add_done_callback(_note)
        gone = asyncio.ensure_future(_gone(request))
        either: set[asyncio.Future[Any]] = {future, gone}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not future.done():
                raise ClientDisconnect
            return future.result()
        finally:
            self._waiting -= 1
            gone.cancel()
            waiting.cancel()

    def close(self) -> None:
        """Let go of what waits, and end."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _note(future: asyncio.Future[Any]) -> None:
    """Take note of a failure that nobody waits for any more, which else would be logged."""
    if not future.cancelled():
        future.exception()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
