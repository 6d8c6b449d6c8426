"""One thread that writes: what arrives together is committed together, and told when it is safe."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

from sqlalchemy import Connection, Engine, exc

from nuclarium.core.errors import AnnotationError, NuclariumError, StoreError

Work = Callable[[Connection], Any]
MOST_TOGETHER = 256
"""Pieces of work that share one commit."""


class Writer:
    """Does work on a store one piece after another, many in one transaction.

    Parameters
    ----------
    engine : Engine
        Of the store.
    """

    def __init__(self, engine: Engine) -> None:
        self._writing = engine.execution_options(writes=True)
        self._waiting: queue.SimpleQueue[tuple[Work, Future[Any]] | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="store writer", daemon=True)
        self._thread.start()

    def submit(self, work: Work) -> Future[Any]:
        """Put work in the line; its future has the result once it is committed."""
        future: Future[Any] = Future()
        if self._closed:
            raise StoreError("The store must be open to be written, but it was closed.")
        self._waiting.put((work, future))
        return future

    def close(self) -> None:
        """Finish what is in the line, and end."""
        if not self._closed:
            self._closed = True
            self._waiting.put(None)
            self._thread.join()

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            together, is_last = [first], False
            while len(together) < MOST_TOGETHER and not self._waiting.empty():
                following = self._waiting.get()
                if following is None:
                    is_last = True
                    break
                together.append(following)
            self._write(together)
            if is_last:
                return

    def _write(self, together: Sequence[tuple[Work, Future[Any]]]) -> None:
        """Commit all in one transaction; where that fails, each in its own."""
        try:
            answers = self._commit([work for work, _ in together])
        except Exception as error:  # noqa: BLE001  (whatever it is, somebody waits for it)
            if len(together) > 1:
                for one in together:
                    self._write([one])
            else:
                together[0][1].set_exception(as_sentence(error))
            return
        for (_, future), answer in zip(together, answers, strict=True):
            if isinstance(answer, BaseException):
                future.set_exception(answer)
            else:
                future.set_result(answer)

    def _commit(self, works: Sequence[Work]) -> list[Any]:
        with self._writing.begin() as connection:
            return [_refused_or_done(connection, work) for work in works]


def as_sentence(error: Exception) -> Exception:
    """Return an error of the data base as one that says what happened and what to do."""
    if isinstance(error, exc.IntegrityError):
        return AnnotationError(
            "What is written must name people, images and documents that are in the store, and "
            f"be new where it must be new, but the data base says: {_cause(error)}."
        )
    if isinstance(error, exc.DBAPIError | exc.TimeoutError):
        return StoreError(
            f"The store must be readable and writable, but the data base says: {_cause(error)}. "
            "Nothing of this change was kept, and what was kept before is safe. Make room on the "
            "disk, or see that the store can be reached, and send it again."
        )
    return error


def _cause(error: Exception) -> str:
    said = str(error.orig if isinstance(error, exc.DBAPIError) else error).strip()
    return (said.splitlines() or [type(error).__name__])[0].rstrip(".")


def _refused_or_done(connection: Connection, work: Work) -> Any:
    """Do one piece of work; what it refuses leaves no trace, and the others go on."""
    point = connection.begin_nested()
    try:
        answer = work(connection)
    except NuclariumError as error:
        point.rollback()
        return error
    point.commit()
    return answer
