"""Adds fields and raters to a study of a store, and deals what that changes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, insert, select, update

from nuclarium.annotate import checks
from nuclarium.annotate.store_base import store_now
from nuclarium.annotate.studies import Assignment, assign
from nuclarium.annotate.study_rows import Place, Study, read_study
from nuclarium.annotate.tables import assignments, study_fields, study_raters
from nuclarium.core.errors import AnnotationError


def extend(
    connection: Connection, study: str, fields: Sequence[Place], raters: Sequence[str]
) -> None:
    """Add fields and raters to a study, and deal what that changes."""
    before = read_study(connection, study, lock=True)
    if not before.fields and not fields:
        raise AnnotationError("A study must have at least one field, but got none.")
    _add_fields(connection, before, fields)
    _add_raters(connection, before, raters)
    now = read_study(connection, study)
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
