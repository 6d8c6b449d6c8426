"""Routes of the consensus of a study: make it, look at it, decide what is disputed, export."""

from __future__ import annotations

import threading
from pathlib import Path
from tempfile import mkdtemp
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, Response
from starlette.background import BackgroundTask

from nuclarium.annotate import checks
from nuclarium.server.access import Senior
from nuclarium.server.bodies import JsonBody, body_schema
from nuclarium.server.errors import NotFound
from nuclarium.server.jobs import Job
from nuclarium.server.studio import studio_of
from nuclarium.server.teamwork_json import Json
from nuclarium.server.teamwork_studies import StudyId, study_at
from nuclarium.workspace.study_consensus import (
    consensus_folder,
    consensus_state,
    disputed_nuclei,
    make_consensus,
)
from nuclarium.workspace.study_decisions import decide, disputed_with_decisions, open_decisions
from nuclarium.workspace.study_export import export_zip
from nuclarium.workspace.study_pictures import disputed_picture

router = APIRouter(tags=["teamwork"])
Item = Annotated[str, Query(max_length=400)]
_TEXT = {"type": "string"}
_TYPES = {".html": "text/html; charset=utf-8", ".csv": "text/csv; charset=utf-8",
          ".json": "application/json"}  # fmt: skip
_FRAMED = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; "
    "font-src data:; sandbox allow-scripts allow-popups allow-downloads; frame-ancestors 'self'"
)
"""The page is of the project's own making, but may not act as who looks at it."""

_guard = threading.Lock()
_made: dict[str, threading.Lock] = {}


@router.post("/studies/{study}/consensus", openapi_extra=body_schema())
def start_consensus(request: Request, person: Senior, study: StudyId, body: JsonBody) -> Json:
    """Make the consensus of a study, as a job; what people draw meanwhile waits for the next."""
    row = checks.an_object(body, "A consensus", ("arm",), ())
    arm = row.get("arm")
    studio = studio_of(request)
    found = study_at(studio.store, study)
    if arm is not None:
        arm = checks.a_choice(arm, "The arm of a consensus", [a.name for a in found.design.arms])

    def work(job: Job) -> Any:
        with _one_of(found.id):
            job.tell(0.01)
            make_consensus(studio.project, studio.store, found, arm=arm, tell=job.tell)
        return {"study": found.id}

    return studio.jobs.submit(work, by=person.alias, message="Waiting").to_json()


@router.get("/studies/{study}/consensus")
def show_state(request: Request, person: Senior, study: StudyId) -> Json:
    """Return the consensus in short, and whether people drew since it was made."""
    studio = studio_of(request)
    return consensus_state(studio.project, studio.store, study_at(studio.store, study))


@router.get("/studies/{study}/consensus/{file}", response_class=FileResponse)
def show_file(request: Request, person: Senior, study: StudyId, file: str) -> FileResponse:
    """Give the page or a table of the consensus."""
    studio = studio_of(request)
    found = consensus_folder(studio.project, study_at(studio.store, study).id)
    if not found.is_ready or file not in found.files:
        raise NotFound("A file of the consensus was expected, but there is none of this name.")
    path = found.out / file
    headers = {
        "content-security-policy": _FRAMED,
        "x-frame-options": "SAMEORIGIN",
        "cache-control": "no-store",
    }
    return FileResponse(path, media_type=_TYPES[path.suffix], headers=headers)


@router.get("/studies/{study}/disputed")
def show_disputed(request: Request, person: Senior, study: StudyId) -> list[Json]:
    """Return the nuclei that raters dispute, with what seniors decided."""
    studio = studio_of(request)
    return disputed_with_decisions(studio.project, studio.store, study_at(studio.store, study))


@router.get("/studies/{study}/disputed/picture", response_class=Response)
def show_disputed_picture(request: Request, person: Senior, study: StudyId, item: Item) -> Response:
    """Give a disputed nucleus as a small picture, with what each rater drew there."""
    studio = studio_of(request)
    found = study_at(studio.store, study)
    row = _disputed(request, study, item)
    picture = disputed_picture(studio.project, studio.store, found, row)
    return Response(picture, media_type="image/webp", headers={"cache-control": "no-cache"})


@router.post("/studies/{study}/adjudications", openapi_extra=body_schema(item=_TEXT, label=_TEXT))
def adjudicate(request: Request, person: Senior, study: StudyId, body: JsonBody) -> Json:
    """Decide what a disputed nucleus is: a class, ``undetected``, or empty to take it back."""
    row = checks.an_object(body, "A decision", ("item", "label"), ("item", "label"))
    label = checks.a_text(row["label"], "The label of a decision")
    studio = studio_of(request)
    found = study_at(studio.store, study)
    decide(studio.store, found, _disputed(request, study, row["item"]), label, person.alias)
    return {"label": label, "by": person.alias}


@router.post("/studies/{study}/adjudications/open", openapi_extra=body_schema(item=_TEXT))
def open_adjudication(request: Request, person: Senior, study: StudyId, body: JsonBody) -> Json:
    """Return the senior's own document of the field in which a disputed nucleus lies."""
    row = checks.an_object(body, "A nucleus", ("item",), ("item",))
    studio = studio_of(request)
    found = study_at(studio.store, study)
    field = _disputed(request, study, row["item"])["field"]
    return {"document": open_decisions(studio.store, found, field, person.alias).id}


@router.get("/export", response_class=FileResponse)
def export(
    request: Request,
    person: Senior,
    form: Annotated[str, Query(max_length=40, alias="format")] = "table",
    study: Annotated[str | None, Query(max_length=40)] = None,
    truth: Annotated[str, Query(max_length=40)] = "",
) -> FileResponse:
    """Give what people drew so far as a zip, in any format."""
    studio = studio_of(request)
    found = None if study is None else study_at(studio.store, study)
    folder = Path(mkdtemp(prefix="nuclarium-export-"))
    path = folder / f"{form if form.replace('-', '').isalnum() else 'export'}.zip"
    try:
        export_zip(studio.project, studio.store, path, form, study=found, truth=truth)
    except BaseException:
        _remove(folder)
        raise
    task = BackgroundTask(_remove, folder)
    return FileResponse(path, media_type="application/zip", filename=path.name, background=task)


def _one_of(study: str) -> threading.Lock:
    """Return what lets one consensus of a study be made at a time: all write the same files."""
    with _guard:
        return _made.setdefault(study, threading.Lock())


def _disputed(request: Request, study: str, item: Any) -> dict[str, Any]:
    studio = studio_of(request)
    rows = disputed_nuclei(studio.project, studio.store, study_at(studio.store, study))
    found = next((row for row in rows if row["item"] == item), None)
    if found is None:
        raise NotFound(
            "A disputed nucleus of the study was expected, but this is none (any more). Load the "
            "page again."
        )
    return found


def _remove(folder: Path) -> None:
    for path in folder.glob("*"):
        path.unlink(missing_ok=True)
    folder.rmdir()
