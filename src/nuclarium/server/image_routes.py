"""Images and their tiles over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from nuclarium.server.access import Viewer
from nuclarium.server.blind_images import hidden_images, listed_images, seen_image
from nuclarium.server.errors import NotFound
from nuclarium.server.histogram import histogram_of
from nuclarium.server.ids import ImageId, Number
from nuclarium.server.studio import Studio, studio_of
from nuclarium.server.tile_grid import PlanePlace
from nuclarium.server.tile_look import ChannelLook
from nuclarium.server.tile_wish import TileWish

router = APIRouter(tags=["images"])

_FOR_A_DAY = "private, max-age=86400"
_ASK_AGAIN = "private, no-cache"
SKETCH = "x-overview"
"""Header of a tile that shows a sketch: how much of the image's overview is made, below 1."""
Whole = Annotated[int, Query(ge=0, le=1_000_000)]
Word = Annotated[str, Query(max_length=40)]
Looks = Annotated[list[str], Query(max_length=32)]


@router.get("/images")
async def images(request: Request, person: Viewer) -> list[dict[str, Any]]:
    """List the images of the project that can be read; raters of a blind study miss its images."""
    return await run_in_threadpool(listed_images, studio_of(request), person)


@router.get("/images/unreadable")
async def unreadable(request: Request, person: Viewer) -> list[dict[str, str]]:
    """List the images of the project that cannot be read, and why; raters who are blind, none."""
    studio = studio_of(request)
    if await run_in_threadpool(hidden_images, studio, person):
        return []
    found = await run_in_threadpool(studio.shelf.failures)
    return [{"name": name, "error": sentence} for name, sentence in found.items()]


@router.get("/images/{image}")
async def image(request: Request, person: Viewer, image: ImageId) -> dict[str, Any]:
    """Describe one image; that of a blind study has no name for its raters."""
    return await run_in_threadpool(seen_image, studio_of(request), image, person)


@router.get("/images/{image}/tiles/{level}/{row}/{col}", response_class=Response)
async def tile(
    request: Request,
    person: Viewer,
    image: ImageId,
    level: Number,
    row: Number,
    col: Number,
    z: Whole = 0,
    t: Whole = 0,
    projection: Word = "none",
    c: Looks = [],  # noqa: B006
    invert: Annotated[int, Query(ge=0, le=1)] = 0,
    stain: Word = "none",
    layer: Word = "raw",
) -> Response:
    """Draw a tile."""
    looks = tuple(ChannelLook.parse(text) for text in c)
    place = PlanePlace(t=t, z=z, projection=projection)
    wish = TileWish(image, level, row, col, place, looks, bool(invert), stain, layer)
    return await _tile(request, studio_of(request), wish)


@router.get("/images/{image}/thumbnail", response_class=Response)
async def thumbnail(request: Request, person: Viewer, image: ImageId) -> Response:
    """Draw the whole image, at most 256 px wide and high; no large plane is read for it."""
    studio = studio_of(request)
    facts = (await run_in_threadpool(studio.shelf.image, image)).facts
    place = PlanePlace(t=facts.n_t // 2, z=facts.n_z // 2)
    wish = TileWish(image, facts.levels - 1, 0, 0, place, begin=False)
    return await _tile(request, studio, wish)


@router.get("/images/{image}/histogram")
async def histogram(
    request: Request, person: Viewer, image: ImageId, channel: Whole = 0
) -> dict[str, Any]:
    """Count the values of a channel, and say which contrast suits it."""
    studio = studio_of(request)
    there = await run_in_threadpool(studio.shelf.image, image)
    if channel >= len(there.facts.channels):
        raise NotFound(f"The image has {len(there.facts.channels)} channels, but got {channel}.")

    def count() -> dict[str, Any]:
        with studio.shelf.opened(image) as pixels:
            return histogram_of(pixels, channel)

    return await studio.rendering.do(request, count)


async def _tile(request: Request, studio: Studio, wish: TileWish) -> Response:
    tag = f'"{studio.tiles.tag(wish)}"'
    headers = {"etag": tag, "cache-control": _ASK_AGAIN if wish.layer == "recipe" else _FOR_A_DAY}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    made = studio.tiles.kept(wish)
    if made is None:
        made = await studio.rendering.do(request, lambda: studio.tiles.tile(wish))
    if made.made < 1:
        headers = {"cache-control": "no-store", SKETCH: f"{made.made:.3f}"}
    return Response(made.body, media_type=made.media_type, headers=headers)
