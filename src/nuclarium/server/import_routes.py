"""Files of other tools into a document, over HTTP: one gesture, which can be taken back."""

from __future__ import annotations

import base64
import binascii
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from nuclarium.annotate import checks
from nuclarium.core.errors import AnnotationError
from nuclarium.server.access import Rater, is_read_only, seen_document
from nuclarium.server.bodies import JsonBody, body_schema
from nuclarium.server.errors import Forbidden
from nuclarium.server.ids import DocumentId
from nuclarium.server.studio import studio_of
from nuclarium.workspace.annotation_import import import_into
from nuclarium.workspace.drawn_files import ENDINGS

router = APIRouter(tags=["documents"])

_FILE = body_schema(name={"type": "string"}, content={"type": "string", "format": "byte"})


@router.post("/documents/{document}/import", openapi_extra=_FILE)
async def import_file(
    request: Request, person: Rater, document: DocumentId, body: JsonBody
) -> dict[str, Any]:
    """Draw what a file holds: `content` is the file in base64, whose end of `name` says its kind.

    GeoJSON, ImageJ ROIs, COCO, label images and tables of marks are read. What is there already,
    drawn alike, is not drawn again.
    """
    studio = studio_of(request)
    row = checks.an_object(body, "A file", ("name", "content"), ("name", "content"))
    name = checks.a_text(row["name"], "The name of a file", empty=False)
    content = _decoded(row["content"])

    def work() -> dict[str, Any]:
        head = seen_document(studio, document, person)
        if is_read_only(head, person, studio.store.left_studies(person.alias)):
            raise Forbidden("This document is read only for you, so that nothing was imported.")
        with TemporaryDirectory() as folder:
            path = Path(folder) / _safe(name)
            path.write_bytes(content)
            classes = studio.classes.content()
            return asdict(import_into(studio.store, document, path, person.alias, classes))

    return await run_in_threadpool(work)


def _decoded(content: Any) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError, TypeError):
        raise AnnotationError("The content of a file must be base64, but is not.") from None


def _safe(name: str) -> str:
    """Return a name for a temporary file: the stem, for messages, and an ending that is known."""
    base = name.replace("\\", "/").rpartition("/")[2]
    ending = next((one for one in ENDINGS if base.lower().endswith(one)), None)
    if ending is None:
        raise AnnotationError(
            f"A file of what is drawn must end in one of {', '.join(ENDINGS)}, but got "
            f"{base[:60]!r}. Export one of them."
        )
    stem = "".join(sign for sign in base[: -len(ending)] if sign.isalnum() or sign in " -_.")
    return (stem.lstrip(". ")[:60] or "file") + ending
