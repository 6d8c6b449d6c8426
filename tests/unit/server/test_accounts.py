import asyncio

import httpx
import pytest
from tests.studio import ORIGIN, SECRET, Browser, served

from nuclarium.server.app import create_app
from nuclarium.server.invitations import first_invitation
from nuclarium.server.origins import origins_of
from nuclarium.server.passwords import Passwords
from nuclarium.server.sessions import token_hash
from nuclarium.server.tries import WITHIN_S, Tries

PASSWORD = "seven green nuclei"


@pytest.fixture
def invited(app, browsers):
    """A person who came in by an invitation, and their browser."""

    def come(name, role="rater"):
        link = browsers["admin"].post("invitations", {"role": role, "group": "g1"}).json()["link"]
        assert link.startswith(f"{ORIGIN}/#/invite/")
        token, browser = link.rpartition("/")[2], Browser(app)
        body = {"token": token, "name": name, "password": PASSWORD}
        answer = browser.post("invitations/accept", body)
        browser.headers["x-csrf-token"] = answer.json().get("csrf", "")
        return browser, answer, body

    return come


def test_invitation_makes_one_account_and_lets_it_in(invited):
    browser, answer, body = invited("Ada")
    assert (answer.json()["name"], answer.json()["role"]) == ("Ada", "rater")
    assert browser.get("me").json()["csrf"] == answer.json()["csrf"]
    again = browser.post("invitations/accept", body | {"name": "Eve"})
    assert again.status_code == 422
    assert "not used before" in again.json()["error"]


def test_invitation_is_listed_without_its_secret_until_it_is_revoked(app, browsers):
    admin = browsers["admin"]
    before = {one["id"] for one in admin.get("invitations").json()}
    sent = admin.post("invitations", {"role": "senior", "group": "g7"}).json()
    (listed,) = [one for one in admin.get("invitations").json() if one["id"] not in before]
    token = sent["link"].rpartition("/")[2]
    assert token not in str(listed)
    assert listed == {
        "id": sent["id"],
        "role": "senior",
        "group": "g7",
        "by": "admin",
        "expires": sent["expires"],
    }
    assert admin.post(f"invitations/{listed['id']}/revoke").status_code == 200
    assert {one["id"] for one in admin.get("invitations").json()} == before
    assert admin.post(f"invitations/{listed['id']}/revoke").status_code == 404
    body = {"token": token, "name": "Too late", "password": PASSWORD}
    assert Browser(app).post("invitations/accept", body).status_code == 404


def test_invitation_that_was_used_is_neither_listed_nor_revoked(app, browsers, invited):
    before = len(browsers["admin"].get("invitations").json())
    _, answer, body = invited("Came")
    assert len(browsers["admin"].get("invitations").json()) == before
    used = token_hash(body["token"])[:32]
    assert browsers["admin"].post(f"invitations/{used}/revoke").status_code == 404
    assert answer.json()["name"] == "Came"


def test_cookie_is_out_of_reach_of_scripts_and_other_sites(invited):
    _, answer, _ = invited("Cookie")
    attributes = answer.headers["set-cookie"].lower()
    assert "httponly" in attributes
    assert "samesite=strict" in attributes
    assert "secure" not in attributes


def test_cookie_is_secure_where_people_come_by_https(tmp_path):
    with served(tmp_path) as app:
        app.state.studio.origins = origins_of("localhost", "https://annotate.example.org")
        admin, browser = Browser(app, "admin"), Browser(app)
        link = admin.post("invitations", {"role": "rater"}).json()["link"]
        assert link.startswith("https://annotate.example.org/#/invite/")
        body = {"token": link.rpartition("/")[2], "name": "Ada", "password": PASSWORD}
        answer = browser.post("invitations/accept", body)
        assert "secure" in answer.headers["set-cookie"].lower()


def test_invitation_that_expired_is_refused(app):
    store = app.state.studio.store
    store.invite(token_hash("old"), "admin", by="admin", expires="2020-01-01T00:00:00+00:00")
    body = {"token": "old", "name": "Late", "password": PASSWORD}
    assert Browser(app).post("invitations/accept", body).status_code == 404


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaa", "x" * 201, "Name Of Weak", 7])
def test_weak_password_is_refused(app, password):
    body = {"token": "any", "name": "name of weak", "password": password}
    assert Browser(app).post("invitations/accept", body).status_code == 422


def test_log_in_and_change_of_password(app, invited):
    first, _, _ = invited("Grace")
    second = Browser(app)
    login = {"name": "Grace", "password": PASSWORD}
    assert second.post("login", login).json()["name"] == "Grace"
    change = {"old": PASSWORD, "new": "eight green nuclei"}
    changed = first.post("me/password", change)
    assert changed.status_code == 200
    assert first.get("me").status_code == 200
    assert second.get("me").status_code == 401, "other sessions end with the old password"
    assert second.post("login", login).status_code == 401


def test_wrong_name_and_wrong_password_are_told_alike(app, invited):
    invited("Emmy")
    of_nobody = Browser(app).post("login", {"name": "nobody at all", "password": PASSWORD})
    wrong = Browser(app).post("login", {"name": "Emmy", "password": "not this one"})
    assert of_nobody.status_code == wrong.status_code == 401
    assert of_nobody.json() == wrong.json()


def test_account_without_password_cannot_be_logged_in(app):
    answer = Browser(app).post("login", {"name": "name of admin", "password": ""})
    assert answer.status_code == 401


def test_admin_gives_a_new_password_and_closes_an_account(app, browsers, invited):
    _, answer, _ = invited("Forgetful")
    alias = answer.json()["alias"]
    browsers["admin"].patch(f"users/{alias}", {"password": "nine green nuclei"})
    login = {"name": "Forgetful", "password": "nine green nuclei"}
    assert Browser(app).post("login", login).status_code == 200
    browsers["admin"].patch(f"users/{alias}", {"active": False})
    assert Browser(app).post("login", login).status_code == 401


def test_last_admin_stays(tmp_path):
    with served(tmp_path) as app:
        answer = Browser(app, "admin").patch("users/admin", {"role": "viewer"})
        assert answer.status_code == 422
        assert "admin" in answer.json()["error"]


def test_failed_log_ins_are_bounded_per_name_and_address():
    now = [0.0]
    tries = Tries(lambda: now[0])
    for _ in range(8):
        tries.check("ada", "1.2.3.4")
        tries.failed("ada", "1.2.3.4")
    with pytest.raises(Exception, match="in 15 minutes"):
        tries.check("ada", "1.2.3.4")
    tries.check("ada", "5.6.7.8")
    tries.check("grace", "1.2.3.4")
    now[0] = WITHIN_S + 1
    tries.check("ada", "1.2.3.4")


def test_too_many_log_ins_are_refused(app, browsers):
    browser = Browser(app, client=("203.0.113.9", 1))
    body = {"name": "somebody", "password": "wrong wrong"}
    app.state.studio.tries._failed.clear()
    for _ in range(8):
        app.state.studio.tries.failed("somebody", "203.0.113.9")
    assert browser.post("login", body).status_code == 429
    app.state.studio.tries._failed.clear()


def test_log_ins_that_come_at_once_are_bounded_as_those_one_after_another(app, invited):
    invited("Rosalind")
    studio = app.state.studio
    studio.tries._failed.clear()

    async def tries():
        transport = httpx.ASGITransport(app, client=("203.0.113.10", 1))
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
            body = {"name": "Rosalind", "password": "not this one"}
            asked = [client.post("/api/login", json=body) for _ in range(14)]
            return [answer.status_code for answer in await asyncio.gather(*asked)]

    studio.passwords, former = Passwords(), studio.passwords  # of this loop
    said = asyncio.run(tries())
    studio.passwords = former
    studio.tries._failed.clear()
    assert said.count(401) <= 9
    assert said.count(429) >= 5


def test_who_logged_out_stays_out_after_a_restart(app, invited):
    browser, answer, _ = invited("Lotte")
    cookies = dict(browser.http.cookies)
    other = Browser(app, answer.json()["alias"])
    assert browser.post("logout").status_code == 200
    studio = app.state.studio
    again = create_app(studio.project, studio.store, single_user=False, secret=SECRET)
    for server in (app, again):
        copied = Browser(server)
        copied.http.cookies.update(cookies)
        assert copied.get("me").status_code == 401
    assert other.get("me").status_code == 200, "other sessions of the same person go on"


def test_first_admin_comes_by_a_link_and_then_there_is_none(app):
    assert first_invitation(app.state.studio.store)
    with_password = app.state.studio.store
    with_password.add_user("With password", "admin", password_hash="$argon2id$x", alias="pw")
    assert first_invitation(with_password) is None
    with_password.change_user("pw", active=False)


def test_one_person_is_let_in_by_the_token_of_the_start_only(tmp_path):
    with served(tmp_path, single_user=True, start_token="right") as app:
        browser = Browser(app)
        assert browser.get("me").status_code == 401
        for wrong in ("", "wrong", "right ", "%00"):
            assert browser.http.get(f"/?start={wrong}").status_code in (401, 404)
        assert browser.http.get("/?start=right", follow_redirects=False).status_code == 303
        assert browser.get("me").json()["single_user"] is True
        for path in ("login", "invitations/accept"):
            assert Browser(app).post(path, {"name": "a", "password": "b"}).status_code == 403
