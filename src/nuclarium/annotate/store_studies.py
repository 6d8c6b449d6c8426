"""Studies of a store: made, joined and left, and what each rater is to do."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select, update

from nuclarium.annotate import checks
from nuclarium.annotate.document import DocumentHead
from nuclarium.annotate.store_base import StoreBase, store_now
from nuclarium.annotate.store_documents import open_in
from nuclarium.annotate.studies import Design
from nuclarium.annotate.study_dealing import extend
from nuclarium.annotate.study_rows import Place, Study, Task, box_of, read_study, read_tasks
from nuclarium.annotate.tables import assignments, studies, study_fields, study_raters
from nuclarium.core.errors import AnnotationError

__all__ = ["Place", "Studies", "Study", "Task"]


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
            extend(connection, key, fields, raters)
            return key

        return self.study(self._write(make))

    def study(self, study: str) -> Study:
        """Return a study; AnnotationError where there is none."""
        return self._read(lambda connection: read_study(connection, study))

    def studies(self) -> list[Study]:
        """Return all studies, oldest first."""
        query = select(studies.c.id).order_by(studies.c.since, studies.c.id)
        return self._read(lambda c: [read_study(c, key) for key in c.scalars(query).all()])

    def add_raters(self, study: str, raters: Sequence[str]) -> Study:
        """Let people join; nobody else's fields change. One who had left comes back."""
        self._write(lambda connection: extend(connection, study, (), raters))
        return self.study(study)

    def add_fields(self, study: str, fields: Sequence[Place]) -> Study:
        """Add fields, which raters get after those that they have."""
        self._write(lambda connection: extend(connection, study, fields, ()))
        return self.study(study)

    def withdraw_rater(self, study: str, rater: str) -> Study:
        """Let a rater leave; what was drawn stays, and the next who joins takes the fields over."""
        here = (study_raters.c.study == study) & (study_raters.c.alias == rater)
        self._write(lambda c: c.execute(update(study_raters).where(here).values(active=False)))
        return self.study(study)

    def left_studies(self, rater: str) -> frozenset[str]:
        """Return the studies that a person was a rater of and left."""
        here = study_raters.c
        query = select(here.study).where(here.alias == rater, ~here.active)
        return frozenset(self._read(lambda connection: connection.scalars(query).all()))

    def set_gold(self, field: str, document: str | None) -> None:
        """Name the document that has the truth of a field, or none."""
        this = update(study_fields).where(study_fields.c.id == field)
        self._write(lambda connection: connection.execute(this.values(gold=document)))

    def tasks(self, *, study: str | None = None, rater: str | None = None) -> list[Task]:
        """Return what is to be done, of a study, a rater or both, each rater's in their order."""
        return self._read(lambda connection: read_tasks(connection, study, rater))

    def arms_of(self, rater: str, image: str) -> list[tuple[str, str]]:
        """Return study and arm of each field of an image that a rater has to do."""
        query = (
            select(assignments.c.study, assignments.c.arm)
            .join(study_fields, study_fields.c.id == assignments.c.field)
            .join(
                study_raters,
                (study_raters.c.study == assignments.c.study)
                & (study_raters.c.alias == assignments.c.rater),
            )
            .where(assignments.c.rater == rater, study_fields.c.image == image)
            .where(study_raters.c.active)
            .distinct()
        )
        return [(row.study, row.arm) for row in self._read(lambda c: c.execute(query).all())]

    def open_task(self, task: str) -> DocumentHead:
        """Return the document of a task, made where the rater opens it for the first time."""
        return self._write(lambda connection: _open_task(connection, task))


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
        box_of(row.box),
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
