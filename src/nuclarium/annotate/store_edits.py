"""The log of edits of a store: appended to, read since a revision, by nucleus, by gesture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Engine, select

from nuclarium.annotate.appending import Append, append_together
from nuclarium.annotate.changes import Change
from nuclarium.annotate.gestures import Gesture, Step, gestures_of
from nuclarium.annotate.judge import Acknowledgement
from nuclarium.annotate.logged import Logged, redo_of, undo_of
from nuclarium.annotate.store_base import StoreBase
from nuclarium.annotate.stored import change_of
from nuclarium.annotate.tables import edits

Listener = Callable[[str, int], None]


class Edits(StoreBase):
    """The log of edits."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._listeners: tuple[Listener, ...] = ()
        self._listeners_lock = Lock()

    def append(
        self, document: str, changes: Sequence[Change], by: str, *, into_approved: bool = True
    ) -> Acknowledgement:
        """Keep edits and strokes of one person; when this returns they are on the disk.

        Parameters
        ----------
        document : str
        changes : sequence of Edit or Stroke
            In the order in which they were made. One that is in the log already is acknowledged
            again and not applied twice.
        by : str
            Alias of who made them.
        into_approved : bool
            Whether they are taken although the document is approved, or its rater left the study.

        Raises
        ------
        DocumentApproved
            If it is approved, and new edits are not to be taken then.
        RaterLeft
            If it is of a study that this person left, and new edits are not to be taken then.
        AnnotationError
            If there is no such document, or an id belongs to an edit of somebody else.
        StoreError
            If the disk is full, or the store cannot be written: nothing was kept.
        """
        later = self.append_later(document, changes, by, into_approved=into_approved)
        answer: Acknowledgement = later.result()
        return answer

    def append_later(
        self, document: str, changes: Sequence[Change], by: str, *, into_approved: bool = True
    ) -> Future[Acknowledgement]:
        """Do as `append`, and return at once: the future is done when the edits are on the disk."""
        append = Append(document, tuple(changes), by, into_approved)
        future = self._writer.submit(append_together, append)
        future.add_done_callback(lambda done: self._tell(document, done))
        return future

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call a function with each document that got edits, and its revision, from now on.

        It is called by the thread that writes, after the commit, and must return at once. Edits
        that other programs write into the same data base are not told.

        Returns
        -------
        stop : function
            Ends it.
        """
        with self._listeners_lock:
            self._listeners = (*self._listeners, listener)

        def stop() -> None:
            with self._listeners_lock:
                self._listeners = tuple(one for one in self._listeners if one is not listener)

        return stop

    def changes(self, document: str, since: int = 0) -> list[Logged]:
        """Return the edits of a document after a revision, in their order."""
        condition = (edits.c.document == document) & (edits.c.revision > since)
        return self._read(_logged(condition))

    def history(self, document: str, nucleus: str) -> list[Logged]:
        """Return what was done to a nucleus, oldest first: who, when, what."""
        condition = (edits.c.document == document) & (edits.c.nucleus == nucleus)
        return self._read(_logged(condition))

    def times(self, document: str) -> dict[int, str]:
        """Return when the store got each revision of a document, by the store's clock."""
        query = select(edits.c.revision, edits.c.stored).where(edits.c.document == document)
        rows = self._read(lambda connection: connection.execute(query).all())
        return {row.revision: row.stored for row in rows}

    def gestures(self, document: str, by: str) -> list[Gesture]:
        """Return what a person did in a document, gesture by gesture, oldest first."""
        columns = (
            edits.c.gesture,
            edits.c.undoes,
            edits.c.redoes,
            edits.c.made_by,
            edits.c.stored,
            edits.c.tool,
        )
        query = select(*columns).where(edits.c.document == document, edits.c.made_by == by)
        query = query.order_by(edits.c.revision)
        return gestures_of(Step(*row) for row in self._read(lambda c: c.execute(query).all()))

    def undo(self, document: str, gesture: str) -> list[Change]:
        """Return edits that take a gesture back; whoever undoes appends them."""
        return undo_of(self._read(_around(document, gesture)), gesture)

    def redo(self, document: str, gesture: str) -> list[Change]:
        """Return edits that bring back a gesture that was taken back; they are to be appended."""
        return redo_of(self._read(_around(document, gesture)), gesture)

    def _tell(self, document: str, done: Future[Acknowledgement]) -> None:
        if done.exception() is None and done.result().acknowledged:
            for listener in self._listeners:
                listener(document, done.result().revision)


def _logged(condition: Any) -> Callable[[Connection], list[Logged]]:
    columns = (edits.c.body, edits.c.revision, edits.c.made_by, edits.c.stored)
    query = select(*columns).where(condition).order_by(edits.c.revision)
    return lambda connection: [
        Logged(change_of(row.body), row.revision, row.made_by, row.stored)
        for row in connection.execute(query)
    ]


def _around(document: str, gesture: str) -> Callable[[Connection], list[Logged]]:
    """Read the edits of a gesture, and all of the nuclei that it touched."""
    here = (edits.c.document == document) & (edits.c.gesture == gesture)
    touched = select(edits.c.nucleus).where(here, edits.c.nucleus.is_not(None))
    of_touched = (edits.c.document == document) & edits.c.nucleus.in_(touched)
    return _logged(here | of_touched)
