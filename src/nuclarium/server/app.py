"""Makes the server of one project: its routes, what stands before them, how errors are answered."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.routing import APIRoute

import nuclarium
from nuclarium.annotate.store import Store
from nuclarium.server import (
    account_routes,
    assist_pixel_routes,
    assist_suggestion_routes,
    class_routes,
    document_routes,
    image_routes,
    import_routes,
    job_routes,
    page,
    teamwork_consensus,
    teamwork_review,
    teamwork_studies,
    teamwork_suggestions,
)
from nuclarium.server.access import Viewer, least_role_of
from nuclarium.server.assist_state import close_assist
from nuclarium.server.errors import answer_errors
from nuclarium.server.origins import Origins, origins_of
from nuclarium.server.security import Gate
from nuclarium.server.sessions import Sessions
from nuclarium.server.studio import Studio
from nuclarium.workspace.project import Project

ROUTERS: tuple[APIRouter, ...] = (
    document_routes.router,
    image_routes.router,
    account_routes.router,
    job_routes.router,
    assist_pixel_routes.router,
    assist_suggestion_routes.router,
    class_routes.router,
    import_routes.router,
    teamwork_studies.router,
    teamwork_suggestions.router,
    teamwork_review.router,
    teamwork_consensus.router,
)
"""Below ``/api``, for people who are logged in; what is asked for most comes first. Each route says
which role it needs, as `Viewer`, `Rater`, `Senior` or `Admin`."""
OPEN_ROUTERS: tuple[APIRouter, ...] = (account_routes.open_router,)
"""Below ``/api``, for everybody."""


def create_app(
    project: Project,
    store: Store,
    *,
    single_user: bool,
    secret: bytes,
    origins: Origins | None = None,
    start_token: str = "",
    page_folder: Path = page.STATIC,
) -> FastAPI:
    """Make the server.

    Parameters
    ----------
    project : Project
    store : Store
        Stays open when the server ends.
    single_user : bool
        One person without log-in, let in by `start_token`; else people with accounts.
    secret : bytes
        At least 32 bytes; whoever knows it can be anybody.
    origins : Origins, optional
        Names of the server; those of this machine alone when left out.
    start_token : str
        What lets the one person in, in the address ``/?start=…``; nobody comes in by an empty one.
    page_folder : Path
        The built page.

    Returns
    -------
    app : FastAPI
        Its ``state.studio`` is the `Studio`.
    """
    if len(secret) < 32:
        raise ValueError(f"secret must have at least 32 bytes, but got {len(secret)}.")
    own = origins or origins_of("127.0.0.1")
    studio = Studio(project, store, single_user, Sessions(secret), own, page_folder, start_token)
    app = FastAPI(
        title="nuclarium",
        version=nuclarium.__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=_lifespan,
        telemetry=_NOTHING_IS_REPORTED,
    )
    app.state.studio = studio
    answer_errors(app)
    for router in OPEN_ROUTERS:
        app.include_router(router, prefix="/api")
    for router in (*ROUTERS, _about):
        _check_access(router)
        app.include_router(router, prefix="/api")
    app.include_router(page.router)
    app.add_middleware(Gate, origins=own)
    return app


_NOTHING_IS_REPORTED: Any = dict.fromkeys(
    ("tracing", "metrics", "logs", "operation_spans", "auto_configure"), False
)
"""Newer versions of FastAPI can send bodies and errors to where the environment says."""

_about = APIRouter()


@_about.get("/openapi.json", include_in_schema=False)
async def openapi(request: Request, person: Viewer) -> dict[str, Any]:
    """Describe all routes."""
    described: dict[str, Any] = request.app.openapi()
    return described


def _check_access(router: APIRouter) -> None:
    """Refuse routes that forgot to say who may call them."""
    for route in router.routes:
        if not isinstance(route, APIRoute) or least_role_of(route) is None:
            raise ValueError(f"The route {route} must say which role it needs.")


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    studio: Studio = app.state.studio
    studio.events.start()
    stop = studio.store.listen(studio.events.tell)
    try:
        yield
    finally:
        stop()
        close_assist(app)
        studio.close()
