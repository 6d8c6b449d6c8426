"""A small project that is served, and browsers of people of every role, for tests of the server."""

import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import tifffile
from fastapi.testclient import TestClient

from nuclarium.annotate.checks import new_id
from nuclarium.annotate.store import Store
from nuclarium.server.app import create_app
from nuclarium.server.origins import origins_of
from nuclarium.workspace.import_images import import_images
from nuclarium.workspace.project import Project

ROLES = ("admin", "senior", "rater", "viewer")
SECRET = b"the secret that no test may find anywhere"
ORIGIN = "http://localhost"


def make_project(folder: Path) -> Project:
    """Two images: a 12-bit stack of 2 channels and 3 slices, and a colour picture."""
    rng = np.random.default_rng(0)
    files = folder / "files"
    files.mkdir(parents=True)
    stack = rng.integers(0, 4096, (3, 2, 300, 520), dtype=np.uint16)
    tifffile.imwrite(files / "stack.tif", stack, imagej=True, metadata={"axes": "ZCYX"})
    colour = rng.integers(0, 256, (200, 300, 3), dtype=np.uint8)
    tifffile.imwrite(files / "colour.tif", colour, photometric="rgb")
    project = Project.create(folder / "project")
    import_images(project, sorted(files.iterdir()))
    return project


class Browser:
    """What one person's page sends: its cookie, its token, its origin."""

    def __init__(self, app, alias=None, **client):
        self.http = TestClient(app, base_url=ORIGIN, raise_server_exceptions=False, **client)
        self.headers = {"origin": ORIGIN}
        if alias is not None:
            studio = app.state.studio
            known = studio.people.look_up(alias)
            session, cookie = studio.sessions.begin(alias, known.stamp)
            self.http.cookies.set(studio.sessions.cookie, cookie)
            self.headers["x-csrf-token"] = studio.sessions.csrf(session)

    def get(self, path, **more):
        return self.http.get(f"/api/{path}", **more)

    def post(self, path, json=None, **more):
        headers = self.headers | more.pop("headers", {})
        body = {} if "content" in more else {"json": {} if json is None else json}
        return self.http.post(f"/api/{path}", headers=headers, **body, **more)

    def patch(self, path, json):
        return self.http.patch(f"/api/{path}", headers=self.headers, json=json)


@contextmanager
def served(folder: Path, *, single_user=False, start_token="", **more):
    """Give the app of a new project, with one person of each role: ``admin``, ``senior`` …"""
    project = make_project(folder)
    with Store.open(folder / "store.sqlite") as store:
        for role in ROLES:
            store.add_user(f"name of {role}", role, alias=role)
        app = create_app(
            project,
            store,
            single_user=single_user,
            secret=SECRET,
            origins=origins_of("localhost"),
            start_token=start_token,
            **more,
        )
        with TestClient(app, base_url=ORIGIN):
            yield app


def point(x=3.0, y=4.0, *, nucleus=None, base=0, **more):
    """An edit that sets a point."""
    nucleus = nucleus or new_id("n")
    after = {"id": nucleus, "kind": "point", "rings": [[x, y]]} | more
    return {
        "id": new_id("e"),
        "gesture": new_id("g"),
        "nucleus": nucleus,
        "base": base,
        "after": after,
        "tool": "point",
        "time": "2026-11-22T10:00:00Z",
    }


def until(holds):
    """Wait until something holds, ten seconds at most."""
    for _ in range(1_000):
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError("it never came to pass")
