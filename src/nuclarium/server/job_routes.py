"""Jobs over HTTP: how far they are, and ending them."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from nuclarium.annotate.roles import is_at_least
from nuclarium.server.access import Person, Viewer
from nuclarium.server.errors import NotFound
from nuclarium.server.ids import JobId
from nuclarium.server.jobs import Job
from nuclarium.server.studio import studio_of

router = APIRouter(tags=["jobs"])


@router.get("/jobs/{job}")
async def job(request: Request, person: Viewer, job: JobId) -> dict[str, Any]:
    """Say how far a job is."""
    return studio_of(request).jobs.told(_own(request, person, job))


@router.post("/jobs/{job}/cancel")
async def cancel(request: Request, person: Viewer, job: JobId) -> dict[str, Any]:
    """End a job."""
    found = _own(request, person, job)
    found.cancel()
    return found.to_json()


def _own(request: Request, person: Person, job: str) -> Job:
    found = studio_of(request).jobs.job(job)
    if found.by != person.alias and not is_at_least(person.role, "senior"):
        raise NotFound(f"A job of yours was expected, but got {job!r}.")
    return found
