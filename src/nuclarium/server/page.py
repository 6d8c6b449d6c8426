"""The page itself: the built files that the package carries."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, PlainTextResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool

from nuclarium.server.entry import enter
from nuclarium.server.errors import NotFound
from nuclarium.server.studio import studio_of

STATIC = Path(__file__).parent / "static"
_ABSENT = (
    "The studio's page is not in this installation: it was not built. Install a release of "
    "nuclarium, or build it in a checkout with: make ui\n"
)
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}

router = APIRouter(include_in_schema=False)


@router.get("/")
async def page(request: Request, start: str | None = None) -> Response:
    """Give the page; with the token of this start, the person is let in first."""
    studio = studio_of(request)
    if start is not None and studio.single_user:
        answer = RedirectResponse("/", 303)
        await run_in_threadpool(enter, studio, start, answer)
        return answer
    if not (studio.page / "index.html").is_file():
        return PlainTextResponse(_ABSENT, 503)
    return FileResponse(studio.page / "index.html", media_type=_TYPES[".html"])


@router.get("/static/{name:path}")
async def static(request: Request, name: str) -> Response:
    """Give a file that the page needs, of a kind that pages need."""
    folder = studio_of(request).page.resolve()
    try:
        path = (folder / name).resolve()
        is_there = path.is_relative_to(folder) and path.is_file()
    except (OSError, ValueError):
        is_there = False
    if not is_there or path.suffix not in _TYPES:
        raise NotFound("A file of the studio's page was expected, but there is none of this name.")
    return FileResponse(path, media_type=_TYPES[path.suffix])
