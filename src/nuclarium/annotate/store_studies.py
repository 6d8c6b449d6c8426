"""Studies of a store: fields, raters, what each was given, and how far each is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from nuclarium.annotate import checks
from nuclarium.annotate.document import Box, DocumentHead
from nuclarium.annotate.store_base import StoreBase, store_now
from nuclarium.annotate.store_documents import open_in
from nuclarium.annotate.studies import Assignment, Design, assign
from nuclarium.annotate.tables import (
    assignments,
    documents,
    states,
    studies,
    study_fields,
    study_raters,
)
from nuclarium.core.errors import AnnotationError

Place = tuple[str, Box | None]
"""Id of an image, and the field in it; None for the whole."""


@dataclass(frozen=True, slots=True)
class StudyField:
    """A field of a study; `gold` is the document with its known truth, or None."""

    id: str
    image: str
    box: Box | None
    gold: str | None = None


@dataclass(frozen=True, slots=True)
class StudyRater:
    """A rater of a study; one who left is not active, and what was drawn stays."""

    alias: str
    active: bool
    since: str


@dataclass(frozen=True, slots=True)
class Study:
    """A study as it is now."""

    id: str
    name: str
    design: Design
    hierarchy: Mapping[str, Any]
    made_by: str
    since: str
    fields: tuple[StudyField, ...]
    raters: tuple[StudyRater, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """One field for one rater: what it is, and how far it is.

    Parameters
    ----------
    id : str
    study, field, image : str
        Ids.
    box : Box or None
    rater, arm : str
    repeat, position : int
        As of `Assignment`.
    document : str or None
        None until the rater opens it.
    status : str
    seconds : float
        Time on task so far.
    """

    id: str
    study: str
    field: str
    image: str
    box: Box | None
    rater: str
    arm: str
    repeat: int
    position: int
    document: str | None
    status: str
    seconds: float


class Studies(StoreBase):
    """Studies."""

    def add_study(
        self,
        name: str,
        design: Design,
        fields: Sequence[Place],
        raters: Sequence[str],
        *,
        by: str,
        hierarchy: Mapping[str, Any] | None = None,
    ) -> Study:
        """Make a study and draw by lot who sees what.

        Raises
        ------
        AnnotationError
            If the name is taken, there is no field, or an image or a person is not known.
        """

        def make(connection: Connection) -> str:
            checks.a_text(name, "The name of a study", longest=100, empty=False)
            if connection.scalar(select(studies.c.id).where(studies.c.name == name)):
                raise AnnotationError(f"The name of a study must be new, but {name!r} is taken.")
            key = checks.new_id("s")
            row = {
                "id": key,
                "name": name,
                "design": json.dumps(design.to_json()),
                "hierarchy": json.dumps(dict(hierarchy or {})),
                "made_by": by,
                "since": store_now(),
            }
            connection.execute(insert(studies), row)
            _extend(connection, key, fields, raters)
            return key

        return self.study(self._write(make))

    def study(self, study: str) -> Study:
        """Return a study; AnnotationError where there is none."""
        return self._read(lambda connection: _study(connection, study))

    def studies(self) -> list[Study]:
        """Return all studies, oldest first."""
        query = select(studies.c.id).order_by(studies.c.since, studies.c.id)
        return self._read(lambda c: [_study(c, key) for key in c.scalars(query).all()])

    def add_raters(self, study: str, raters: Sequence[str]) -> Study:
        """Let people join; nobody else's fields change. One who had left comes back."""
        self._write(lambda connection: _extend(connection, study, (), raters))
        return self.study(study)

    def add_fields(self, study: str, fields: Sequence[Place]) -> Study:
        """Add fields, which raters get after those that they have."""
        self._write(lambda connection: _extend(connection, study, fields, ()))
        return self.study(study)

    def withdraw_rater(self, study: str, rater: str) -> Study:
        """Let a rater leave; what was drawn stays, and the next who joins takes the fields over."""
        here = (study_raters.c.study == study) & (study_raters.c.alias == rater)
        self._write(lambda c: c.execute(update(study_raters).where(here).values(active=False)))
        return self.study(study)

    def set_gold(self, field: str, document: str | None) -> None:
        """Name the document that has the truth of a field, or none."""
        this = update(study_fields).where(study_fields.c.id == field)
        self._write(lambda connection: connection.execute(this.values(gold=document)))

    def tasks(self, *, study: str | None = None, rater: str | None = None) -> list[Task]:
        """Return what is to be done, of a study, a rater or both, each rater's in their order."""
        return self._read(lambda connection: _tasks(connection, study, rater))

    def open_task(self, task: str) -> DocumentHead:
        """Return the document of a task, made where the rater opens it for the first time."""
        return self._write(lambda connection: _open_task(connection, task))


def _extend(
    connection: Connection, study: str, fields: Sequence[Place], raters: Sequence[str]
) -> None:
    """Add fields and raters to a study, and deal what that changes."""
    before = _study(connection, study, lock=True)
    if not before.fields and not fields:
        raise AnnotationError("A study must have at least one field, but got none.")
    _add_fields(connection, before, fields)
    _add_raters(connection, before, raters)
    now = _study(connection, study)
    query = select(assignments).where(assignments.c.study == study)
    existing = [
        Assignment(row.field, row.rater, row.arm, row.repeat, row.position)
        for row in connection.execute(query)
    ]
    added = assign(
        now.design,
        [field.id for field in now.fields],
        [rater.alias for rater in now.raters if rater.active],
        existing,
        joined=[rater.alias for rater in before.raters],
    )
    rows = [
        {
            "id": checks.new_id("a"),
            "study": study,
            "field": one.field,
            "rater": one.rater,
            "arm": one.arm,
            "repeat": one.repeat,
            "position": one.position,
        }
        for one in added
    ]
    if rows:
        connection.execute(insert(assignments), rows)


def _add_fields(connection: Connection, study: Study, fields: Sequence[Place]) -> None:
    known = {(field.image, field.box) for field in study.fields}
    for place in dict.fromkeys(fields):
        if place in known:
            raise AnnotationError("A field must be new to the study, but one is in it already.")
        row = {
            "id": checks.new_id("f"),
            "study": study.id,
            "position": len(known),
            "image": place[0],
            "box": None if place[1] is None else json.dumps(place[1]),
        }
        connection.execute(insert(study_fields), row)
        known.add(place)


def _add_raters(connection: Connection, study: Study, raters: Iterable[str]) -> None:
    known = {rater.alias for rater in study.raters}
    for alias in dict.fromkeys(raters):
        if alias in known:
            here = (study_raters.c.study == study.id) & (study_raters.c.alias == alias)
            connection.execute(update(study_raters).where(here).values(active=True))
            continue
        row = {
            "study": study.id,
            "alias": alias,
            "position": len(known),
            "active": True,
            "since": store_now(),
        }
        connection.execute(insert(study_raters), row)
        known.add(alias)


def _study(connection: Connection, study: str, *, lock: bool = False) -> Study:
    query = select(studies).where(studies.c.id == study)
    row = connection.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise AnnotationError(f"A study of the store was expected, but got {study!r}.")
    of_fields = select(study_fields).where(study_fields.c.study == study)
    of_raters = select(study_raters).where(study_raters.c.study == study)
    return Study(
        row.id,
        row.name,
        Design.from_json(json.loads(row.design)),
        json.loads(row.hierarchy),
        row.made_by,
        row.since,
        tuple(
            StudyField(one.id, one.image, _box(one.box), one.gold)
            for one in connection.execute(of_fields.order_by(study_fields.c.position))
        ),
        tuple(
            StudyRater(one.alias, bool(one.active), one.since)
            for one in connection.execute(of_raters.order_by(study_raters.c.position))
        ),
    )


def _tasks(connection: Connection, study: str | None, rater: str | None) -> list[Task]:
    worked = (
        select(states.c.document, func.sum(states.c.seconds).label("seconds"))
        .group_by(states.c.document)
        .subquery()
    )
    query = (
        select(
            assignments,
            study_fields.c.image,
            study_fields.c.box,
            documents.c.status,
            worked.c.seconds,
        )
        .join(study_fields, study_fields.c.id == assignments.c.field)
        .outerjoin(documents, documents.c.id == assignments.c.document)
        .outerjoin(worked, worked.c.document == assignments.c.document)
        .order_by(assignments.c.study, assignments.c.rater, assignments.c.position)
    )
    query = query if study is None else query.where(assignments.c.study == study)
    query = query if rater is None else query.where(assignments.c.rater == rater)
    return [
        Task(
            row.id,
            row.study,
            row.field,
            row.image,
            _box(row.box),
            row.rater,
            row.arm,
            row.repeat,
            row.position,
            row.document,
            row.status or "not_started",
            row.seconds or 0.0,
        )
        for row in connection.execute(query)
    ]


def _open_task(connection: Connection, task: str) -> DocumentHead:
    query = (
        select(assignments, study_fields.c.image, study_fields.c.box, studies.c.hierarchy)
        .join(study_fields, study_fields.c.id == assignments.c.field)
        .join(studies, studies.c.id == assignments.c.study)
        .where(assignments.c.id == task)
    )
    row = connection.execute(query).first()
    if row is None:
        raise AnnotationError(f"A task of the store was expected, but got {task!r}.")
    head = DocumentHead(
        checks.new_id("d"),
        row.image,
        _box(row.box),
        row.rater,
        row.study,
        row.arm,
        row.repeat,
        hierarchy=json.loads(row.hierarchy),
    )
    head = open_in(connection, head)
    this = update(assignments).where(assignments.c.id == task)
    connection.execute(this.values(document=head.id))
    return head


def _box(text: str | None) -> Box | None:
    return None if text is None else tuple(json.loads(text))
