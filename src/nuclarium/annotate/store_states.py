"""States of work and review of a document, each kept in a log, with the time that was worked."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Connection, insert, select, update

from nuclarium.annotate import checks
from nuclarium.annotate.document import Document, DocumentHead
from nuclarium.annotate.review import STATUSES, check_step
from nuclarium.annotate.roles import Role
from nuclarium.annotate.store_base import StoreBase, store_now
from nuclarium.annotate.store_documents import read_head, replayed_document
from nuclarium.annotate.tables import documents, states, users
from nuclarium.core.errors import AnnotationError

_LONGEST_SITTING_S = 86_400


@dataclass(frozen=True, slots=True)
class State:
    """A step of a document: at which revision, to which status, by whom.

    Parameters
    ----------
    revision : int
        Of the document at that moment: what it was can be read again with it.
    status : str
    by : str
        Alias.
    seconds : float
        Time worked since the step before, as the page counted it.
    reason : str
        Why it needs work; empty otherwise.
    mark : (float, float) or None
        Spot ``x, y`` that the reason is about.
    stored : str
        The store's clock.
    """

    revision: int
    status: str
    by: str
    seconds: float
    reason: str
    mark: tuple[float, float] | None
    stored: str

    def to_json(self) -> dict[str, Any]:
        """Return what JSON carries."""
        return {
            "revision": self.revision,
            "status": self.status,
            "by": self.by,
            "seconds": self.seconds,
            "reason": self.reason,
            "mark": None if self.mark is None else list(self.mark),
            "stored": self.stored,
        }


class States(StoreBase):
    """States of documents."""

    def set_status(
        self, document: str, status: str, by: str, *, seconds: float = 0.0
    ) -> DocumentHead:
        """Say how far the work is; the same status again only adds the time.

        Raises
        ------
        AnnotationError
            If this person may not take this step.
        """
        return self._write(lambda c: _step(c, document, status, by, seconds=seconds))

    def review(
        self,
        document: str,
        state: str,
        by: str,
        *,
        reason: str = "",
        mark: tuple[float, float] | None = None,
    ) -> DocumentHead:
        """Approve a document, or send it back with a reason.

        Raises
        ------
        AnnotationError
            If this person may not, or it is sent back without a reason.
        """
        checks.a_choice(state, "The state of a review", ("approved", "needs_work"))
        checks.a_text(" ".join(reason.split()), "The reason of a review", longest=2_000)
        if state == "needs_work" and not reason.strip():
            raise AnnotationError("What needs work must have a reason, but got none.")
        spot = None if mark is None else checks.coordinates(mark, "The mark of a review")[:2]
        return self._write(lambda c: _step(c, document, state, by, reason=reason, mark=spot))

    def states(self, document: str) -> list[State]:
        """Return the steps of a document, oldest first."""
        query = select(states).where(states.c.document == document).order_by(states.c.sequence)
        return [
            State(
                row.revision,
                row.status,
                row.made_by,
                row.seconds,
                row.reason,
                None if row.mark is None else tuple(json.loads(row.mark)),
                row.stored,
            )
            for row in self._read(lambda connection: connection.execute(query).all())
        ]

    def original(self, document: str) -> Document | None:
        """Return a document as it was when whoever draws in it said first that it is done.

        What a senior corrected later is not in it. None where nobody said so yet.
        """
        first = next((one for one in self.states(document) if one.status == "done"), None)
        if first is None:
            return None
        return self._read(lambda c: replayed_document(c, document, first.revision))


def log_state(
    connection: Connection, head: DocumentHead, status: str, by: str, **more: Any
) -> None:
    """Write a step into the log and the document."""
    row = {
        "document": head.id,
        "revision": head.revision,
        "status": status,
        "made_by": by,
        "seconds": more.get("seconds", 0.0),
        "reason": more.get("reason", ""),
        "mark": json.dumps(more["mark"]) if more.get("mark") else None,
        "stored": store_now(),
    }
    connection.execute(insert(states), row)
    connection.execute(update(documents).where(documents.c.id == head.id).values(status=status))


def _step(connection: Connection, document: str, status: str, by: str, **more: Any) -> DocumentHead:
    checks.a_choice(status, "The status of a document", STATUSES)
    seconds = more.get("seconds", 0.0)
    if not (math.isfinite(seconds) and 0 <= seconds <= _LONGEST_SITTING_S):
        raise AnnotationError(
            f"Seconds on task must be 0 to {_LONGEST_SITTING_S}, but got {seconds!r}."
        )
    head = read_head(connection, document, lock=True)
    role = connection.scalar(select(users.c.role).where(users.c.alias == by, users.c.active))
    draws = head.owner in (None, by)
    check_step(head.status, status, cast(Role, role or "viewer"), draws=draws)
    log_state(connection, head, status, by, **more)
    return read_head(connection, document)
