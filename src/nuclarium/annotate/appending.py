"""Writes the edits of many people into the log at once, and what every nucleus is afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from nuclarium.annotate.changes import Change
from nuclarium.annotate.document import DocumentApproved, DocumentHead, RaterLeft
from nuclarium.annotate.edits import Edit
from nuclarium.annotate.judge import Acknowledgement, Head, Judgement
from nuclarium.annotate.store_base import store_now
from nuclarium.annotate.store_documents import as_head
from nuclarium.annotate.store_states import log_state
from nuclarium.annotate.stored import nucleus_of, text_of
from nuclarium.annotate.tables import documents, edits, nuclei, study_raters
from nuclarium.core.errors import AnnotationError

_AT_ONCE = 5_000
"""Values in one question to the data base."""


@dataclass(frozen=True, slots=True)
class Append:
    """Edits of one person for one document, in the order in which they were made.

    Unless they may go `into_approved`, an approved document takes no new ones, and neither does one
    of a study from a rater who left it.
    """

    document: str
    changes: Sequence[Change]
    by: str
    into_approved: bool = True


@dataclass(slots=True)
class _Place:
    """A document while edits are judged."""

    head: DocumentHead
    heads: dict[str, Head]
    revision: int
    taken: list[tuple[Change, int, str]] = field(default_factory=list)
    left: frozenset[str] = frozenset()


def append_together(connection: Connection, appends: Sequence[Any]) -> list[Any]:
    """Judge and write edits: of each `Append` its `Acknowledgement`, or the error that refuses it.

    Documents are locked in the order of their ids, so that two programs on one data base cannot
    wait for each other.
    """
    places = _places(connection, appends)
    known = _known(connection, appends)
    answers: list[Acknowledgement | AnnotationError] = []
    for append in appends:
        try:
            answers.append(_judge(append, places, known))
        except AnnotationError as error:
            answers.append(error)
    changed = [place for place in places.values() if place.taken]
    if changed:
        _write(connection, changed)
    return answers


def _judge(
    append: Append, places: dict[str, _Place], known: dict[str, tuple[int, str, str]]
) -> Acknowledgement:
    if append.document not in places:
        raise AnnotationError(f"A document of the store was expected, but got {append.document!r}.")
    place = places[append.document]
    for change in append.changes:
        whose = known.get(change.id, (0, append.document, append.by))[1:]
        if whose != (append.document, append.by):
            raise AnnotationError(f"The id of an edit must be new, but {change.id} is taken.")
    revisions = {one.id: known[one.id][0] for one in append.changes if one.id in known}
    is_new = any(change.id not in known for change in append.changes)
    if is_new and place.head.status == "approved" and not append.into_approved:
        raise DocumentApproved
    if is_new and append.by in place.left and not append.into_approved:
        raise RaterLeft
    judgement = Judgement(append.by, place.revision, place.heads, revisions)
    answer = judgement.judge(append.changes)
    place.revision = answer.revision
    for change, revision in judgement.taken:
        place.taken.append((change, revision, append.by))
        known[change.id] = (revision, append.document, append.by)
    return answer


def _places(connection: Connection, appends: Sequence[Append]) -> dict[str, _Place]:
    names = sorted({append.document for append in appends})
    query = select(documents).where(documents.c.id.in_(names)).order_by(documents.c.id)
    heads = [as_head(row) for row in connection.execute(query.with_for_update())]
    left = _left(connection, {head.study for head in heads if head.study})
    places = {
        head.id: _Place(head, {}, head.revision, left=left.get(head.study, frozenset()))
        for head in heads
    }
    pairs = {
        (append.document, change.nucleus)
        for append in appends
        for change in append.changes
        if isinstance(change, Edit) and append.document in places
    }
    table = nuclei.c
    for some in _portions(sorted(pairs)):
        here = tuple_(table.document, table.id).in_(some)
        for row in connection.execute(select(nuclei).where(here)):
            nucleus = None if row.body is None else nucleus_of(row.body)
            places[row.document].heads[row.id] = Head(row.revision, nucleus)
    return places


def _left(connection: Connection, names: set[str]) -> dict[str | None, frozenset[str]]:
    """Raters who left, by study."""
    if not names:
        return {}
    table = study_raters.c
    query = select(table.study, table.alias).where(table.study.in_(names), ~table.active)
    rows = connection.execute(query).all()
    return {name: frozenset(row.alias for row in rows if row.study == name) for name in names}


def _known(connection: Connection, appends: Sequence[Append]) -> dict[str, tuple[int, str, str]]:
    """Revision, document and person of each edit that is in the log already."""
    table = edits.c
    query = select(table.id, table.revision, table.document, table.made_by)
    names = [change.id for append in appends for change in append.changes]
    return {
        row.id: (row.revision, row.document, row.made_by)
        for some in _portions(names)
        for row in connection.execute(query.where(table.id.in_(some)))
    }


def _write(connection: Connection, places: Sequence[_Place]) -> None:
    now = store_now()
    connection.execute(insert(edits), [row for place in places for row in _rows(place, now)])
    now_are = [row for place in places for row in _nuclei(place)]
    if now_are:
        connection.execute(_UPSERT[connection.dialect.name], now_are)
    this = update(documents).where(documents.c.id == bindparam("this"))
    connection.execute(
        this.values(revision=bindparam("now")),
        [{"this": place.head.id, "now": place.revision} for place in places],
    )
    for place in places:
        if place.head.status == "not_started":
            head = replace(place.head, revision=place.revision)
            log_state(connection, head, "in_work", place.taken[0][2])


def _rows(place: _Place, now: str) -> Iterator[dict[str, Any]]:
    for change, revision, by in place.taken:
        yield {
            "id": change.id,
            "document": place.head.id,
            "revision": revision,
            "gesture": change.gesture,
            "nucleus": change.nucleus if isinstance(change, Edit) else None,
            "undoes": change.undoes,
            "redoes": change.redoes,
            "tool": change.tool,
            "made_by": by,
            "stored": now,
            "body": text_of(change),
        }


def _nuclei(place: _Place) -> Iterator[dict[str, Any]]:
    changed = {change.nucleus for change, _, _ in place.taken if isinstance(change, Edit)}
    for name in sorted(changed):
        head = place.heads[name]
        yield {
            "document": place.head.id,
            "id": name,
            "revision": head.revision,
            "body": None if head.nucleus is None else text_of(head.nucleus),
        }


def _portions(values: Iterable[Any]) -> Iterator[list[Any]]:
    every = list(values)
    for begin in range(0, len(every), _AT_ONCE):
        yield every[begin : begin + _AT_ONCE]


def _upsert(new: Callable[..., Any]) -> Any:
    row = new(nuclei)
    values = {"revision": row.excluded.revision, "body": row.excluded.body}
    return row.on_conflict_do_update(index_elements=["document", "id"], set_=values)


_UPSERT = {"sqlite": _upsert(sqlite.insert), "postgresql": _upsert(postgresql.insert)}
