"""A studio with one image and two people, and what their hands do in it: for tests and pictures."""

import threading

import numpy as np
import tifffile
import uvicorn

from nuclarium.annotate.store import Store
from nuclarium.server.app import create_app
from nuclarium.server.origins import origins_of
from nuclarium.server.serve import StudioServer, listen
from nuclarium.workspace.import_images import import_images
from nuclarium.workspace.project import Project

SIDE = 256
PLAIN = np.full((SIDE, SIDE), 90, np.uint8)
VIEWPORT = {"width": 1600, "height": 800}
"""Wide, so that no option of a tool lies over the image."""


class Hand:
    """One person's page with the image open, and gestures in image px."""

    def __init__(self, studio, alias, **context):
        self.studio = studio
        self.context = studio.browser.new_context(**({"viewport": VIEWPORT} | context))
        known = studio.app.state.studio.people.look_up(alias)
        _, cookie = studio.app.state.studio.sessions.begin(alias, known.stamp)
        name = studio.app.state.studio.sessions.cookie
        self.context.add_cookies([{"name": name, "value": cookie, "url": studio.address}])
        self.page = self.context.new_page()
        self.mistakes = []
        self.page.on("pageerror", lambda error: self.mistakes.append(str(error)))
        self.page.goto(f"{studio.address}/#/document/{studio.document}")
        self.ready()

    def ready(self):
        self.page.locator(".saved", has_text="Saved").wait_for()

    def at(self, x, y):
        box = self.page.locator(".viewer").bounding_box()
        scale = min(16, 0.96 * min(box["width"], box["height"]) / SIDE)
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        return middle[0] + (x - SIDE / 2) * scale, middle[1] + (y - SIDE / 2) * scale

    def stroke(self, *points):
        self.page.mouse.move(*self.at(*points[0]))
        self.page.mouse.down()
        for point in points[1:]:
            self.page.mouse.move(*self.at(*point), steps=4)
        self.page.mouse.up()

    def click(self, x, y):
        self.page.mouse.click(*self.at(x, y))

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def polygon(self, *corners):
        self.press("Escape", "p")
        for corner in corners:
            self.click(*corner)
        self.press("Enter")


class Studio:
    """A server in this process, with its store at hand."""

    def __init__(self, folder, browser, pixels=PLAIN):
        tifffile.imwrite(folder / "plain.tif", pixels)
        self.browser = browser
        self.project = Project.create(folder / "project", classes="nucls")
        import_images(self.project, [folder / "plain.tif"])
        self.store = Store.open(folder / "store.sqlite")
        for alias in ("ann", "ben"):
            self.store.add_user(f"name of {alias}", "rater", alias=alias)
        origins = origins_of("127.0.0.1")
        secret = bytes(32)
        self.app = create_app(
            self.project, self.store, single_user=False, secret=secret, origins=origins
        )
        listening = listen("127.0.0.1", 0)
        self.address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        config = uvicorn.Config(self.app, log_level="warning", access_log=False, ws="none")
        self.server = StudioServer(config, self.app.state.studio)
        run = {"sockets": [listening]}
        self.thread = threading.Thread(target=self.server.run, kwargs=run)
        self.thread.start()
        image = self.app.state.studio.shelf.images()[0].to_json()["id"]
        self.document = self.store.open_document(image, owner=None).id
        self.hands = []

    def person(self, alias="ann", **context):
        self.hands.append(Hand(self, alias, **context))
        return self.hands[-1]

    @property
    def nuclei(self):
        """What is stored, by place from left to right."""
        found = self.store.document(self.document).nuclei.values()
        return sorted(found, key=lambda one: min(one.rings[0][::2]))

    def close(self):
        for hand in self.hands:
            hand.context.close()
        self.server.should_exit = True
        self.thread.join(20)
        self.store.close()
        assert [mistake for hand in self.hands for mistake in hand.mistakes] == []
