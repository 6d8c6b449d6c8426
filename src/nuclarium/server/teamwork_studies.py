"""Routes of studies: make one, plan its load, let raters join, see how far each is."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request

from nuclarium.annotate import checks
from nuclarium.annotate.blind import GOLD
from nuclarium.annotate.roles import is_at_least
from nuclarium.annotate.store import Store
from nuclarium.annotate.store_studies import Place, Study
from nuclarium.annotate.studies import Design
from nuclarium.annotate.study_board import planned_loads
from nuclarium.core.class_lists import content_of
from nuclarium.core.classes import hierarchy_of_content
from nuclarium.core.errors import AnnotationError
from nuclarium.server.access import Rater, Senior
from nuclarium.server.bodies import JsonBody, body_schema
from nuclarium.server.errors import NotFound
from nuclarium.server.ids import Alias
from nuclarium.server.studio import studio_of
from nuclarium.server.teamwork_json import Json, own_fields, study_board, study_line
from nuclarium.workspace.study_suggestions import warnings_of

router = APIRouter(tags=["teamwork"])
MOST_FIELDS = 5_000
StudyId = Annotated[str, Path(pattern="^s-[0-9a-f]{32}$")]
FieldId = Annotated[str, Path(pattern="^f-[0-9a-f]{32}$")]
TaskId = Annotated[str, Path(pattern="^a-[0-9a-f]{32}$")]

_ALIASES = {"type": "array", "items": {"type": "string"}}
_FIELDS = {"type": "array", "items": {"type": "object"}}
_DESIGN = {"type": "object", "x-optional": True}
_STUDY = body_schema(
    name={"type": "string"},
    fields=_FIELDS,
    raters=_ALIASES,
    design=_DESIGN,
    hierarchy={"type": "object", "x-optional": True},
)
_PLAN = body_schema(fields={"type": "integer"}, raters=_ALIASES, design=_DESIGN)


@router.get("/studies")
def list_studies(request: Request, person: Senior) -> list[Json]:
    """Return all studies with how far they are."""
    store = studio_of(request).store
    return [study_line(study, store.tasks(study=study.id)) for study in store.studies()]


@router.post("/studies", status_code=201, openapi_extra=_STUDY)
def make_study(request: Request, person: Senior, body: JsonBody) -> Json:
    """Make a study, and draw by lot who sees what; it keeps the classes of the project now.

    ``warnings`` of the answer say where an arm shows suggestions and there are none.
    """
    known = ("name", "fields", "raters", "design", "hierarchy")
    row = checks.an_object(body, "A study", known, ("name", "fields", "raters"))
    design = Design.from_json(row.get("design", {}))
    fields = fields_of(row["fields"], studio_of(request).store)
    raters = raters_of(row["raters"], studio_of(request).store)
    content = row.get("hierarchy") or studio_of(request).classes.content()
    hierarchy = content_of(hierarchy_of_content(content, "The classes of a study"))
    made = studio_of(request).store.add_study(
        row["name"], design, fields, raters, by=person.alias, hierarchy=hierarchy
    )
    return _board(studio_of(request).store, made)


@router.post("/studies/plan", openapi_extra=_PLAN)
def plan_study(person: Senior, body: JsonBody) -> list[Json]:
    """Return what each rater would get; nothing is made."""
    row = checks.an_object(body, "A plan", ("fields", "raters", "design"), ("fields", "raters"))
    raters = _texts(row["raters"], "The raters of a plan")
    design = Design.from_json(row.get("design", {}))
    return [load.to_json() for load in planned_loads(design, row["fields"], raters)]


@router.get("/studies/{study}")
def show_study(request: Request, person: Senior, study: StudyId) -> Json:
    """Return the progress board of a study."""
    return _board(studio_of(request).store, study_at(studio_of(request).store, study))


@router.post("/studies/{study}/raters", openapi_extra=body_schema(raters=_ALIASES))
def add_raters(request: Request, person: Senior, study: StudyId, body: JsonBody) -> Json:
    """Let raters join; what others have stays."""
    found = study_at(studio_of(request).store, study)
    row = checks.an_object(body, "What joins", ("raters",), ("raters",))
    raters = raters_of(row["raters"], studio_of(request).store)
    return _board(studio_of(request).store, studio_of(request).store.add_raters(found.id, raters))


@router.post("/studies/{study}/raters/{alias}/withdraw")
def withdraw_rater(request: Request, person: Senior, study: StudyId, alias: Alias) -> Json:
    """Let a rater leave; what was drawn stays."""
    found = study_at(studio_of(request).store, study)
    if alias not in {rater.alias for rater in found.raters}:
        raise NotFound(f"A rater of the study was expected, but got {alias[:60]!r}.")
    return _board(
        studio_of(request).store, studio_of(request).store.withdraw_rater(found.id, alias)
    )


@router.post("/studies/{study}/fields", openapi_extra=body_schema(fields=_FIELDS))
def add_fields(request: Request, person: Senior, study: StudyId, body: JsonBody) -> Json:
    """Add fields, which raters get after those that they have."""
    found = study_at(studio_of(request).store, study)
    row = checks.an_object(body, "What is added", ("fields",), ("fields",))
    fields = fields_of(row["fields"], studio_of(request).store)
    return _board(studio_of(request).store, studio_of(request).store.add_fields(found.id, fields))


@router.post("/studies/{study}/fields/{field}/gold")
def open_gold(request: Request, person: Senior, study: StudyId, field: FieldId) -> Json:
    """Return the document in which seniors draw the truth of a field, made where there is none."""
    found = study_at(studio_of(request).store, study)
    place = next((one for one in found.fields if one.id == field), None)
    if place is None:
        raise NotFound(f"A field of the study was expected, but got {field[:60]!r}.")
    if place.gold is not None:
        return {"document": place.gold}
    head = studio_of(request).store.open_document(
        place.image,
        owner=person.alias,
        box=place.box,
        study=found.id,
        arm=GOLD,
        hierarchy=found.hierarchy,
    )
    studio_of(request).store.set_gold(place.id, head.id)
    return {"document": head.id}


@router.get("/my/fields")
def my_fields(request: Request, person: Rater) -> list[Json]:
    """Return what this person has to do, in an own random order, and nothing of others."""
    return own_fields(studio_of(request).store, person.alias)


@router.post("/my/fields/{task}")
def open_field(request: Request, person: Rater, task: TaskId) -> Json:
    """Return the document of an own field, made when it is opened for the first time."""
    own = {one["task"] for one in own_fields(studio_of(request).store, person.alias)}
    if task not in own:
        raise NotFound("A field of yours was expected, but this is none. Go back to your fields.")
    return {"document": studio_of(request).store.open_task(task).id}


def study_at(store: Store, study: str) -> Study:
    """Return a study; NotFound where there is none of this id."""
    found = next((one for one in store.studies() if one.id == study), None)
    if found is None:
        raise NotFound(f"A study of this project was expected, but got {study[:60]!r}.")
    return found


def fields_of(value: Any, store: Store) -> list[Place]:
    """Read fields: objects with an image and, for a part of it, a box within it."""
    if not isinstance(value, list) or len(value) > MOST_FIELDS:
        raise AnnotationError(f"The fields of a study must be a list of at most {MOST_FIELDS}.")
    images = {image.id: image for image in store.images()}
    places: list[Place] = []
    for one in value:
        row = checks.an_object(one, "A field", ("image", "box"), ("image",))
        image = images.get(row["image"]) if isinstance(row["image"], str) else None
        if image is None:
            raise AnnotationError(
                f"A field must be of an image, but got {str(row['image'])[:60]!r}."
            )
        places.append((image.id, _box(row.get("box"), image.width, image.height)))
    return places


def raters_of(value: Any, store: Store) -> list[str]:
    """Read aliases of people who may draw."""
    aliases = _texts(value, "The raters of a study")
    people = {person.alias: person for person in store.users()}
    for alias in aliases:
        person = people.get(alias)
        if person is None or not person.active or not is_at_least(person.role, "rater"):
            raise AnnotationError(
                f"A rater must be an active person who may draw, but got {alias[:60]!r}. See the "
                "page of people."
            )
    return aliases


def _board(store: Store, study: Study) -> Json:
    images = {image.id: image for image in store.images()}
    places = [(field.image, field.box) for field in study.fields]
    warnings = warnings_of(store, study.design, places)
    return study_board(study, store.tasks(study=study.id), images) | {"warnings": warnings}


def _box(value: Any, width: int, height: int) -> tuple[int, int, int, int] | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 4:
        raise AnnotationError("The box of a field must be x0, y0, x1, y1, or null for the whole.")
    x0, y0, x1, y1 = (checks.a_whole(v, "An edge of a field", 0, checks.FARTHEST) for v in value)
    if not (x0 < x1 <= width and y0 < y1 <= height):
        raise AnnotationError(
            f"The box of a field must lie within its image of {width} × {height} pixels, but got "
            f"{x0}, {y0}, {x1}, {y1}."
        )
    return x0, y0, x1, y1


def _texts(value: Any, what: str) -> list[str]:
    if not isinstance(value, list) or len(value) > MOST_FIELDS:
        raise AnnotationError(f"{what} must be a list of aliases.")
    return [checks.a_text(one, what, empty=False) for one in value]
