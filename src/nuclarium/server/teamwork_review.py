"""Routes of work and review: how far a document is, what a senior says of it, gold feedback."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request

from nuclarium.annotate import checks
from nuclarium.annotate.document import DocumentHead
from nuclarium.annotate.feedback import feedback
from nuclarium.annotate.store_studies import Study, Task
from nuclarium.annotate.study_board import FINISHED
from nuclarium.core.errors import AnnotationError
from nuclarium.server.access import Person, Rater, Senior, seen_document
from nuclarium.server.bodies import JsonBody, body_schema
from nuclarium.server.errors import Forbidden
from nuclarium.server.ids import DocumentId
from nuclarium.server.studio import Studio, studio_of
from nuclarium.server.teamwork_json import Json

router = APIRouter(tags=["teamwork"])
_STATUS = body_schema(status={"type": "string"}, seconds={"type": "number", "x-optional": True})
_REVIEW = body_schema(
    state={"enum": ["approved", "needs_work"]},
    reason={"type": "string", "x-optional": True},
    mark={"type": ["array", "null"], "items": {"type": "number"}, "x-optional": True},
)
LONGEST_SITTING_S = 86_400


@router.post("/documents/{document}/status", openapi_extra=_STATUS)
def set_status(request: Request, person: Rater, document: DocumentId, body: JsonBody) -> Json:
    """Say how far the own work is, and how long it took since it was said last."""
    row = checks.an_object(body, "A status", ("status", "seconds"), ("status",))
    head = own_document(studio_of(request), document, person)
    seconds = checks.a_number(row.get("seconds", 0), "Seconds on task", 0, LONGEST_SITTING_S)
    now = studio_of(request).store.set_status(
        head.id, str(row["status"])[:60], person.alias, seconds=seconds
    )
    studio_of(request).documents.forget(head.id)
    return {"status": now.status}


@router.get("/documents/{document}/states")
def show_states(request: Request, person: Rater, document: DocumentId) -> list[Json]:
    """Return the steps of a document: when it was begun, done, sent back, approved, and why."""
    head = seen_document(studio_of(request), document, person)
    return [state.to_json() for state in studio_of(request).store.states(head.id)]


@router.get("/documents/{document}/feedback")
def show_feedback(request: Request, person: Rater, document: DocumentId) -> Json:
    """Return how the rater did on a field whose truth is known, once it is done.

    ``{"known": false}`` where the study gives no feedback, the field has no known truth, or the
    work is not done.
    """
    head = own_document(studio_of(request), document, person)
    if head.study is None or head.status not in FINISHED:
        return {"known": False}
    study = studio_of(request).store.study(head.study)
    places = {(field.image, field.box): field.gold for field in study.fields}
    gold = places.get((head.image, head.box))
    if not study.design.feedback or gold is None:
        return {"known": False}
    drawn = studio_of(request).store.document(head.id).nuclei.values()
    return {"known": True} | feedback(
        drawn, studio_of(request).store.document(gold).nuclei.values()
    ).to_json()


@router.get("/review")
def review_queue(request: Request, person: Senior) -> list[Json]:
    """Return what waits for a review, then what was sent back, then what is approved."""
    store = studio_of(request).store
    images = {image.id: image.name for image in store.images()}
    order = {"done": 0, "needs_work": 1, "approved": 2}
    rows: list[Json] = []
    for study in store.studies():
        waiting = [task for task in store.tasks(study=study.id) if task.status in order]
        rows += [_line(study, task, images) for task in waiting]
    return sorted(rows, key=lambda row: order[row["status"]])


@router.post("/documents/{document}/review", openapi_extra=_REVIEW)
def review(request: Request, person: Senior, document: DocumentId, body: JsonBody) -> Json:
    """Approve a document, or send it back with a reason and a mark on the spot."""
    row = checks.an_object(body, "A review", ("state", "reason", "mark"), ("state",))
    head = seen_document(studio_of(request), document, person)
    reason = row.get("reason") or ""
    if not isinstance(reason, str):
        raise AnnotationError(f"The reason of a review must be a text, but got {reason!r:.60}.")
    mark = row.get("mark")
    spot = None if mark is None else _spot(mark)
    now = studio_of(request).store.review(
        head.id, row["state"], person.alias, reason=reason, mark=spot
    )
    studio_of(request).documents.forget(head.id)
    return {"status": now.status}


def own_document(studio: Studio, document: str, person: Person) -> DocumentHead:
    """Return a document that is a person's own, or shared.

    Raises
    ------
    NotFound, Forbidden
        If there is none that this person may see; if it is somebody else's.
    """
    head = seen_document(studio, document, person)
    if head.owner not in (None, person.alias):
        raise Forbidden(
            "The work must be your own, but this is somebody else's. Review it instead."
        )
    return head


def _line(study: Study, task: Task, images: Mapping[str, str]) -> Json:
    numbers = {field.id: number for number, field in enumerate(study.fields, 1)}
    return {
        "document": task.document,
        "study": {"id": study.id, "name": study.name},
        "field": numbers[task.field],
        "image": task.image,
        "image_name": images.get(task.image, ""),
        "box": None if task.box is None else list(task.box),
        "rater": task.rater,
        "arm": task.arm,
        "repeat": task.repeat,
        "status": task.status,
        "seconds": round(task.seconds, 1),
    }


def _spot(value: Any) -> tuple[float, float]:
    x, y = checks.coordinates(value, "The mark of a review")[:2]
    return x, y
