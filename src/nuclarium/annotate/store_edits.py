"""The log of edits of a store: appended to, read since a revision, by nucleus, by gesture."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Insert, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from nuclarium.annotate.gestures import Gesture, Step, gestures_of
from nuclarium.annotate.judge import Acknowledgement, Head, Judgement
from nuclarium.annotate.nuclei import Change, Edit, Nucleus, change_from_json
from nuclarium.annotate.store_base import StoreBase, store_now
from nuclarium.annotate.store_documents import read_head
from nuclarium.annotate.store_states import log_state
from nuclarium.annotate.tables import documents, edits, nuclei
from nuclarium.core.errors import AnnotationError


@dataclass(frozen=True, slots=True)
class Logged:
    """An edit of the log: its revision, who made it, and when the store got it."""

    change: Change
    revision: int
    by: str
    stored: str

    def to_json(self) -> dict[str, Any]:
        """Return what JSON carries."""
        return self.change.to_json() | {
            "revision": self.revision,
            "by": self.by,
            "stored": self.stored,
        }


class Edits(StoreBase):
    """The log of edits."""

    def append(self, document: str, changes: Sequence[Change], by: str) -> Acknowledgement:
        """Keep edits and strokes of one person; when this returns they are on the disk.

        Parameters
        ----------
        document : str
        changes : sequence of Edit or Stroke
            In the order in which they were made. One that is in the log already is acknowledged
            again and not applied twice.
        by : str
            Alias of who made them.

        Raises
        ------
        AnnotationError
            If there is no such document, or an id belongs to an edit of somebody else.
        StoreError
            If the disk is full, or the store cannot be written: nothing was kept.
        """
        answer: Acknowledgement = self.append_later(document, changes, by).result()
        return answer

    def append_later(
        self, document: str, changes: Sequence[Change], by: str
    ) -> Future[Acknowledgement]:
        """Do as `append`, and return at once: the future is done when the edits are on the disk."""
        return self._send(lambda connection: _append(connection, document, changes, by))

    def changes(self, document: str, since: int = 0) -> list[Logged]:
        """Return the edits of a document after a revision, in their order."""
        condition = (edits.c.document == document) & (edits.c.revision > since)
        return self._read(_logged(condition))

    def history(self, document: str, nucleus: str) -> list[Logged]:
        """Return what was done to a nucleus, oldest first: who, when, what."""
        condition = (edits.c.document == document) & (edits.c.nucleus == nucleus)
        return self._read(_logged(condition))

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


def _append(
    connection: Connection, document: str, changes: Sequence[Change], by: str
) -> Acknowledgement:
    head = read_head(connection, document, lock=True)
    known = _known(connection, document, changes, by)
    judgement = Judgement(by, head.revision, _heads(connection, document, changes), known)
    answer = judgement.judge(changes)
    if judgement.taken:
        _insert(connection, document, judgement)
        this = update(documents).where(documents.c.id == document)
        connection.execute(this.values(revision=answer.revision))
        if head.status == "not_started":
            log_state(connection, replace(head, revision=answer.revision), "in_work", by)
    return answer


def _known(
    connection: Connection, document: str, changes: Sequence[Change], by: str
) -> dict[str, int]:
    """Revision of each edit that is in the log; one of another person or document is refused."""
    columns = (edits.c.id, edits.c.revision, edits.c.document, edits.c.made_by)
    query = select(*columns).where(edits.c.id.in_([change.id for change in changes]))
    rows = connection.execute(query).all()
    for row in rows:
        if (row.document, row.made_by) != (document, by):
            raise AnnotationError(f"The id of an edit must be new, but {row.id} is taken.")
    return {row.id: row.revision for row in rows}


def _heads(connection: Connection, document: str, changes: Sequence[Change]) -> dict[str, Head]:
    names = {change.nucleus for change in changes if isinstance(change, Edit)}
    if not names:
        return {}
    query = select(nuclei.c.id, nuclei.c.revision, nuclei.c.body)
    rows = connection.execute(
        query.where(nuclei.c.document == document, nuclei.c.id.in_(sorted(names)))
    )
    return {row.id: Head(row.revision, _nucleus(row.body)) for row in rows}


def _insert(connection: Connection, document: str, judgement: Judgement) -> None:
    now = store_now()
    rows = [
        {
            "id": change.id,
            "document": document,
            "revision": revision,
            "gesture": change.gesture,
            "nucleus": change.nucleus if isinstance(change, Edit) else None,
            "undoes": change.undoes,
            "redoes": change.redoes,
            "tool": change.tool,
            "made_by": judgement.rater,
            "stored": now,
            "body": _text(change.to_json()),
        }
        for change, revision in judgement.taken
    ]
    connection.execute(insert(edits), rows)
    changed = {c.nucleus for c, _ in judgement.taken if isinstance(c, Edit)}
    now_are = [
        {
            "document": document,
            "id": name,
            "revision": judgement.heads[name].revision,
            "body": _body(judgement.heads[name].nucleus),
        }
        for name in sorted(changed)
    ]
    if now_are:
        connection.execute(_upsert(connection.dialect.name), now_are)


def _upsert(dialect: str) -> Insert:
    if dialect == "postgresql":
        there = postgresql.insert(nuclei)
        return there.on_conflict_do_update(
            index_elements=["document", "id"],
            set_={"revision": there.excluded.revision, "body": there.excluded.body},
        )
    here = sqlite.insert(nuclei)
    return here.on_conflict_do_update(
        index_elements=["document", "id"],
        set_={"revision": here.excluded.revision, "body": here.excluded.body},
    )


def _logged(condition: Any) -> Callable[[Connection], list[Logged]]:
    columns = (edits.c.body, edits.c.revision, edits.c.made_by, edits.c.stored)
    query = select(*columns).where(condition).order_by(edits.c.revision)
    return lambda connection: [
        Logged(change_from_json(json.loads(row.body)), row.revision, row.made_by, row.stored)
        for row in connection.execute(query)
    ]


def _nucleus(body: str | None) -> Nucleus | None:
    return None if body is None else Nucleus.from_json(json.loads(body))


def _body(nucleus: Nucleus | None) -> str | None:
    return None if nucleus is None else _text(nucleus.to_json())


def _text(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
