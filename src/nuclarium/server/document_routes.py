"""Documents over HTTP: opened, read, edited, followed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from nuclarium.annotate import checks
from nuclarium.annotate.blind import seen_by
from nuclarium.annotate.changes import Change, changes_from_json
from nuclarium.annotate.document import Box, DocumentHead
from nuclarium.annotate.strokes import Stroke
from nuclarium.core.errors import AnnotationError
from nuclarium.server.access import (
    Person,
    Rater,
    Viewer,
    draws_in,
    is_read_only,
    may_see,
    seen_document,
)
from nuclarium.server.assist_bodies import MOST_SENT
from nuclarium.server.bodies import JsonBody, beside, body_schema, json_body
from nuclarium.server.ids import DocumentId, NucleusId
from nuclarium.server.studio import Studio, studio_of

router = APIRouter(tags=["documents"])

_OPEN = body_schema(
    image={"type": "string"},
    box={"x-optional": True, "type": ["array", "null"], "items": {"type": "integer"}},
    shared={"x-optional": True, "type": "boolean"},
)
_EDITS = body_schema(edits={"type": "array", "items": {"type": "object"}})
Since = Annotated[int, Query(ge=0, le=2**53)]


@router.post("/documents", openapi_extra=_OPEN)
async def open_document(request: Request, person: Rater, body: JsonBody) -> Response:
    """Open what a person, or all together, draw in a field; what is there already is opened."""
    studio = studio_of(request)
    row = checks.an_object(body, "What is opened", ("image", "box", "shared"), ("image",))
    image = checks.an_id(row["image"], "The image of a document", "i")
    is_shared = row.get("shared", False)
    if not isinstance(is_shared, bool):
        raise AnnotationError(f"shared must be true or false, but got {is_shared!r:.40}.")

    def open_it() -> str:
        facts = studio.shelf.image(image).facts
        box = _box(row.get("box"), facts.width, facts.height)
        owner = None if is_shared else person.alias
        head = studio.store.open_document(image, owner=owner, box=box)
        return _text(studio, head, person)

    return _json(await run_in_threadpool(open_it))


@router.get("/documents")
async def documents(
    request: Request, person: Viewer, image: Annotated[str | None, Query(max_length=40)] = None
) -> Response:
    """List documents that a person may see, without what is drawn in them and their classes."""
    studio = studio_of(request)

    def read() -> str:
        heads = [one for one in studio.store.documents(image=image) if may_see(one, person)]
        left = studio.store.left_studies(person.alias)
        return json.dumps([_listed(head, person, left) for head in heads])

    return _json(await run_in_threadpool(read))


@router.get("/documents/{document}")
async def document(request: Request, person: Viewer, document: DocumentId) -> Response:
    """Read a document with all that is drawn in it."""
    studio = studio_of(request)

    def read() -> str:
        return _text(studio, seen_document(studio, document, person), person)

    return _json(await run_in_threadpool(read))


@router.post("/documents/{document}/edits", openapi_extra=_EDITS)
async def edits(request: Request, person: Rater, document: DocumentId) -> Response:
    """Keep edits; those that are acknowledged are on the disk."""
    studio = studio_of(request)
    body = await json_body(request)
    changes = await beside(await request.body(), _changes_in, body)
    head = studio.documents.remembered(document)
    if head is None or not may_see(head, person):
        head = await run_in_threadpool(seen_document, studio, document, person)
        studio.documents.remember(head)
    later = studio.store.append_later(
        document, changes, person.alias, into_approved=draws_in(head, person)
    )
    # Shielded: whoever goes away does not take back what is being written.
    answer = await asyncio.shield(asyncio.wrap_future(later))
    return _json(json.dumps(answer.to_json()))


@router.get("/documents/{document}/changes")
async def changes(
    request: Request, person: Viewer, document: DocumentId, since: Since = 0
) -> Response:
    """Return the edits after a revision, and the revision now.

    Where the store was set back to a backup, its `edition` is another one: then load the document
    anew.
    """
    studio = studio_of(request)

    def read() -> str:
        head = seen_document(studio, document, person)
        found = studio.store.changes(document, since)
        edits = [one.to_json() for one in found]
        revision = found[-1].revision if found else head.revision
        answer = {"edits": edits, "revision": revision, "edition": studio.store.edition}
        return json.dumps(answer)

    return _json(await run_in_threadpool(read))


@router.get("/documents/{document}/events", response_class=StreamingResponse)
async def events(request: Request, person: Viewer, document: DocumentId) -> StreamingResponse:
    """Tell each new revision as a server-sent event."""
    studio = studio_of(request)
    head = await run_in_threadpool(seen_document, studio, document, person)
    told: AsyncIterator[bytes] = studio.events.listen(document, head.revision, by=person.alias)
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(told, media_type="text/event-stream", headers=headers)


@router.get("/documents/{document}/history")
async def history(
    request: Request, person: Viewer, document: DocumentId, nucleus: NucleusId
) -> Response:
    """Return what was done to a nucleus: who, when, what."""
    studio = studio_of(request)

    def read() -> str:
        seen_document(studio, document, person)
        return json.dumps([one.to_json() for one in studio.store.history(document, nucleus)])

    return _json(await run_in_threadpool(read))


@router.get("/documents/{document}/gestures")
async def gestures(request: Request, person: Viewer, document: DocumentId) -> Response:
    """Return what this person did, gesture by gesture: what can be undone and brought back."""
    studio = studio_of(request)

    def read() -> str:
        seen_document(studio, document, person)
        own = studio.store.gestures(document, person.alias)
        return json.dumps([one.to_json() for one in own])

    return _json(await run_in_threadpool(read))


def _changes_in(body: Any) -> list[Change]:
    row = checks.an_object(body, "A body", ("edits",), ("edits",))
    changes = changes_from_json(row["edits"])
    if sum(isinstance(change, Stroke) for change in changes) > MOST_SENT:
        raise AnnotationError(
            f"At most {MOST_SENT} strokes may be sent together, but got more. Send them in parts."
        )
    return changes


def _box(value: Any, width: int, height: int) -> Box | None:
    if value is None:
        return None
    is_four = isinstance(value, list) and len(value) == 4
    x0, y0, x1, y1 = (
        [checks.a_whole(one, "A box", 0, 2**31) for one in value] if is_four else [0, 0, 0, 0]
    )
    if not (0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height):
        raise AnnotationError(
            f"A box must be x0, y0, x1, y1 within {width} × {height} px, but got {value!r:.60}."
        )
    return (x0, y0, x1, y1)


def _listed(head: DocumentHead, person: Person, left: frozenset[str]) -> dict[str, Any]:
    row = seen_by(head, person.role).to_json() | {"read_only": is_read_only(head, person, left)}
    del row["hierarchy"]
    return row


def _text(studio: Studio, head: DocumentHead, person: Person) -> str:
    return studio.store.document_text(
        head.id,
        read_only=is_read_only(head, person, studio.store.left_studies(person.alias)),
        role=person.role,
        classes=studio.classes.content(),
        edition=studio.store.edition,
    )


def _json(text: str) -> Response:
    return Response(text, media_type="application/json")
