"""Drawing in a real browser, by gestures: what is stored of it, whatever happens on the way."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import tifffile
import uvicorn

from nuclarium.annotate.nuclei import Nucleus
from nuclarium.annotate.store import Store
from nuclarium.server.app import create_app
from nuclarium.server.origins import origins_of
from nuclarium.server.serve import StudioServer, listen
from nuclarium.workspace.import_images import import_images
from nuclarium.workspace.project import Project

SIDE = 256
ROOT = Path(__file__).parents[2]


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


class Hand:
    """One person's page with the image open, and gestures in image px."""

    def __init__(self, studio, alias):
        self.studio = studio
        self.context = studio.browser.new_context(viewport={"width": 1600, "height": 800})
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

    def __init__(self, folder, browser):
        tifffile.imwrite(folder / "plain.tif", np.full((SIDE, SIDE), 90, np.uint8))
        self.browser = browser
        self.project = Project.create(folder / "project")
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

    def person(self, alias="ann"):
        self.hands.append(Hand(self, alias))
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


@pytest.fixture
def studio(tmp_path, browser):
    made = Studio(tmp_path, browser)
    yield made
    made.close()


def test_brush_eraser_and_classes_are_stored_stroke_by_stroke(studio):
    hand = studio.person()
    hand.press("3", "b")
    hand.stroke((60, 60), (80, 60))
    until(lambda: len(studio.nuclei) == 1)
    first = studio.nuclei[0]
    assert (first.kind, first.label, first.rater, first.revision) == (
        "outline",
        "lymphocyte",
        "ann",
        1,
    )
    assert area(first) == pytest.approx(20 * 12 + np.pi * 36, rel=0.05)
    hand.stroke((70, 60), (70, 80))
    until(lambda: studio.nuclei[0].revision == 2)
    assert area(studio.nuclei[0]) > area(first) + 150
    hand.press("e")
    hand.stroke((70, 80), (70, 60))
    until(lambda: len(studio.nuclei) == 2)  # the eraser went across
    hand.press("Escape", "v")
    hand.stroke((40, 40), (110, 100))
    hand.press("1")
    until(lambda: {one.label for one in studio.nuclei} == {"tumor"})
    hand.press("Delete")
    until(lambda: studio.nuclei == [])


def test_polygon_box_dot_freehand_split_and_merge(studio):
    hand = studio.person()
    hand.polygon((20, 20), (60, 20), (60, 60), (20, 60))
    until(lambda: len(studio.nuclei) == 1)
    assert area(studio.nuclei[0]) == pytest.approx(1600, rel=0.02)
    hand.press("k")
    hand.stroke((10, 40), (70, 40))
    until(lambda: len(studio.nuclei) == 2)
    assert sum(map(area, studio.nuclei)) == pytest.approx(1600, rel=0.02)
    hand.press("Escape", "b")
    hand.stroke((50, 38), (50, 44))  # a bridge over the cut
    until(lambda: studio.store.head(studio.document).revision == 4)
    hand.press("v", "Control+a", "m")
    until(lambda: len(studio.nuclei) == 1)
    hand.press("Escape", "r")
    hand.stroke((120, 120), (140, 150))
    hand.press("Escape", "d")
    hand.click(200, 200)
    hand.press("Escape", "l")
    hand.stroke((220, 20), (250, 20), (250, 50), (220, 50))
    until(lambda: len(studio.nuclei) == 4)
    assert [one.kind for one in studio.nuclei] == ["outline", "box", "point", "outline"]
    assert studio.nuclei[2].rings[0] == pytest.approx((200, 200), abs=0.5)


def test_undo_and_redo_go_on_behind_a_reload(studio):
    hand = studio.person()
    for x in (20, 80, 140):
        hand.polygon((x, 20), (x + 30, 20), (x + 30, 60))
    until(lambda: len(studio.nuclei) == 3)
    hand.press("Control+z", "Control+z")
    until(lambda: len(studio.nuclei) == 1)
    hand.page.reload()
    hand.ready()
    hand.press("Control+z")
    until(lambda: len(studio.nuclei) == 0)
    hand.press("Control+Shift+z", "Control+Shift+z", "Control+Shift+z")
    until(lambda: len(studio.nuclei) == 3)
    assert [min(one.rings[0][::2]) for one in studio.nuclei] == pytest.approx([20, 80, 140], abs=1)


def test_two_people_on_one_nucleus_choose_and_nothing_vanishes(studio):
    ann, ben = studio.person("ann"), studio.person("ben")
    ann.polygon((60, 60), (100, 60), (100, 100), (60, 100))
    until(lambda: len(studio.nuclei) == 1)
    name = studio.nuclei[0].id
    ben.page.wait_for_function(
        "[...document.querySelectorAll('.count')].some((c) => c.textContent === '1')"
    )
    ben.context.set_offline(True)
    ben.press("b")
    ben.stroke((80, 80), (120, 80))
    ben.page.locator(".saved", has_text="Offline, 1 waiting").wait_for()
    ann.press("v")
    ann.click(80, 80)
    ann.press("2")
    until(lambda: studio.nuclei[0].label == "fibroblast")
    ben.context.set_offline(False)
    ben.page.get_by_role("button", name="Keep both").wait_for()
    assert len(studio.nuclei) == 1
    ben.page.get_by_role("button", name="Keep both").click()
    until(lambda: len(studio.nuclei) == 2)
    by = {one.rater: one for one in studio.nuclei}
    assert (by["ann"].id, by["ann"].label) == (name, "fibroblast")
    assert area(by["ben"]) > area(by["ann"])


def test_drawn_offline_in_a_tab_that_is_closed_and_sent_at_the_next_opening(studio):
    hand = studio.person()
    hand.context.set_offline(True)
    hand.polygon((20, 20), (60, 20), (60, 60))
    hand.polygon((120, 20), (160, 20), (160, 60))
    hand.press("Control+z")
    hand.page.locator(".saved", has_text="Offline, 3 waiting").wait_for()
    assert studio.nuclei == []
    hand.page.close()
    hand.context.set_offline(False)
    hand.page = hand.context.new_page()
    hand.page.goto(f"{studio.address}/#/document/{studio.document}")
    hand.ready()
    until(lambda: studio.store.head(studio.document).revision == 3)
    assert [min(one.rings[0][::2]) for one in studio.nuclei] == pytest.approx([20], abs=1)


@contextmanager
def served(folder, port):
    command = [sys.executable, "-c", "from nuclarium.cli import main; main()", "annotate"]
    process = subprocess.Popen(
        [*command, str(folder), "--port", str(port), "--no-browser"],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        try:
            yield next(
                found[0] for line in process.stdout if (found := re.search(r"http://\S+", line))
            )
        finally:
            process.send_signal(signal.SIGKILL)


def test_server_is_killed_while_somebody_draws_and_comes_back(tmp_path, browser):
    tifffile.imwrite(tmp_path / "plain.tif", np.full((SIDE, SIDE), 90, np.uint8))
    project = Project.create(tmp_path / "project")
    import_images(project, [tmp_path / "plain.tif"])
    context = browser.new_context(viewport={"width": 1600, "height": 800})
    hand = Hand.__new__(Hand)
    hand.page = context.new_page()
    with served(project.folder, 0) as address:
        port = re.search(r":(\d+)", address)[1]
        hand.page.goto(address)
        hand.page.get_by_role("link", name="plain").click()
        hand.ready()
        hand.polygon((20, 20), (60, 20), (60, 60))
        hand.page.locator(".saved", has_text="Saved").wait_for()
    hand.polygon((100, 20), (140, 20), (140, 60))
    hand.polygon((180, 20), (220, 20), (220, 60))
    hand.page.locator(".saved", has_text="Offline, 2 waiting").wait_for()
    with served(project.folder, port):
        hand.page.locator(".saved", has_text="Saved").wait_for()
    context.close()
    store_file = next(project.folder.rglob("*.sqlite"))
    with Store.open(store_file) as store:
        document = store.document(store.documents()[0].id)
        assert sorted(min(one.rings[0][::2]) for one in document.nuclei.values()) == pytest.approx(
            [20, 100, 180], abs=1
        )
        assert document.revision == 3
