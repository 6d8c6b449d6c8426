"""How people come in: the token of a start, log-in, and what each answer tells the page."""

from __future__ import annotations

import hmac
from typing import Any

from fastapi import Request, Response

from nuclarium.annotate.store_people import User
from nuclarium.server.access import Person
from nuclarium.server.errors import NotLoggedIn
from nuclarium.server.sessions import LASTS_S, Session
from nuclarium.server.studio import Studio
from nuclarium.workspace.annotation_store import single_person


def enter(studio: Studio, start: str, answer: Response) -> None:
    """Let the one person in who knows the token that this start printed.

    Raises
    ------
    NotLoggedIn
        If it is another token.
    """
    wanted = studio.start_token
    if not wanted or not hmac.compare_digest(start.encode(), wanted.encode()):
        raise NotLoggedIn(
            "The address must be the one that nuclarium annotate printed when it started, but it "
            "is another, or that of an earlier start."
        )
    person = studio.store.user(single_person(studio.store))
    set_session(studio, person, answer, is_https=False)


def set_session(studio: Studio, user: User, answer: Response, *, is_https: bool) -> Session:
    """Begin a session, and have the browser keep it."""
    studio.people.forget(user.alias)
    known = studio.people.look_up(user.alias)
    session, cookie = studio.sessions.begin(user.alias, known.stamp if known else "")
    answer.set_cookie(
        studio.sessions.cookie,
        cookie,
        max_age=LASTS_S,
        httponly=True,
        samesite="strict",
        secure=is_https or studio.origins.is_https,
    )
    return session


def drop_session(studio: Studio, person: Person, answer: Response) -> None:
    """End a session, also where its cookie was copied, and after a restart."""
    studio.store.end_session(person.session.id, person.alias, lasts_s=LASTS_S)
    studio.people.forget(person.alias)
    answer.delete_cookie(studio.sessions.cookie)


def me(studio: Studio, user: User, session: Session) -> dict[str, Any]:
    """Return what the page is told of who is logged in."""
    return {
        "alias": user.alias,
        "name": user.name,
        "role": user.role,
        "group": user.group,
        "single_user": studio.single_user,
        "csrf": studio.sessions.csrf(session),
    }


def is_https(request: Request) -> bool:
    """Whether a request came by https, as a proxy on this machine may say."""
    return request.url.scheme == "https"
