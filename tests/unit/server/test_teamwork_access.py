"""Role × route of teamwork: who may call what; ids that are none are refused in a sentence."""

import pytest
from tests.studio import Browser
from tests.teamwork import LEAST, Team

from nuclarium.annotate.checks import new_id

ROLES = ("admin", "senior", "rater", "viewer")


@pytest.fixture(scope="module")
def parts(app, images):
    """What stands in the braces, and nobody's own."""
    team = Team(app, "access", raters=1)
    study = team.study([{"image": images["stack"], "box": [0, 0, 50, 50]}])
    ((field, document),) = team.open_all(team.aliases[0])
    return {
        "study": study["id"],
        "field": study["fields_list"][0]["id"],
        "task": field["task"],
        "document": document,
        "alias": team.aliases[0],
        "file": "truth.csv",
    }


def call(browser, route, parts, headers=None):
    method, path = route.split(" ")
    path = path.removeprefix("/api/").format(**parts)
    return browser.get(path) if method == "GET" else browser.post(path, {}, headers=headers or {})


@pytest.mark.parametrize("route", sorted(LEAST))
def test_route_is_closed_to_roles_below(app, parts, route):
    assert call(Browser(app), route, parts).status_code == 401
    for role in ROLES:
        status = call(Browser(app, role), route, parts).status_code
        if ROLES.index(role) > ROLES.index(LEAST[route]):
            assert status == 403, role
        else:
            assert status in (200, 403, 404, 422), role
            assert status != 403 or "/documents/" in route  # somebody else's work


@pytest.mark.parametrize("route", sorted(route for route in LEAST if route.startswith("POST")))
def test_what_writes_needs_the_token_of_the_session(app, parts, route):
    answer = call(Browser(app, "admin"), route, parts, {"x-csrf-token": "0" * 64})
    assert answer.status_code == 403


@pytest.mark.parametrize("route", sorted(route for route in LEAST if "{" in route))
@pytest.mark.parametrize("wrong", ["..%2F..%2Fetc", "' OR 1=1 --", "<b>", "é" * 50])
def test_id_that_is_none_is_refused(app, parts, route, wrong):
    answer = call(Browser(app, "admin"), route, dict.fromkeys(parts, wrong))
    assert answer.status_code in (404, 422)
    assert answer.json()["error"].endswith(".")


@pytest.mark.parametrize("route", sorted(route for route in LEAST if "{study}" in route))
def test_study_that_is_not_there_is_not_found(app, parts, route):
    answer = call(Browser(app, "admin"), route, parts | {"study": new_id("s")})
    assert answer.status_code in (404, 422)


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "'; DROP TABLE studies; --", "ü 細胞"]
)
def test_name_of_a_study_is_kept_as_it_is(app, images, name):
    body = {"name": name, "fields": [{"image": images["stack"]}], "raters": []}
    browser = Browser(app, "senior")
    made = browser.post("studies", body)
    assert made.json()["name"] == name
    assert browser.get(f"studies/{made.json()['id']}").json()["name"] == name
    assert browser.post("studies", body).status_code == 422


@pytest.mark.parametrize(
    "wrong",
    [
        {"design": {"arms": 5}},
        {"design": {"arms": {"a": 1}}},
        {"design": {"arms": [5]}},
        {"design": {"arms": []}},
        {"design": {"arms": [{"name": ["x"], "suggestions": True}]}},
        {"design": {"arms_by": []}},
        {"design": {"arms": [{"name": "gold", "suggestions": True}]}},
        {"design": {"overlap": 1.5}},
        {"design": {"seed": -1}},
        {"design": {"blind": "no"}},
        {"design": []},
        {"design": None},
        {"fields": {}},
        {"fields": [5]},
        {"fields": [{"image": {}}]},
        {"fields": []},
        {"raters": "R1"},
        {"raters": [{}]},
        {"raters": [None]},
        {"name": 5},
        {"name": "\u0000"},
        {"hierarchy": "x"},
        {"more": 1},
    ],
)
def test_malformed_study_is_refused_in_a_sentence(app, images, wrong):
    body = {"name": f"odd {wrong}"[:90], "fields": [{"image": images["stack"]}], "raters": []}
    browser = Browser(app, "senior")
    answer = browser.post("studies", body | wrong)
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"].endswith(".")
    plan = {"fields": 3, "raters": ["a"]} | {key: wrong[key] for key in wrong if key != "fields"}
    assert browser.post("studies/plan", plan).status_code in (200, 422)


@pytest.mark.parametrize("item", [None, 5, [], {}, "\u0000", "no such"])
def test_decision_on_what_is_not_disputed_is_not_found(app, parts, item):
    path = f"studies/{parts['study']}/adjudications"
    browser = Browser(app, "senior")
    assert browser.post(path, {"item": item, "label": "a"}).status_code == 404
    assert browser.post(f"{path}/open", {"item": item}).status_code == 404


@pytest.mark.parametrize("mark", [[1], [None, 2], "x", {}, [1e99, 1], [1, 2, 3]])
def test_mark_that_is_no_place_is_refused(app, parts, mark):
    body = {"state": "needs_work", "reason": "x", "mark": mark}
    path = f"documents/{parts['document']}/review"
    assert Browser(app, "senior").post(path, body).status_code == 422


@pytest.mark.parametrize("reason", [5, ["x"], {"a": 1}, True])
def test_reason_that_is_no_text_is_refused(app, parts, reason):
    body = {"state": "needs_work", "reason": reason}
    answer = Browser(app, "senior").post(f"documents/{parts['document']}/review", body)
    assert answer.status_code == 422
    assert "must be a text" in answer.json()["error"]
