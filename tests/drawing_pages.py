"""A studio with one image and two people, and what their hands do in it: for tests and pictures."""

import threading
import time

import numpy as np
import tifffile
import uvicorn
from tests.hands import Hands

from nuclarium.annotate.nuclei import Nucleus
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


class Hand(Hands):
    """One person's page with the document open, and gestures in image px."""

    def __init__(self, studio, context):
        self.context = context
        super().__init__(context.new_page(), SIDE)
        self.mistakes = []
        self.page.on("pageerror", lambda error: self.mistakes.append(str(error)))
        self.page.goto(f"{studio.address}/#/document/{studio.document}")
        self.ready()

    def ready(self):
        self.page.locator(".saved", has_text="Saved").wait_for()


def until(holds):
    """Wait until something holds, fifteen seconds at most."""
    for _ in range(750):
        if holds():
            return
        time.sleep(0.02)
    raise AssertionError("it never came to pass")


def area(nucleus: Nucleus) -> float:
    """Of the exterior, in px²."""
    x, y = np.array(nucleus.rings[0][::2]), np.array(nucleus.rings[0][1::2])
    return abs(x @ np.roll(y, 1) - y @ np.roll(x, 1)) / 2


class Studio:
    """A server in this process, with its store at hand."""

    def __init__(self, folder, browser, pixels=PLAIN):
        axes = {"axes": "ZYX"[-pixels.ndim :]}
        tifffile.imwrite(folder / "plain.tif", pixels, imagej=True, metadata=axes)
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
        self.image = self.app.state.studio.shelf.images()[0].to_json()["id"]
        self.document = self.store.open_document(self.image, owner=None).id
        self.hands = []

    def person(self, alias="ann", **options):
        """A browser of somebody; a second one of the same person is a second laptop."""
        context = self.browser.new_context(**({"viewport": VIEWPORT} | options))
        self.log_in(context, alias)
        self.hands.append(Hand(self, context))
        return self.hands[-1]

    def log_in(self, context, alias):
        """Whoever was logged in in a browser is not any more."""
        known = self.app.state.studio.people.look_up(alias)
        sessions = self.app.state.studio.sessions
        _, cookie = sessions.begin(alias, known.stamp)
        context.add_cookies([{"name": sessions.cookie, "value": cookie, "url": self.address}])

    def tab(self, hand):
        """A further tab of the same browser."""
        self.hands.append(Hand(self, hand.context))
        return self.hands[-1]

    @property
    def nuclei(self):
        """What is stored, by place from left to right; rejected suggestions have no place."""
        found = [one for one in self.nuclei_with_rejected if one.rings]
        return sorted(found, key=lambda one: min(one.rings[0][::2]))

    @property
    def nuclei_with_rejected(self):
        return list(self.store.document(self.document).nuclei.values())

    @property
    def revision(self):
        return self.store.head(self.document).revision

    def close(self):
        for context in {hand.context for hand in self.hands}:
            context.close()
        self.server.should_exit = True
        self.thread.join(20)
        self.store.close()
        assert [mistake for hand in self.hands for mistake in hand.mistakes] == []
