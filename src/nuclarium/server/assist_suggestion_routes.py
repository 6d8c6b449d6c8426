"""Suggestions over HTTP: made by models, masks or results, shown where a study allows it."""

from __future__ import annotations

import json
import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from nuclarium.annotate import checks
from nuclarium.annotate.document import DocumentHead
from nuclarium.annotate.roles import is_at_least
from nuclarium.annotate.store_suggestions import Suggestion
from nuclarium.annotate.strokes import Stroke
from nuclarium.core.errors import AnnotationError
from nuclarium.io.files import hash_file
from nuclarium.predict.model import shipped_models
from nuclarium.server.access import Person, Rater, Viewer, is_read_only
from nuclarium.server.assist_bodies import (
    NUCLEI,
    MaskWish,
    a_box,
    a_yes_or_no,
    mask_wish,
    nuclei_settings,
)
from nuclarium.server.assist_state import Assist, assist_of, window_of
from nuclarium.server.blind_images import hidden_images, seen_source
from nuclarium.server.bodies import JsonBody, body_schema
from nuclarium.server.errors import Forbidden, NotFound
from nuclarium.server.ids import DocumentId, ImageId
from nuclarium.server.jobs import Job, JobCancelled
from nuclarium.server.shelf import ShelfImage
from nuclarium.suggest.file import classifier_digest
from nuclarium.workspace.assist_models import ModelRequest
from nuclarium.workspace.assist_nuclei import NucleiSettings, nuclei_of
from nuclarium.workspace.assist_process import Cancelled, suggested_in_process
from nuclarium.workspace.assist_results import results_of, suggestions_of_file
from nuclarium.workspace.assist_sources import (
    is_for,
    replace_suggestions,
    said_of,
    source_of,
)

router = APIRouter(tags=["suggestions"])

MOST_ANSWERED = 50_000
SOURCES = ("model", "results")
_OPTIONAL_TEXT = {"x-optional": True, "type": "string"}
_MAKE = body_schema(
    source={"enum": list(SOURCES)},
    model=_OPTIONAL_TEXT,
    file=_OPTIONAL_TEXT,
    diameter_um={"x-optional": True, "type": ["number", "null"]},
    z={"x-optional": True, "type": ["integer", "null"]},
    box={"x-optional": True, "type": ["array", "null"], "items": {"type": "number"}},
)
Corners = Annotated[str, Query(max_length=200)]
Plane = Annotated[int | None, Query(ge=0, le=100_000)]
Score = Annotated[float, Query(ge=0, le=1)]


@router.post("/documents/{document}/make-nuclei", openapi_extra=NUCLEI)
async def make_nuclei(
    request: Request, person: Rater, document: DocumentId, body: JsonBody
) -> dict[str, Any]:
    """Make nuclei of the mask: suggestions of this document, by a job; or a preview at once."""
    assist = assist_of(request)
    names = ("preview", "least_um", "least_px", "smooth_px", "part")
    wish, more = mask_wish(body, names)
    settings = nuclei_settings(more)
    is_preview = a_yes_or_no(more.get("preview", False), "preview")
    head = await run_in_threadpool(assist.head, document, person)
    drawn = await run_in_threadpool(assist.strokes, document, wish.ids, wish.sent)
    if is_preview:
        found = await assist.run(person, lambda: _nuclei(assist, head, wish, drawn, settings)[0])
        return {"count": len(found), "nuclei": [one.to_json() for one in found]}
    left = await run_in_threadpool(assist.studio.store.left_studies, person.alias)
    if is_read_only(head, person, left):
        raise Forbidden("This document is read only for you, so that no nuclei are made in it.")

    def work(job: Job) -> dict[str, Any]:
        job.tell(0.1, "Making nuclei of the mask")
        suggested, digest = _nuclei(assist, head, wish, drawn, settings, job)
        job.tell(0.9)
        z = wish.z if assist.image(head.image).shape[0] > 1 else None
        source = source_of("pixels", document, digest, z, wish.box)
        count = replace_suggestions(assist.studio.store, head.image, source, suggested)
        job.tell(1.0, f"{count:,} nuclei suggested")
        return {"count": count, "source": source}

    job = assist.studio.jobs.submit(work, by=person.alias, message="Making nuclei of the mask")
    return job.to_json()


@router.post("/images/{image}/suggestions", openapi_extra=_MAKE)
async def suggest(
    request: Request, person: Rater, image: ImageId, body: JsonBody
) -> dict[str, Any]:
    """Let a model suggest nuclei, or read those of a file in the project: a job."""
    assist = assist_of(request)
    known = ("source", "model", "file", "diameter_um", "z", "box")
    row = checks.an_object(body, "A wish for suggestions", known, ("source",))
    kind = checks.a_choice(row["source"], "The source of suggestions", SOURCES)
    there = await run_in_threadpool(assist.studio.shelf.image, image)
    if await run_in_threadpool(assist.is_unaided, image, person):
        raise Forbidden(
            "You work in this image without suggestions, in a study, so none are made by you. Ask "
            "a senior."
        )
    if kind == "model":
        work, message = _by_model(assist, there, _model_request(there, row)), "Running the model"
    else:
        file = checks.a_text(row.get("file", ""), "The file of results", empty=False)
        await run_in_threadpool(_check_file, assist, there, file, person)
        work, message = _by_results(assist, there, file), "Reading the results"
    return assist.studio.jobs.submit(work, by=person.alias, message=message).to_json()


@router.get("/images/{image}/suggestions")
async def sources(request: Request, person: Viewer, image: ImageId) -> dict[str, Any]:
    """List what can suggest nuclei in an image: models, and files of results in the project."""
    assist = assist_of(request)

    def look() -> dict[str, Any]:
        there = assist.studio.shelf.image(image)
        suits = "he" if there.facts.kind == "colour" else "fluo"
        models = sorted(shipped_models(), key=lambda name: (name != suits, name))
        is_hidden = image in hidden_images(assist.studio, person)  # files are named as images are
        files = [] if is_hidden else results_of(assist.studio.project, there.raw.name)
        return {"models": models, "results": files}

    return await run_in_threadpool(look)


@router.get("/documents/{document}/suggestions")
async def suggestions(
    request: Request,
    person: Viewer,
    document: DocumentId,
    box: Corners = "",
    z: Plane = None,
    least: Score = 0,
) -> Response:
    """Give the suggestions of a document that touch a box ``x0,y0,x1,y1``, or all.

    Of a stack, those of plane `z` and those of no plane. What a person has answered already is
    among them; 50,000 are given at most, the surest first where there are more.
    """
    assist = assist_of(request)
    corners = _corners(box)

    def look() -> str:
        head = assist.head(document, person)
        found = assist.studio.store.suggestions(head.image, box=corners or head.box)
        shown = [one for one in found if _is_shown(one, head, z, least)]
        if len(shown) > MOST_ANSWERED:
            shown.sort(key=lambda one: -(1.0 if one.score is None else one.score))
        is_hidden = head.image in hidden_images(assist.studio, person)
        made = {one.source: (said_of(one.source), one.source) for one in shown}
        made = {key: seen_source(key) for key in made} if is_hidden else made
        rows = [
            one.to_json() | dict(zip(("source", "made_by"), made[one.source], strict=True))
            for one in shown[:MOST_ANSWERED]
        ]
        return json.dumps(rows)

    return Response(await run_in_threadpool(look), media_type="application/json")


def _is_shown(one: Suggestion, head: DocumentHead, z: int | None, least: float) -> bool:
    is_in_plane = z is None or one.z is None or one.z == z
    return is_for(one.source, head.id) and is_in_plane and (one.score is None or one.score >= least)


def _nuclei(
    assist: Assist,
    head: DocumentHead,
    wish: MaskWish,
    drawn: list[Stroke],
    settings: NucleiSettings,
    job: Job | None = None,
) -> tuple[list[Suggestion], str]:
    """Return nuclei of the mask of a box, or of the whole field, and the classifier's hash."""
    image = assist.image(head.image)
    window = window_of(wish.box, head, image.shape)
    whole, done = max(1, window.shape[0] * window.shape[1]), 0

    def on_tile(pixels: int) -> None:
        nonlocal done
        done += pixels
        if job is not None:
            job.tell(0.1 + 0.6 * min(1.0, done / whole))

    layers = assist.brush.layers(image, drawn, window, wish.z, check=on_tile)
    z = wish.z if image.shape[0] > 1 else None
    found = nuclei_of(layers, window, z, image.spacing, settings)
    return found, classifier_digest(assist.brush.classifier(image, drawn))


def _model_request(there: ShelfImage, row: dict[str, Any]) -> ModelRequest:
    name = checks.a_text(row.get("model", ""), "The model")
    names = shipped_models()
    if name and name not in names:
        raise AnnotationError(
            f"The model must be one of {', '.join(names)}, but got {name[:40]!r}."
        )
    diameter = row.get("diameter_um")
    if diameter is not None:
        diameter = checks.a_number(diameter, "The diameter of nuclei", 0.1, 1000)
    z = row.get("z")
    if there.facts.n_z == 1:
        z = None
    elif z is not None:
        z = checks.a_whole(z, "The plane", 0, there.facts.n_z - 1)
    box = a_box(row.get("box"))
    return ModelRequest(str(there.raw.path), there.raw.scene, name, z, box, diameter)


def _by_model(assist: Assist, there: ShelfImage, wish: ModelRequest) -> Any:
    def work(job: Job) -> dict[str, Any]:
        job.tell(0.01, "Starting the model")
        try:
            name, digest, found = suggested_in_process(
                wish,
                lambda share: job.tell(0.02 + 0.9 * share, "Looking for nuclei"),
                lambda: job.is_cancelled,
            )
        except Cancelled:
            raise JobCancelled from None
        suggested = [Suggestion(_new_id(), rings, "", score, wish.z) for rings, score in found]
        source = source_of("model", name, digest, wish.z, wish.box)
        count = replace_suggestions(assist.studio.store, there.id, source, suggested)
        job.tell(1.0, f"{count:,} nuclei suggested by {name}")
        return {"count": count, "source": source}

    return work


def _check_file(assist: Assist, there: ShelfImage, file: str, person: Person) -> None:
    """Let raters read the results that are listed alone: other files may hold what they dispute."""
    known = results_of(assist.studio.project, there.raw.name)
    if not is_at_least(person.role, "senior") and file not in known:
        raise NotFound(
            "The file of results must be one of those that are listed for the image, but got "
            f"{file[:60]!r}. Ask a senior to read others."
        )


def _by_results(assist: Assist, there: ShelfImage, file: str) -> Any:
    def work(job: Job) -> dict[str, Any]:
        facts, project = there.facts, assist.studio.project
        shape = (facts.n_z, facts.height, facts.width)
        suggested = suggestions_of_file(project, file, shape)
        job.tell(0.7)
        digest = hash_file(project.folder / file)
        name = file.replace(" ", "_")
        source = source_of("results", name[-120:], digest, None, None)
        count = replace_suggestions(assist.studio.store, there.id, source, suggested)
        job.tell(1.0, f"{count:,} nuclei suggested by {file}")
        return {"count": count, "source": source}

    return work


def _corners(text: str) -> tuple[float, float, float, float] | None:
    if not text:
        return None
    try:
        x0, y0, x1, y1 = (float(word) for word in text.split(","))
    except ValueError:
        raise AnnotationError(
            f"box must be x0,y0,x1,y1 in pixels, but got {text[:60]!r}."
        ) from None
    if not (x0 < x1 and y0 < y1):
        raise AnnotationError(f"box must be x0,y0,x1,y1 in pixels, but got {text[:60]!r}.")
    return (x0, y0, x1, y1)


def _new_id() -> str:
    return f"u-{secrets.token_hex(16)}"
