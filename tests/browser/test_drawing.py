"""Drawing in a real browser, by gestures: what is stored of it, whatever happens on the way."""

import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import tifffile
from tests.drawing_pages import PLAIN, SIDE, VIEWPORT, Studio, area, until
from tests.hands import Hands

from nuclarium.annotate.store import Store
from nuclarium.workspace.import_images import import_images
from nuclarium.workspace.project import Project

ROOT = Path(__file__).parents[2]


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
    hand.press("b")
    hand.page.mouse.move(*hand.at(150, 150))
    hand.page.mouse.down()
    hand.press("Escape")  # drops what is begun
    hand.page.mouse.up()
    hand.click(200, 200)
    until(lambda: len(studio.nuclei) == 1)
    assert studio.nuclei[0].rings[0][0] > 190


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
        "() => [...document.querySelectorAll('.count')].some((c) => c.textContent === '1')"
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
    tifffile.imwrite(tmp_path / "plain.tif", PLAIN)
    project = Project.create(tmp_path / "project")
    import_images(project, [tmp_path / "plain.tif"])
    context = browser.new_context(viewport=VIEWPORT)
    hand = Hands(context.new_page(), SIDE)
    with served(project.folder, 0) as address:
        port = re.search(r":(\d+)", address)[1]
        hand.page.goto(address)
        hand.page.get_by_role("link", name="plain").click()
        saved = hand.page.locator(".saved", has_text="Saved")
        saved.wait_for()
        hand.polygon((20, 20), (60, 20), (60, 60))
        saved.wait_for()
    hand.polygon((100, 20), (140, 20), (140, 60))
    hand.polygon((180, 20), (220, 20), (220, 60))
    hand.page.locator(".saved", has_text="Offline, 2 waiting").wait_for()
    with served(project.folder, port):
        saved.wait_for()
    context.close()
    store_file = next(project.folder.rglob("*.sqlite"))
    with Store.open(store_file) as store:
        document = store.document(store.documents()[0].id)
        assert sorted(min(one.rings[0][::2]) for one in document.nuclei.values()) == pytest.approx(
            [20, 100, 180], abs=1
        )
        assert document.revision == 3
