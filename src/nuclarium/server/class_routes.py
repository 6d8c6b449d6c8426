"""The classes of the project over HTTP: what they are, and an admin who chooses others."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from nuclarium.annotate import checks
from nuclarium.core.class_lists import MOST_CLASSES
from nuclarium.core.classes import shipped_hierarchy, shipped_names
from nuclarium.core.errors import AnnotationError
from nuclarium.server.access import Admin, Viewer
from nuclarium.server.bodies import JsonBody, body_schema
from nuclarium.server.studio import Studio, studio_of
from nuclarium.workspace.project_classes import choose_classes
from nuclarium.workspace.project_settings import class_choice

router = APIRouter(tags=["classes"])
_CHOOSE = body_schema(classes={"type": ["array", "string"], "items": {"type": "string"}})


@router.get("/classes")
async def show(request: Request, person: Viewer) -> dict[str, Any]:
    """Return the classes of the project, and which others come with the program."""
    return await run_in_threadpool(_said, studio_of(request))


@router.post("/classes", openapi_extra=_CHOOSE)
async def choose(request: Request, person: Admin, body: JsonBody) -> dict[str, Any]:
    """Choose names, or a hierarchy that comes with the program; studies keep theirs."""
    studio = studio_of(request)
    row = checks.an_object(body, "A choice of classes", ("classes",), ("classes",))
    choice = class_choice(row["classes"])

    def work() -> dict[str, Any]:
        known = (
            *shipped_names(),
            *([studio.classes.choice] * isinstance(studio.classes.choice, str)),
        )
        if isinstance(choice, str) and choice not in known:
            raise AnnotationError(
                f"Classes must be a list of names, or one of {', '.join(map(str, known))}, but got "
                f"{choice[:60]!r}. A file is chosen with: nuclarium classes FILE"
            )
        choose_classes(studio.project, choice, made_by=f"studio: classes, by {person.alias}")
        return _said(studio)

    return await run_in_threadpool(work)


def _said(studio: Studio) -> dict[str, Any]:
    choice = studio.classes.choice
    shipped = {name: shipped_hierarchy(name) for name in shipped_names()}
    return {
        "choice": choice if isinstance(choice, str) else list(choice),
        "hierarchy": studio.classes.content(),
        "shipped": [
            {"name": name, "levels": [len(level.classes) for level in one.levels]}
            for name, one in shipped.items()
        ],
        "most": MOST_CLASSES,
    }
