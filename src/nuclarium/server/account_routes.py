"""Accounts over HTTP: log-in, invitations, people."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from nuclarium.annotate import checks
from nuclarium.annotate.roles import ROLES, Role
from nuclarium.annotate.store_people import User, invitation_id
from nuclarium.core.errors import AnnotationError
from nuclarium.server.access import Admin, Senior, Viewer
from nuclarium.server.bodies import JsonBody, body_schema
from nuclarium.server.entry import drop_session, is_https, me, set_session
from nuclarium.server.errors import Forbidden, NotFound, NotLoggedIn
from nuclarium.server.ids import Alias, InvitationId
from nuclarium.server.invitations import invite
from nuclarium.server.passwords import check_new_password
from nuclarium.server.sessions import token_hash
from nuclarium.server.studio import Studio, studio_of

open_router = APIRouter(tags=["accounts"])
router = APIRouter(tags=["accounts"])

_TEXT = {"type": "string"}
_WRONG = "The name and the password must fit together, but they do not."


@open_router.post("/login", openapi_extra=body_schema(name=_TEXT, password=_TEXT))
async def login(request: Request, response: Response, body: JsonBody) -> dict[str, Any]:
    """Log in."""
    studio = _with_accounts(request)
    row = checks.an_object(body, "A log-in", ("name", "password"), ("name", "password"))
    name = checks.a_text(row["name"], "A name", longest=100)
    password = checks.a_text(row["password"], "A password")
    tried = (name, _address(request))
    studio.tries.check(*tried)
    found = await run_in_threadpool(studio.store.password_hash, name)
    if not await _is_right(studio, found, password, tried):
        raise NotLoggedIn(_WRONG)
    if found is None or not found[0].active:
        raise NotLoggedIn("This account is closed. Ask an admin of the studio.")
    studio.tries.succeeded(*tried)
    return await _logged_in(request, response, studio, found[0])


@router.post("/logout")
async def logout(request: Request, response: Response, person: Viewer) -> dict[str, Any]:
    """Log out; the session is good for nothing afterwards."""
    await run_in_threadpool(drop_session, studio_of(request), person, response)
    return {}


@router.get("/me")
async def who(request: Request, person: Viewer) -> dict[str, Any]:
    """Say who is logged in."""
    return me(studio_of(request), person.user, person.session)


@router.post("/me/password", openapi_extra=body_schema(old=_TEXT, new=_TEXT))
async def change_password(
    request: Request, response: Response, person: Viewer, body: JsonBody
) -> dict[str, Any]:
    """Take another password; all other sessions of the person end."""
    studio = _with_accounts(request)
    row = checks.an_object(body, "A change of password", ("old", "new"), ("old", "new"))
    old = checks.a_text(row["old"], "The old password")
    new = check_new_password(row["new"], person.user.name)
    tried = (person.user.name, _address(request))
    studio.tries.check(*tried)
    found = await run_in_threadpool(studio.store.password_hash, person.user.name)
    if not await _is_right(studio, found, old, tried):
        raise Forbidden("The old password must be the one that holds, but it is not.")
    hashed = await studio.passwords.hashed(new)
    await run_in_threadpool(studio.store.change_user, person.alias, password_hash=hashed)
    return await _logged_in(request, response, studio, person.user)


@router.post(
    "/invitations",
    openapi_extra=body_schema(
        role={"enum": list(ROLES)},
        group={"x-optional": True, **_TEXT},
        days={"x-optional": True, "type": "integer", "minimum": 1, "maximum": 60},
    ),
)
async def make_invitation(request: Request, person: Admin, body: JsonBody) -> dict[str, str]:
    """Make a link that makes one account."""
    studio = _with_accounts(request)
    row = checks.an_object(body, "An invitation", ("role", "group", "days"), ("role",))
    role: Role = checks.a_choice(row["role"], "A role", ROLES)  # type: ignore[assignment]
    group = checks.a_text(row.get("group", ""), "A group", longest=100)
    days = checks.a_whole(row.get("days", 7), "The days of an invitation", 1, 60)
    token, expires = await run_in_threadpool(
        invite, studio.store, role, group=group, by=person.alias, hours=24 * days
    )
    root = studio.origins.public_url or str(request.base_url).rstrip("/")
    key = invitation_id(token_hash(token))
    return {"id": key, "link": f"{root}/#/invite/{token}", "expires": expires}


@router.get("/invitations")
async def invitations(request: Request, person: Admin) -> list[dict[str, str]]:
    """List the invitations that can still be used, without their secrets."""
    found = await run_in_threadpool(studio_of(request).store.open_invitations)
    return [
        {
            "id": one.id,
            "role": one.role,
            "group": one.group,
            "by": one.invited_by,
            "expires": one.expires,
        }
        for one in found
        if not _is_over(one.expires)
    ]


@router.post("/invitations/{invitation}/revoke")
async def revoke(request: Request, person: Admin, invitation: InvitationId) -> dict[str, Any]:
    """Take back an invitation that nobody used: its link makes no account any more."""
    store = studio_of(request).store
    if not await run_in_threadpool(store.revoke_invitation, invitation):
        raise NotFound("An invitation that nobody used was expected, but there is none any more.")
    return {}


@open_router.post(
    "/invitations/accept", openapi_extra=body_schema(token=_TEXT, name=_TEXT, password=_TEXT)
)
async def accept(request: Request, response: Response, body: JsonBody) -> dict[str, Any]:
    """Make the account of an invitation, and log in."""
    studio = _with_accounts(request)
    known = ("token", "name", "password")
    row = checks.an_object(body, "What accepts an invitation", known, known)
    token = checks.a_text(row["token"], "The token of an invitation")
    name = checks.a_text(row["name"], "A name", longest=100, empty=False).strip()
    password = check_new_password(row["password"], name)
    tried = ("", _address(request))
    studio.tries.check(*tried)
    invitation = await run_in_threadpool(studio.store.invitation, token_hash(token))
    if invitation is None or _is_over(invitation.expires):
        studio.tries.failed(*tried)
        raise NotFound("An invitation must be known and not expired. Ask for a new one.")
    hashed = await studio.passwords.hashed(password)
    user = await run_in_threadpool(studio.store.accept_invitation, token_hash(token), name, hashed)
    return await _logged_in(request, response, studio, user)


@router.get("/users")
async def users(request: Request, person: Senior) -> list[dict[str, Any]]:
    """List all people."""
    found = await run_in_threadpool(studio_of(request).store.users)
    return [_as_json(user) for user in found]


@router.patch(
    "/users/{alias}",
    openapi_extra=body_schema(
        role={"x-optional": True, "enum": list(ROLES)},
        group={"x-optional": True, **_TEXT},
        active={"x-optional": True, "type": "boolean"},
        password={"x-optional": True, **_TEXT},
    ),
)
async def change_user(
    request: Request, person: Admin, alias: Alias, body: JsonBody
) -> dict[str, Any]:
    """Change role, group, whether the account is open, or the password of a person."""
    studio = studio_of(request)
    changed = checks.an_object(body, "A change", ("role", "group", "active", "password"), ())
    try:
        user = await run_in_threadpool(studio.store.user, alias)
    except AnnotationError as error:
        raise NotFound(str(error)) from None
    if not isinstance(changed.get("active", True), bool):
        raise AnnotationError("active must be true or false.")
    if "password" in changed:
        password = check_new_password(changed.pop("password"), user.name)
        changed["password_hash"] = await studio.passwords.hashed(password)
    if changed:
        user = await run_in_threadpool(lambda: studio.store.change_user(alias, **changed))
    studio.people.forget(alias)
    return _as_json(user)


async def _logged_in(
    request: Request, response: Response, studio: Studio, user: User
) -> dict[str, Any]:
    session = await run_in_threadpool(
        set_session, studio, user, response, is_https=is_https(request)
    )
    return me(studio, user, session)


async def _is_right(
    studio: Studio, found: tuple[User, str] | None, password: str, tried: tuple[str, str]
) -> bool:
    return await studio.passwords.is_right(
        found[1] if found else None,
        password,
        may=lambda: studio.tries.check(*tried),
        wrong=lambda: studio.tries.failed(*tried),
    )


def _with_accounts(request: Request) -> Studio:
    studio = studio_of(request)
    if studio.single_user:
        raise Forbidden("This studio is of one person: start it with --accounts for more.")
    return studio


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _is_over(expires: str) -> bool:
    return datetime.fromisoformat(expires) < datetime.now(UTC)


def _as_json(user: User) -> dict[str, Any]:
    return {
        "alias": user.alias,
        "name": user.name,
        "role": user.role,
        "group": user.group,
        "active": user.active,
    }
