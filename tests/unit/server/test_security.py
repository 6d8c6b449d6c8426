"""What must not come in, and must not come out."""

import logging

import pytest
from starlette.requests import ClientDisconnect
from tests.studio import SECRET, Browser, point

from nuclarium.server.security import MOST_BODY_BYTES

HTML = "<script>alert(1)</script><img src=x onerror=alert(1)>"
SQL = "x'); DROP TABLE edits; --"
JSON_TYPE = {"content-type": "application/json"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"edits": [',
        b'{"edits": NaN}',
        b'{"edits": [Infinity]}',
        b"[" * 100_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b'{"edits": ' + b"9" * 10_000 + b"}",
        b'{"edits": [], "edits2": []}',
        b'{"edits": [{}]}',
        b'{"edits": [1e999]}',
        b'{"edits": "\\ud800"}',
    ],
)
def test_malformed_body_is_one_sentence(browsers, document, content):
    path = f"documents/{document}/edits"
    answer = browsers["rater"].post(path, content=content, headers=JSON_TYPE)
    assert answer.status_code in (400, 422)
    assert len(answer.json()["error"]) < 400


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "1e400", "-1e308", "1" * 400, '"3"', "true", "null", "[]"]
)
def test_coordinate_that_is_no_place_is_refused(browsers, document, number):
    rater, edit = browsers["rater"], point()
    text = f'{{"id": "{edit["nucleus"]}", "kind": "point", "rings": [[{number}, 1]]}}'
    head = f'"id": "{edit["id"]}", "gesture": "{edit["gesture"]}", "nucleus": "{edit["nucleus"]}"'
    body = f'{{"edits": [{{{head}, "base": 0, "after": {text}}}]}}'
    answer = rater.post(f"documents/{document}/edits", content=body.encode(), headers=JSON_TYPE)
    assert answer.status_code in (400, 422)
    assert rater.get(f"documents/{document}").json()["nuclei"] == []


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_body_that_is_not_said_to_be_json_is_refused(browsers, document, kind):
    body, headers = b'{"edits": []}', {"content-type": kind}
    answer = browsers["rater"].post(f"documents/{document}/edits", content=body, headers=headers)
    assert answer.status_code == 415


def test_large_body_is_refused_whatever_its_header_says(browsers, document):
    path = f"documents/{document}/edits"
    answer = browsers["rater"].post(path, content=b" " * (MOST_BODY_BYTES + 1), headers=JSON_TYPE)
    assert answer.status_code == 413
    pieces = (b" " * 1_000_000 for _ in range(20))
    answer = browsers["rater"].post(path, content=pieces, headers=JSON_TYPE)
    assert answer.status_code == 413


@pytest.mark.parametrize("size", ["-1", "x", "9" * 40])
def test_strange_length_of_a_body_is_refused(browsers, document, size):
    headers = JSON_TYPE | {"content-length": size}
    answer = browsers["rater"].post(f"documents/{document}/edits", content=b"{}", headers=headers)
    assert answer.status_code == 413


@pytest.mark.parametrize("label", [HTML, SQL, "\N{SNOWMAN} ‮ txet", "'\"\\"])
def test_label_is_text_whatever_is_in_it(browsers, document, label):
    rater = browsers["rater"]
    answer = rater.post(f"documents/{document}/edits", {"edits": [point(label=label)]})
    if not label.isprintable():
        assert answer.status_code == 422
        return
    read = rater.get(f"documents/{document}")
    assert read.json()["nuclei"][0]["label"] == label
    assert read.headers["content-type"] == "application/json"
    assert read.headers["x-content-type-options"] == "nosniff"


def test_name_of_a_person_is_text_whatever_is_in_it(app, browsers):
    app.state.studio.store.add_user(HTML + SQL, "viewer", alias="strange")
    names = [user["name"] for user in browsers["admin"].get("users").json()]
    assert HTML + SQL in names


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e/%2e%2e/server/app.py",
        "/static/....//app.py",
        "/static//etc/passwd",
        "/static/%00",
        "/static/..%5c..%5capp.py",
        "/api/images/..%2f..%2fsecret",
        "/api/documents/..%2f..%2fsecret",
        "/api/users/..%2fadmin",
        "/nuclarium.toml",
        "/annotations/secret",
        "/.git/config",
    ],
)
def test_path_that_leads_elsewhere_leads_nowhere(app, path):
    answer = Browser(app, "admin").http.get(path)
    assert answer.status_code in (404, 405, 422)
    assert "error" in answer.json()


def test_only_files_of_a_page_are_given(app, tmp_path):
    studio = app.state.studio
    former, studio.page = studio.page, tmp_path
    (tmp_path / "notes.py").write_text("secret")
    (tmp_path / "link.js").symlink_to("/etc/hostname")
    (tmp_path / "studio.js").write_text("1")
    try:
        http = Browser(app).http
        codes = [http.get(f"/static/{n}").status_code for n in ("notes.py", "link.js", "studio.js")]
        assert codes == [404, 404, 200]
        assert http.get("/static/studio.js").headers["content-type"].startswith("text/javascript")
    finally:
        studio.page = former


def test_page_may_load_and_send_nothing_elsewhere(app, tmp_path):
    studio = app.state.studio
    former, studio.page = studio.page, tmp_path
    (tmp_path / "index.html").write_text("<!doctype html>")
    try:
        headers = Browser(app).http.get("/").headers
    finally:
        studio.page = former
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"


def test_answers_of_the_api_are_kept_by_nobody(browsers):
    headers = browsers["viewer"].get("me").headers
    assert headers["cache-control"] == "no-store"
    assert headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("change", [lambda c: c[:-2], lambda c: "x" + c, lambda c: "a.b.c", len])
def test_cookie_that_was_changed_is_nobodys(app, change):
    studio = app.state.studio
    _, cookie = studio.sessions.begin("admin", studio.people.look_up("admin").stamp)
    browser = Browser(app)
    browser.http.cookies.set(studio.sessions.cookie, str(change(cookie)))
    assert browser.get("me").status_code == 401


def test_logged_out_session_is_nobodys_also_where_it_was_copied(app):
    browser = Browser(app, "viewer")
    copy = Browser(app)
    copy.http.cookies.update(browser.http.cookies)
    assert copy.get("me").status_code == 200
    assert browser.post("logout").status_code == 200
    assert copy.get("me").status_code == 401


def test_unforeseen_failure_tells_nothing_of_itself(app, browsers, caplog):
    shelf = app.state.studio.shelf
    former, shelf.images = shelf.images, lambda: 1 / 0
    try:
        answer = browsers["viewer"].get("images")
    finally:
        shelf.images = former
    assert answer.status_code == 500
    assert "division" not in answer.text
    assert "ZeroDivisionError" in caplog.text


def test_client_that_goes_away_leaves_nothing_in_the_log(app, browsers, caplog, monkeypatch):
    async def go_away(request, work):
        raise ClientDisconnect

    studio = app.state.studio
    monkeypatch.setattr(studio.rendering, "do", go_away)
    image = studio.shelf.images()[0].id
    assert browsers["viewer"].get(f"images/{image}/tiles/0/0/0?c=0:1:2:1:00FF00").status_code == 499
    assert "Traceback" not in caplog.text


def test_no_secret_is_logged(app, caplog):
    caplog.set_level(logging.DEBUG)
    browser, nobody = Browser(app, "admin"), Browser(app)
    token = browser.post("invitations", {"role": "rater"}).json()["link"].rpartition("/")[2]
    secrets = [token, "a wrong password", "a right password!", SECRET.decode()]
    secrets += [browser.headers["x-csrf-token"], *browser.http.cookies.values()]
    nobody.post("login", {"name": "name of admin", "password": secrets[1]})
    taken = {"token": token, "name": "Of the log", "password": secrets[2]}
    assert nobody.post("invitations/accept", taken).status_code == 200
    assert nobody.post("invitations/accept", taken).status_code == 422
    browser.post("documents", content=token.encode(), headers=JSON_TYPE)
    logged = caplog.text + repr(app.state.studio.sessions)
    assert not [secret for secret in secrets if secret in logged]
