"""A line of work in which people take turns: who asks for much waits, and the others do not."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any


class FairLine:
    """Does work in a few threads, one piece of each person after another.

    Parameters
    ----------
    threads : int
        How many pieces are done at a time.
    name : str
        Of the threads.
    """

    def __init__(self, threads: int, name: str) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._lines: OrderedDict[str, deque[tuple[Future[Any], Callable[[], Any]]]] = OrderedDict()
        self._lock = threading.Lock()

    def submit(self, by: str, work: Callable[[], Any]) -> Future[Any]:
        """Put work at the end of a person's own line."""
        future: Future[Any] = Future()
        with self._lock:
            self._threads.submit(self._do_next)
            self._lines.setdefault(by, deque()).append((future, work))
        return future

    def order(self) -> list[Future[Any]]:
        """Return what waits, in the order in which it is begun if nothing more comes."""
        with self._lock:
            lines = [[one for one, _ in line] for line in self._lines.values()]
        longest = max(map(len, lines), default=0)
        return [line[place] for place in range(longest) for line in lines if place < len(line)]

    def close(self) -> None:
        """Begin nothing more, and wait for nothing."""
        with self._lock:
            waiting = [future for line in self._lines.values() for future, _ in line]
        self._threads.shutdown(wait=False, cancel_futures=True)
        for future in waiting:
            future.cancel()

    def _do_next(self) -> None:
        future, work = self._take()
        if not future.set_running_or_notify_cancel():
            return
        try:
            answer = work()
        except BaseException as error:  # noqa: BLE001  (whatever it is, somebody waits for it)
            future.set_exception(error)
        else:
            future.set_result(answer)

    def _take(self) -> tuple[Future[Any], Callable[[], Any]]:
        with self._lock:
            by, line = next(iter(self._lines.items()))
            taken = line.popleft()
            self._lines.move_to_end(by)
            if not line:
                del self._lines[by]
            return taken
