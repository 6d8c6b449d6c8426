"""Routes of the suggestions of a study: where there are none, and a model that makes them."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from nuclarium.annotate import checks
from nuclarium.annotate.store_studies import Place
from nuclarium.annotate.store_suggestions import Suggestion
from nuclarium.core.errors import NuclariumError
from nuclarium.core.geometry import Box
from nuclarium.server.access import Senior
from nuclarium.server.bodies import JsonBody, body_schema
from nuclarium.server.jobs import Job, JobCancelled
from nuclarium.server.studio import Studio, studio_of
from nuclarium.server.teamwork_json import Json
from nuclarium.server.teamwork_studies import fields_of
from nuclarium.workspace.assist_models import ModelRequest
from nuclarium.workspace.assist_process import Cancelled, suggested_in_process
from nuclarium.workspace.assist_sources import replace_suggestions, source_of
from nuclarium.workspace.study_suggestions import unsuggested

router = APIRouter(tags=["teamwork"])
_FIELDS = body_schema(fields={"type": "array", "items": {"type": "object"}})


@router.post("/studies/unsuggested", openapi_extra=_FIELDS)
def show_unsuggested(request: Request, person: Senior, body: JsonBody) -> Json:
    """Return in which fields nothing is suggested that raters would see, in one sentence."""
    store = studio_of(request).store
    found = unsuggested(store, _places(request, body))
    return {
        "sentence": found.sentence,
        "images": list(dict.fromkeys(image for image, _ in found.places)),
        "fields": len(found.places),
    }


@router.post("/studies/suggest", openapi_extra=_FIELDS)
def suggest(request: Request, person: Senior, body: JsonBody) -> Json:
    """Let the shipped model for each image suggest nuclei in fields that have none: a job.

    Of a stack the model looks at the brightest value of all planes, as the consensus does, and its
    suggestions are of no plane: they are shown in all.
    """
    studio = studio_of(request)
    places = unsuggested(studio.store, _places(request, body)).places

    def work(job: Job) -> Any:
        count, failed = 0, []
        for number, place in enumerate(places):
            try:
                count += _suggested(studio, place, job, (number, len(places)))
            except Cancelled:
                raise JobCancelled from None
            except NuclariumError as error:
                failed.append(f"{_name(studio, place)}: {error}")
        if failed and not count:
            raise NuclariumError(" ".join(failed))
        done = f"{count:,} nuclei suggested in {len(places) - len(failed)} fields"
        job.tell(1.0, ". ".join([done, *failed]))
        return {"count": count, "failed": failed}

    return studio.jobs.submit(work, by=person.alias, message="Waiting for the model").to_json()


def _suggested(studio: Studio, place: Place, job: Job, turn: tuple[int, int]) -> int:
    """Run the model on one field and keep what it finds; returns how many nuclei."""
    image, corners = place
    there = studio.shelf.image(image)
    number, of = turn
    words = f"Looking for nuclei in field {number + 1} of {of}"
    job.tell(number / of, words)
    box = None if corners is None else Box(corners[1], corners[0], corners[3], corners[2])
    name, digest, found = suggested_in_process(
        ModelRequest(str(there.raw.path), there.raw.scene, box=box),
        lambda share: job.tell((number + share) / of, words),
        lambda: job.is_cancelled,
    )
    suggested = [Suggestion(checks.new_id("u"), rings, "", score) for rings, score in found]
    source = source_of("model", name, digest, None, box)
    return replace_suggestions(studio.store, image, source, suggested)


def _places(request: Request, body: Any) -> list[Place]:
    row = checks.an_object(body, "A wish", ("fields",), ("fields",))
    return fields_of(row["fields"], studio_of(request).store)


def _name(studio: Studio, place: Place) -> str:
    return next((one.name for one in studio.store.images() if one.id == place[0]), "")
