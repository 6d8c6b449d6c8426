"""Who asks: the session of a request, the role that a route needs, what a person may see."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.routing import APIRoute

from nuclarium.annotate.document import DocumentHead
from nuclarium.annotate.review import may_draw
from nuclarium.annotate.roles import Role, is_at_least
from nuclarium.annotate.store_people import User
from nuclarium.core.errors import AnnotationError
from nuclarium.server.errors import Forbidden, NotFound, NotLoggedIn
from nuclarium.server.known_people import Known
from nuclarium.server.sessions import Session
from nuclarium.server.studio import Studio, studio_of

CSRF_HEADER = "x-csrf-token"
_READS = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks, and their session."""

    user: User
    session: Session

    @property
    def alias(self) -> str:
        """The name in data."""
        return self.user.alias

    @property
    def role(self) -> Role:
        """What they may be."""
        return self.user.role


async def person_of(request: Request) -> Person:
    """Return who asks; a request that writes must carry the session's token.

    Raises
    ------
    NotLoggedIn
        If nobody is logged in.
    Forbidden
        If the token is missing or another session's.
    """
    studio = studio_of(request)
    session = studio.sessions.read(request.cookies.get(studio.sessions.cookie))
    known = None
    if session is not None:
        known = studio.people.remembered(session.alias)
        if known is None:
            known = await asyncio.to_thread(studio.people.look_up, session.alias)
    if session is None or known is None or not _holds(session, known):
        raise NotLoggedIn(_how_to_log_in(studio))
    token = request.headers.get(CSRF_HEADER)
    if request.method not in _READS and not studio.sessions.is_csrf(session, token):
        raise Forbidden(
            "A change must carry the token of its session in X-CSRF-Token, but this one does not. "
            "Reload the page."
        )
    return Person(known.user, session)


def at_least(needed: Role) -> Callable[..., Awaitable[Person]]:
    """Return the dependency of a route that needs a role."""

    async def check(request: Request) -> Person:
        person = await person_of(request)
        if not is_at_least(person.role, needed):
            raise Forbidden(f"This needs the role {needed}, but {person.alias} is {person.role}.")
        return person

    check.least_role = needed  # type: ignore[attr-defined]
    return check


def least_role_of(route: APIRoute) -> Role | None:
    """Return the role that a route needs, or None where it lets everybody in."""
    calls = [dependency.call for dependency in route.dependant.dependencies]
    return next((role for call in calls if (role := getattr(call, "least_role", None))), None)


Viewer = Annotated[Person, Depends(at_least("viewer"))]
Rater = Annotated[Person, Depends(at_least("rater"))]
Senior = Annotated[Person, Depends(at_least("senior"))]
Admin = Annotated[Person, Depends(at_least("admin"))]


def may_see(head: DocumentHead, person: Person) -> bool:
    """Whether a person may look at a document: their own, shared ones, seniors all."""
    return head.owner in (None, person.alias) or is_at_least(person.role, "senior")


def is_read_only(head: DocumentHead, person: Person, left: frozenset[str]) -> bool:
    """Whether a person may not change what is drawn; `left` are studies that the person left."""
    draws = head.owner in (None, person.alias) and head.study not in left
    return not may_draw(head.status, person.role, draws=draws)


def draws_in(head: DocumentHead, person: Person) -> bool:
    """Whether a person may change a document even when it is approved.

    Whether it is approved is judged by the store, at the moment in which it writes.

    Raises
    ------
    Forbidden
        If it is never theirs to change.
    """
    draws = head.owner in (None, person.alias)
    if not may_draw("in_work", person.role, draws=draws):
        raise Forbidden("This document is read only for you, so that nothing was changed.")
    return may_draw("approved", person.role, draws=draws)


def seen_document(studio: Studio, document: str, person: Person) -> DocumentHead:
    """Return a document that a person may see, as the store has it.

    Raises
    ------
    NotFound
        If there is none, or it is somebody else's: which of both is not told.
    """
    try:
        head = studio.store.head(document)
    except AnnotationError:
        head = None
    if head is None or not may_see(head, person):
        raise NotFound(
            f"A document that is yours or shared was expected, but got {document[:60]!r}."
        )
    return head


def _holds(session: Session, known: Known) -> bool:
    is_same = known.stamp == session.stamp and session.id not in known.ended
    return known.user.active and is_same


def _how_to_log_in(studio: Studio) -> str:
    if studio.single_user:
        return "Open the address that nuclarium annotate printed when it started."
    return "Log in first: nobody is logged in, or not any more."
