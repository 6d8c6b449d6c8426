"""Studies and tasks as values, and how they are read from the tables of a store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from nuclarium.annotate.document import Box
from nuclarium.annotate.studies import Design
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


def read_study(connection: Connection, study: str, *, lock: bool = False) -> Study:
    """Read a study; with `lock`, nobody else changes it until the commit."""
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
            StudyField(one.id, one.image, box_of(one.box), one.gold)
            for one in connection.execute(of_fields.order_by(study_fields.c.position))
        ),
        tuple(
            StudyRater(one.alias, bool(one.active), one.since)
            for one in connection.execute(of_raters.order_by(study_raters.c.position))
        ),
    )


def read_tasks(connection: Connection, study: str | None, rater: str | None) -> list[Task]:
    """Read the tasks of a study, of a rater or of both, each rater's in their order."""
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
            box_of(row.box),
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


def box_of(text: str | None) -> Box | None:
    """Return a box from its JSON."""
    return None if text is None else tuple(json.loads(text))
