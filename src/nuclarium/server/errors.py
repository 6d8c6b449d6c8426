"""What the server refuses, each with its status, and the one shape in which errors are answered."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from nuclarium.annotate.document import DocumentApproved, EditConflict, RaterLeft
from nuclarium.core.errors import (
    MissingExtraError,
    NuclariumError,
    OutputError,
    StoreError,
)

_log = logging.getLogger(__name__)


class Refusal(NuclariumError):  # noqa: N818  (it is said, not thrown at somebody)
    """Something that is not answered, with the status that says so."""

    status = 400


class NotLoggedIn(Refusal):
    """Nobody is logged in, or not any more."""

    status = 401


class Forbidden(Refusal):
    """A person may not do this, or the request did not come from the page."""

    status = 403


class NotFound(Refusal):
    """There is no such thing, or not for this person."""

    status = 404


class TooLarge(Refusal):
    """A request with a larger body than is taken."""

    status = 413


class WrongType(Refusal):
    """A body that is no JSON."""

    status = 415


class TooMany(Refusal):
    """More tries or more work than the server takes at a time."""

    status = 429


def status_of(error: NuclariumError) -> int:
    """Return the status of an error that a user can cause."""
    if isinstance(error, Refusal):
        return error.status
    if isinstance(error, EditConflict | DocumentApproved | RaterLeft):
        return 409 if isinstance(error, EditConflict) else 403
    if isinstance(error, StoreError | OutputError):
        return 503
    return 501 if isinstance(error, MissingExtraError) else 422


def answer_errors(app: FastAPI) -> None:
    """Answer every error as ``{"error": "<sentence>"}``."""
    app.add_exception_handler(NuclariumError, _sentence)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _unexpected)


def said(sentence: str, status: int) -> JSONResponse:
    """Return the answer of an error."""
    return JSONResponse({"error": sentence}, status)


async def _sentence(_: Request, error: Exception) -> JSONResponse:
    status = status_of(error) if isinstance(error, NuclariumError) else 500
    return said(str(error), status)


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    mistakes: list[Any] = list(error.errors()) if isinstance(error, RequestValidationError) else []
    first = mistakes[0] if mistakes else {"loc": ("request",), "msg": "it is malformed"}
    place = ".".join(str(part) for part in first["loc"][1:]) or "request"
    came = repr(first.get("input"))[:60]
    return said(f"{place}: {first['msg']}, but got {came}.", 422)


async def _http(_: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else ""
    sentences = {
        404: "An address of the studio was expected, but there is nothing here.",
        405: "This address does not know this method.",
    }
    answer = said(sentences.get(status, f"{detail}."), status)
    answer.headers.update(getattr(error, "headers", None) or {})
    return answer


async def _gone(_: Request, __: Exception) -> Response:
    return Response(status_code=499)  # nobody reads it


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return said(
        "The server must answer, but something in it failed that was not foreseen. What was "
        "acknowledged is safe. Try again; if it fails again, tell whoever runs the server.",
        500,
    )
