"""Scribbles over HTTP: strokes are kept, and the mask that they make is answered."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from nuclarium.annotate import checks
from nuclarium.annotate.document import DocumentHead
from nuclarium.annotate.strokes import Stroke
from nuclarium.core.errors import AnnotationError
from nuclarium.core.geometry import Box
from nuclarium.server.access import Rater, Viewer, draws_in, seen_document
from nuclarium.server.assist_bodies import (
    LAYERS,
    MASK,
    MOST_SENT,
    LayerName,
    MaskWish,
    a_box,
    a_plane,
    mask_wish,
)
from nuclarium.server.assist_pictures import MOST_TILE_PIXELS, grey_png, tile_png, tile_window
from nuclarium.server.assist_state import Assist, assist_of, window_of
from nuclarium.server.bodies import JsonBody, body_schema
from nuclarium.server.errors import NotFound
from nuclarium.server.ids import DocumentId, Number
from nuclarium.server.jobs import Job
from nuclarium.suggest.classifier import PixelClassifier
from nuclarium.suggest.file import write_classifier
from nuclarium.workspace.assist_pixels import MOST_PIXELS, Superseded

router = APIRouter(tags=["scribbles"])

_STROKES = body_schema(strokes={"type": "array", "items": {"type": "object"}})
_PLACE = body_schema(
    box={"type": "array", "items": {"type": "number"}},
    z={"x-optional": True, "type": ["integer", "null"]},
)
Plane = Annotated[int, Query(ge=0, le=100_000)]
Layer = Annotated[LayerName, Query()]


@router.post("/documents/{document}/strokes", openapi_extra=_STROKES)
async def strokes(
    request: Request, person: Rater, document: DocumentId, body: JsonBody
) -> dict[str, Any]:
    """Keep strokes; those that are acknowledged are on the disk."""
    assist = assist_of(request)
    row = checks.an_object(body, "A body", ("strokes",), ("strokes",))
    if not isinstance(row["strokes"], list) or len(row["strokes"]) > MOST_SENT:
        raise AnnotationError(f"strokes must be a list of at most {MOST_SENT}.")
    drawn = [Stroke.from_json(one) for one in row["strokes"]]

    def keep() -> dict[str, Any]:
        head = seen_document(assist.studio, document, person)
        is_free = draws_in(head, person)
        answer = assist.studio.store.append(document, drawn, person.alias, into_approved=is_free)
        return answer.to_json()

    return await run_in_threadpool(keep)


@router.post("/documents/{document}/pixels", openapi_extra=MASK, response_class=Response)
async def pixels(
    request: Request, person: Viewer, document: DocumentId, body: JsonBody
) -> Response:
    """Mask a box of a plane by the strokes; an 8-bit PNG of the box, cut at the image's edge.

    What is worked on for the same person by older strokes ends with status 409.
    """
    assist = assist_of(request)
    wish, _ = mask_wish(body)
    head = await run_in_threadpool(assist.head, document, person)
    drawn = await run_in_threadpool(assist.strokes, document, wish.ids, wish.sent)
    check = assist.newest.begin((document, person.alias), _ids(drawn))

    def mask() -> tuple[bytes, Box]:
        check(0)
        image = assist.image(head.image)
        window = window_of(wish.box, head, image.shape)
        layers = assist.brush.layers(image, drawn, window, wish.z, check=check, keep=True)
        return grey_png(getattr(layers, wish.layer)), window

    body_, window = await assist.run(person, mask)
    place = f"{window.x0},{window.y0},{window.x1},{window.y1}"
    return Response(body_, media_type="image/png", headers={"x-box": place})


@router.post("/documents/{document}/pixels/prepare", openapi_extra=_PLACE)
async def prepare(
    request: Request, person: Viewer, document: DocumentId, body: JsonBody
) -> dict[str, Any]:
    """Look at a box ahead of the first stroke, so that its mask comes at once."""
    assist = assist_of(request)
    row = checks.an_object(body, "A place", ("box", "z"), ("box",))
    box, z = a_box(row["box"]), a_plane(row.get("z"))
    head = await run_in_threadpool(assist.head, document, person)

    def look() -> None:
        image = assist.image(head.image)
        window = window_of(box, head, image.shape)
        if window.shape[0] * window.shape[1] <= MOST_PIXELS // 4:
            tiles = image.plane(z)
            tiles.prepare(tiles.boxes(window))

    await assist.run(person, look)
    return {}


@router.post("/documents/{document}/pixels/plane", openapi_extra=MASK)
async def plane(
    request: Request, person: Viewer, document: DocumentId, body: JsonBody
) -> dict[str, Any]:
    """Mask a whole plane in the background, a job; tiles of it are there when it is done."""
    assist = assist_of(request)
    wish, _ = mask_wish(body)
    head = await run_in_threadpool(assist.head, document, person)
    drawn = await run_in_threadpool(assist.strokes, document, wish.ids, wish.sent)
    check = assist.newest.begin((document, person.alias), _ids(drawn))

    def work(job: Job) -> dict[str, Any]:
        return _mask_plane(assist, head, wish, drawn, check, job)

    job = assist.studio.jobs.submit(work, by=person.alias, message="Masking the plane")
    return job.to_json()


@router.get("/documents/{document}/pixels/classifier")
async def classifier(request: Request, person: Viewer, document: DocumentId) -> Response:
    """Give the classifier of the strokes as the file that ``nuclarium pixels apply`` takes."""
    assist = assist_of(request)
    head = await run_in_threadpool(assist.head, document, person)
    drawn = await run_in_threadpool(assist.strokes, document, None, ())
    found = await assist.run(
        person, lambda: assist.brush.classifier(assist.image(head.image), drawn)
    )
    text = await run_in_threadpool(_file_of, found)
    headers = {"content-disposition": 'attachment; filename="classifier.json"'}
    return Response(text, media_type="application/json", headers=headers)


@router.get("/documents/{document}/pixels/tiles/{level}/{row}/{col}", response_class=Response)
async def tile(
    request: Request,
    person: Viewer,
    document: DocumentId,
    level: Number,
    row: Number,
    col: Number,
    z: Plane = 0,
    layer: Layer = LAYERS[0],
) -> Response:
    """Give a tile of the mask as a picture to lie over the image: a PNG with transparency."""
    assist = assist_of(request)
    head = await run_in_threadpool(assist.head, document, person)
    drawn = await run_in_threadpool(assist.strokes, document, None, ())

    def paint() -> bytes:
        image = assist.image(head.image)
        window = tile_window(image.shape[1:], level, row, col)
        if window is None:
            raise NotFound(f"The tile {level}/{row}/{col} lies outside the image.")
        is_small = window.shape[0] * window.shape[1] <= MOST_TILE_PIXELS
        if not is_small and not assist.brush.has_plane(image, drawn, z):
            raise NotFound(
                "The mask of the whole plane is not there yet, and this tile is too large to be "
                "masked alone. Zoom in, or wait for the job."
            )
        layers = assist.brush.layers(image, drawn, window, z)
        return tile_png(layers, layer, level)

    return Response(await assist.run(person, paint), media_type="image/png")


@router.get("/documents/{document}/pixels")
async def state(request: Request, person: Viewer, document: DocumentId) -> dict[str, Any]:
    """Say how many strokes there are, and whether whole planes are masked."""
    assist = assist_of(request)
    head = await run_in_threadpool(seen_document, assist.studio, document, person)
    shown = await run_in_threadpool(assist.is_shown, head, person)
    facts = (await run_in_threadpool(assist.studio.shelf.image, head.image)).facts
    drawn = await run_in_threadpool(assist.strokes, document, None, ())
    return {
        "shown": shown,
        "strokes": len(drawn),
        "classes": sorted({one.class_id for one in drawn if one.class_id}),
        "whole_plane": facts.width * facts.height <= MOST_PIXELS,
        "most_pixels": MOST_PIXELS,
    }


def _mask_plane(
    assist: Assist,
    head: DocumentHead,
    wish: MaskWish,
    drawn: list[Stroke],
    check: Any,
    job: Job,
) -> dict[str, Any]:
    image = assist.image(head.image)
    whole, done = image.shape[1] * image.shape[2], 0

    def on_tile(pixels: int) -> None:
        nonlocal done
        check(pixels)
        done += pixels
        job.tell(min(1.0, done / whole))

    window = Box.of_shape(image.shape[1:])
    try:
        assist.brush.layers(image, drawn, window, wish.z, check=on_tile, keep=True)
    except Superseded:
        job.cancel()
        job.tell(1.0)
    return {"z": wish.z}


def _ids(drawn: list[Stroke]) -> tuple[str, ...]:
    return tuple(one.id for one in drawn)


def _file_of(classifier: PixelClassifier) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "classifier.json"
        write_classifier(path, classifier)
        return path.read_bytes()
