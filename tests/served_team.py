"""A studio of several people on a free port of this machine, and their pages in Chromium."""

import asyncio
import os
import shutil
import threading
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import tifffile
import uvicorn

from nuclarium.annotate.checks import new_id
from nuclarium.annotate.store import Store
from nuclarium.annotate.store_suggestions import Suggestion
from nuclarium.server.app import create_app
from nuclarium.server.serve import listen
from nuclarium.workspace.import_images import import_images
from nuclarium.workspace.project import Project

CHROMIUM = os.environ.get("NUCLARIUM_CHROMIUM") or shutil.which("chromium") or ""
SECRET = b"the secret of the tests of the pages of teamwork"
SIDE = 160
CENTRES = ((32, 40), (40, 112), (104, 36), (112, 104))
"""Of the nuclei of every image, ``y, x``."""
RADIUS = 14


def make_project(folder: Path, images: int) -> Project:
    """Images with four discs each."""
    files = folder / "files"
    files.mkdir(parents=True)
    y, x = np.mgrid[:SIDE, :SIDE]
    rng = np.random.default_rng(1)
    for number in range(images):
        field = rng.normal(300, 25, (SIDE, SIDE))
        for cy, cx in CENTRES:
            field += 1800 * ((y - cy) ** 2 + (x - cx) ** 2 <= RADIUS**2)
        tifffile.imwrite(files / f"field_{number + 1}.tif", field.clip(0, 4095).astype(np.uint16))
    project = Project.create(folder / "project", name="organoids", classes="nucls")
    import_images(project, sorted(files.iterdir()))
    return project


class ServedTeam:
    """What a test of pages needs: the store, the address, a page of anybody."""

    def __init__(self, app, address, browser):
        self.app, self.address, self.browser = app, address, browser
        self.store = app.state.studio.store
        self.images = [image.id for image in app.state.studio.shelf.images()]

    def page(self, alias=None, **options):
        """A page of somebody, with a session; of nobody where the alias is left out."""
        context = self.browser.new_context(**options)
        if alias is not None:
            sessions = self.app.state.studio.sessions
            stamp = self.app.state.studio.people.look_up(alias).stamp
            _, cookie = sessions.begin(alias, stamp)
            context.add_cookies([{"name": sessions.cookie, "value": cookie, "url": self.address}])
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        return page

    def suggest(self):
        """Suggest the four nuclei of each image, as a model would."""
        for image in self.images:
            self.store.suggest(image, "discs", [suggestion(*centre) for centre in CENTRES])

    def send(self, page, path, body):
        """Send what a page would send, as the person of that page."""
        return page.evaluate(
            """async ([path, body]) => {
                const me = await (await fetch("api/me")).json();
                const headers = {"Content-Type": "application/json", "X-CSRF-Token": me.csrf};
                const answer = await fetch("api/" + path,
                    {method: "POST", headers, body: JSON.stringify(body)});
                return [answer.status, await answer.json()];
            }""",
            [path, body],
        )


def ring(y, x, radius=RADIUS):
    """A disc's outline ``x, y, x, y …``."""
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    return np.stack([x + 0.5 + radius * np.cos(turn), y + 0.5 + radius * np.sin(turn)], 1)


def suggestion(y, x):
    numbers = ring(y, x).round(2).ravel().tolist()
    return Suggestion(new_id("u"), (tuple(numbers),), "", 0.9, None, "discs")


def outline(y, x, label, *, radius=RADIUS, suggested=None):
    """An edit that draws a disc, or accepts a suggested one."""
    nucleus = new_id("n")
    after = {
        "id": nucleus,
        "kind": "outline",
        "rings": [ring(y, x, radius).round(2).ravel().tolist()],
        "label": label,
        "suggestion": suggested,
        "verdict": None if suggested is None else "accepted",
    }
    edit = {"id": new_id("e"), "gesture": new_id("g"), "nucleus": nucleus, "base": 0}
    return edit | {"after": after, "tool": "brush"}


@contextmanager
def served_team(folder: Path, browser, *, images=3, people=()):
    """Serve a new project with people: (alias, name, role, group)."""
    project = make_project(folder, images)
    with Store.open(folder / "project" / "annotations" / "store.sqlite") as store:
        for alias, name, role, group in people:
            store.add_user(name, role, alias=alias, group=group)
        app = create_app(project, store, single_user=False, secret=SECRET)
        socket = listen("127.0.0.1", 0)
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none"))
        thread = threading.Thread(target=_run, args=(server, socket), daemon=True)
        thread.start()
        try:
            yield ServedTeam(app, f"http://127.0.0.1:{socket.getsockname()[1]}/", browser)
        finally:
            server.should_exit = True
            app.state.studio.events.close()
            thread.join(10)
            socket.close()


def _run(server, socket):
    with suppress(asyncio.CancelledError):
        asyncio.run(server.serve([socket]))
