"""Role × route: who may call what. A new route must be named here, with the least role it needs."""

import pytest
from fastapi.routing import APIRoute
from tests.studio import Browser, point
from tests.teamwork import LEAST as TEAMWORK

from nuclarium.annotate.checks import new_id
from nuclarium.annotate.strokes import Stroke
from nuclarium.server.sessions import token_hash

LEAST = {
    "GET /api/me": "viewer",
    "POST /api/logout": "viewer",
    "POST /api/me/password": "viewer",
    "POST /api/invitations": "admin",
    "GET /api/users": "senior",
    "PATCH /api/users/{alias}": "admin",
    "GET /api/images": "viewer",
    "GET /api/images/unreadable": "viewer",
    "GET /api/images/{image}": "viewer",
    "GET /api/images/{image}/tiles/{level}/{row}/{col}": "viewer",
    "GET /api/images/{image}/thumbnail": "viewer",
    "GET /api/images/{image}/histogram": "viewer",
    "POST /api/documents": "rater",
    "GET /api/documents": "viewer",
    "GET /api/documents/{document}": "viewer",
    "POST /api/documents/{document}/edits": "rater",
    "GET /api/documents/{document}/changes": "viewer",
    "GET /api/documents/{document}/events": "viewer",
    "GET /api/documents/{document}/history": "viewer",
    "GET /api/documents/{document}/gestures": "viewer",
    "POST /api/documents/{document}/strokes": "rater",
    "POST /api/documents/{document}/import": "rater",
    "GET /api/documents/{document}/pixels": "viewer",
    "POST /api/documents/{document}/pixels": "viewer",
    "POST /api/documents/{document}/pixels/prepare": "viewer",
    "POST /api/documents/{document}/pixels/plane": "viewer",
    "GET /api/documents/{document}/pixels/tiles/{level}/{row}/{col}": "viewer",
    "GET /api/documents/{document}/pixels/classifier": "viewer",
    "POST /api/documents/{document}/make-nuclei": "rater",
    "GET /api/documents/{document}/suggestions": "viewer",
    "GET /api/images/{image}/suggestions": "viewer",
    "POST /api/images/{image}/suggestions": "rater",
    "GET /api/invitations": "admin",
    "POST /api/invitations/{invitation}/revoke": "admin",
    "GET /api/jobs/{job}": "viewer",
    "POST /api/jobs/{job}/cancel": "viewer",
    "GET /api/classes": "viewer",
    "POST /api/classes": "admin",
    "GET /api/openapi.json": "viewer",
}
OPEN = {"POST /api/login", "POST /api/invitations/accept", "GET /", "GET /static/{name:path}"}
ROLES = ("admin", "senior", "rater", "viewer")
RESULTS = "outlines/colour.geojson"
BODIES = {
    "POST /api/documents/{document}/edits": {"edits": []},
    "POST /api/documents/{document}/strokes": {"strokes": []},
    "POST /api/documents/{document}/import": {"name": "a.json", "content": "W10="},
    "POST /api/documents/{document}/pixels": {"box": [0, 0, 9, 9]},
    "POST /api/documents/{document}/pixels/prepare": {"box": [0, 0, 9, 9]},
    "POST /api/documents/{document}/pixels/plane": {"z": 0},
    "POST /api/documents/{document}/make-nuclei": {"preview": True},
    "POST /api/images/{image}/suggestions": {"source": "results", "file": RESULTS},
    "POST /api/me/password": {"old": "not the one", "new": "another password"},
    "POST /api/invitations": {"role": "viewer"},
    "POST /api/classes": {"classes": ["nucleus"]},
}


REFUSED = {("POST /api/me/password", role): 403 for role in ROLES} | {}
"""What the route itself refuses: another's password; a file that is not listed for raters."""


def routes_of(app):
    """All routes, also those of routers that were included, as METHOD /path."""
    found = set()
    for context in iter_routes(app.routes):
        found |= {f"{method} {context[0]}" for method in context[1] - {"HEAD"}}
    return found


def iter_routes(routes, prefix=""):
    for route in routes:
        if isinstance(route, APIRoute):
            yield prefix + route.path, route.methods
        elif hasattr(route, "original_router"):
            within = route.include_context.prefix
            yield from iter_routes(route.original_router.routes, prefix + within)


def test_every_route_is_in_the_table(app):
    assert routes_of(app) == set(LEAST) | OPEN | set(TEAMWORK)


@pytest.fixture(scope="module")
def parts(app):
    """What stands in the braces: things that everybody may see."""
    studio = app.state.studio
    first = studio.shelf.images()[0]
    image = first.id
    results = studio.project.folder / RESULTS
    results.parent.mkdir(exist_ok=True)
    results.write_text('{"type": "FeatureCollection", "features": []}')
    shared = studio.store.open_document(image, owner=None, box=(0, 0, 9, 9)).id
    drawn = [
        Stroke(new_id("e"), new_id("g"), kind, 1, (5.0 * kind, 5.0), 0, time="2026-11-22T10:00:00Z")
        for kind in (1, 2)
    ]
    studio.store.append(shared, drawn, "rater")
    job = studio.jobs.submit(lambda job: None, by="viewer").id
    named = {"image": image, "document": shared, "alias": "viewer", "job": job}
    return named | {"invitation": new_invitation(app)} | dict.fromkeys(("level", "row", "col"), "0")


def new_invitation(app):
    """Id of an invitation that nobody used."""
    secret = token_hash(new_id("n"))
    store = app.state.studio.store
    return store.invite(secret, "viewer", by="admin", expires="2999-01-01T00:00:00+00:00").id


def call(app, route, role, parts, **headers):
    method, path = route.split(" ")
    browser = Browser(app, role)
    query = {"nucleus": new_id("n")} if path.endswith("history") else {}
    sends = method in ("POST", "PATCH")
    body = {"json": BODIES.get(route, {"image": parts["image"]} if sends else {})} if sends else {}
    if route.startswith("PATCH"):
        body = {"json": {"group": "one"}}
    return browser.http.request(
        method, path.format(**parts), params=query, headers=browser.headers | headers, **body
    )


@pytest.mark.parametrize("role", [*ROLES, None])
@pytest.mark.parametrize("route", sorted(set(LEAST) - {"GET /api/documents/{document}/events"}))
def test_route_answers_the_least_role_and_those_above(app, parts, route, role):
    parts = parts | {"job": app.state.studio.jobs.submit(lambda job: None, by=str(role)).id}
    parts["invitation"] = new_invitation(app)
    status = call(app, route, role, parts).status_code
    if role is None:
        assert status == 401
    elif ROLES.index(role) > ROLES.index(LEAST[route]):
        assert status == 403
    else:
        assert status == REFUSED.get((route, role), 200)


def test_listening_needs_a_session(app, parts):
    assert call(app, "GET /api/documents/{document}/events", None, parts).status_code == 401


@pytest.mark.parametrize("route", sorted(route for route in LEAST if not route.startswith("GET")))
def test_what_writes_needs_the_token_of_the_session(app, parts, route):
    for token in ("", "0" * 64):
        answer = call(app, route, "admin", parts, **{"x-csrf-token": token})
        assert answer.status_code == 403
        assert "X-CSRF-Token" in answer.json()["error"]


@pytest.mark.parametrize("route", sorted(r for r in {*LEAST, *OPEN} if not r.startswith("GET")))
def test_what_writes_must_come_from_the_own_page(app, parts, route):
    for headers in (
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost.evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ):
        answer = call(app, route, "admin", parts, **headers)
        assert answer.status_code == 403
        assert "own page" in answer.json()["error"]


@pytest.mark.parametrize("route", sorted({*LEAST, *OPEN}))
def test_name_of_another_site_is_refused(app, parts, route):
    for host in ("evil.example", "localhost.evil.example:80", "", "127.0.0.1.evil.example"):
        method, path = route.replace("{name:path}", "x").split(" ")
        answer = Browser(app, "admin").http.request(
            method, path.format(**parts), headers={"host": host}
        )
        assert answer.status_code == 403


def test_closed_account_is_out_at_once(app):
    store, people = app.state.studio.store, app.state.studio.people
    store.add_user("gone soon", "rater", alias="gone")
    browser = Browser(app, "gone")
    assert browser.get("me").status_code == 200
    Browser(app, "admin").patch("users/gone", {"active": False})
    assert browser.get("me").status_code == 401
    assert people.look_up("gone").user.active is False


def test_changed_role_counts_at_once(app, document):
    store = app.state.studio.store
    store.add_user("less soon", "admin", alias="less")
    browser = Browser(app, "less")
    assert browser.get("users").status_code == 200
    Browser(app, "admin").patch("users/less", {"role": "viewer"})
    assert browser.get("users").status_code == 403
    answer = browser.post(f"documents/{document}/edits", {"edits": [point()]})
    assert answer.status_code == 403
