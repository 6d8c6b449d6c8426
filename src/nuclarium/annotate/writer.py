"""One thread that writes: what arrives together is committed together, and told when it is safe."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Engine, exc

from nuclarium.core.errors import AnnotationError, NuclariumError, StoreError

Work = Callable[[Connection], Any]
Doing = Callable[[Connection, Sequence[Any]], list[Any]]
"""Does several things at once, and returns for each its answer, or the error that refuses it."""
MOST_TOGETHER = 256
"""Pieces of work that share one commit."""


@dataclass(frozen=True, slots=True)
class _Piece:
    doing: Doing
    thing: Any
    future: Future[Any] = field(default_factory=Future)


class Writer:
    """Does work on a store in the order in which it came, many pieces in one transaction.

    Parameters
    ----------
    engine : Engine
        Of the store.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(writes=True)
        self._waiting: queue.SimpleQueue[_Piece | None] = queue.SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="store writer", daemon=True)
        self._thread.start()

    def submit(self, doing: Doing, thing: Any) -> Future[Any]:
        """Put a thing in the line; its future has the answer once it is committed.

        Things in a row that are done by the same function are handed to it together. A future that
        is cancelled while it waits is never begun; later it cannot be cancelled.
        """
        piece = _Piece(doing, thing)
        with self._closing:
            if self._closed:
                raise StoreError("The store must be open to be written, but it was closed.")
            self._waiting.put(piece)
        return piece.future

    def close(self) -> None:
        """Finish what is in the line, and end."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (piece := self._waiting.get()) is not None:
            together = [piece]
            while len(together) < MOST_TOGETHER and not self._waiting.empty():
                if (following := self._waiting.get()) is None:
                    self._waiting.put(None)
                    break
                together.append(following)
            wanted = [one for one in together if one.future.set_running_or_notify_cancel()]
            if wanted:
                self._write(wanted)

    def _write(self, together: Sequence[_Piece]) -> None:
        """Commit all in one transaction; where that fails, each in its own."""
        try:
            answers = self._commit(together)
        except Exception as error:  # noqa: BLE001  (whatever it is, somebody waits for it)
            if len(together) == 1:
                together[0].future.set_exception(as_sentence(error))
            else:
                for piece in together:
                    self._write([piece])
            return
        for piece, answer in zip(together, answers, strict=True):
            if isinstance(answer, BaseException):
                piece.future.set_exception(answer)
            else:
                piece.future.set_result(answer)

    def _commit(self, together: Sequence[_Piece]) -> list[Any]:
        answers = []
        with self._engine.begin() as connection:
            for doing, pieces in groupby(together, key=lambda piece: piece.doing):
                answers += doing(connection, [piece.thing for piece in pieces])
        return answers


def one_by_one(connection: Connection, works: Sequence[Work]) -> list[Any]:
    """Do pieces of work; what one refuses leaves no trace, and the others go on."""
    answers = []
    for work in works:
        point = connection.begin_nested()
        try:
            answers.append(work(connection))
        except NuclariumError as error:
            point.rollback()
            answers.append(error)
        else:
            point.commit()
    return answers


def as_sentence(error: Exception) -> Exception:
    """Return an error of the data base as one that says what happened and what to do."""
    if isinstance(error, exc.IntegrityError):
        return AnnotationError(
            "What is written must name people, images and documents that are in the store, and "
            f"be new where it must be new, but the data base says: {first_line(error)}."
        )
    if isinstance(error, exc.DBAPIError | exc.TimeoutError):
        return StoreError(
            "The store must be readable and writable, but the data base says: "
            f"{first_line(error)}. Nothing of this change was kept, and what was kept before is "
            "safe. Make room on the disk, or see that the store can be reached, and send it again."
        )
    return error


def first_line(error: Exception) -> str:
    """Return the first line of what the data base says, without a full stop."""
    said = str(error.orig if isinstance(error, exc.DBAPIError) else error).strip()
    return (said.splitlines() or [type(error).__name__])[0].rstrip(".")
