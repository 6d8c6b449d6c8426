"""The story of the studio as people live it, step by step: the test asserts on it, the tutorial's
pictures are taken from it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import tifffile

from nuclarium.synthetic.organoid import OrganoidSpec, organoid

ROOT = Path(__file__).parents[1]
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
SIDE, DEPTH = 256, 8
PLANE = DEPTH // 2
WHOLE = (0, 0, SIDE, SIDE)
FIELD = 128
SHOWN = "with suggestions"
PASSWORD = "a long enough pass phrase"
SEEDS = (3, 5, 9)


def until(holds, seconds=30):
    """Wait until something holds, and return it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := holds():
            return found
        time.sleep(0.05)
    raise AssertionError("it never came to pass")


def make_stacks(folder):
    """Write three synthetic colonies, and return where the nuclei of their middle planes are."""
    folder.mkdir(parents=True)
    spec = OrganoidSpec(shape=(24, SIDE, SIDE))
    found = {}
    for number, seed in enumerate(SEEDS, 1):
        pixels, labels, _ = organoid(spec, np.random.default_rng(seed))
        cut = slice(12 - PLANE, 12 + DEPTH - PLANE)
        about = {"axes": "ZYX", "PhysicalSizeX": 0.25, "PhysicalSizeY": 0.25, "PhysicalSizeZ": 1.0}
        tifffile.imwrite(folder / f"colony{number}.ome.tif", pixels[cut], ome=True, metadata=about)
        found[f"colony{number}"] = middles(labels[cut][PLANE])
    return found


def middles(labels):
    """Spots ``x, y, radius`` deep inside nuclei, the largest first, none below the options."""
    inside = cv2.distanceTransform((labels > 0).astype(np.uint8), cv2.DIST_L2, 5)
    spots = []
    for number in np.unique(labels[labels > 0]):
        depth = np.where(labels == number, inside, 0)
        y, x = np.unravel_index(depth.argmax(), depth.shape)
        if depth.max() > 8 and x > 60:
            spots.append((int(x), int(y), float(depth.max())))
    return sorted(spots, key=lambda spot: -spot[2])


def nuclarium(*words, cwd=None):
    """Run the command as in a terminal, and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "nuclarium", *map(str, words)],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def annotate(project, *options):
    """Give the address that `nuclarium annotate` prints; end it with Ctrl-C."""
    command = [sys.executable, "-m", "nuclarium", "annotate", str(project), "--no-browser"]
    process = subprocess.Popen(
        [*command, "--port", "0", *options],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        try:
            said = []
            for line in process.stdout:
                said.append(line)
                if found := re.search(r"http://\S+", line):
                    yield found[0]
                    break
            else:
                raise AssertionError(f"nuclarium annotate ended: {''.join(said)}")
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


class Person:
    """Somebody's browser, and gestures in pixels of the image, while all of it is in view."""

    def __init__(self, browser, address, **options):
        options = {"viewport": {"width": 1280, "height": 800}} | options
        self.context = browser.new_context(accept_downloads=True, **options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.mistakes = []
        self.page.on("pageerror", lambda error: self.mistakes.append(str(error)))
        self.root = address.split("/#")[0].split("/?")[0]
        self.field = WHOLE
        self.page.goto(address)

    def look(self, name):
        """Called where something is worth seeing; the tutorial takes its pictures here."""

    def go(self, place):
        self.page.goto(f"{self.root}/#/{place}")

    def button(self, name):
        self.page.get_by_role("button", name=name).click()

    def says(self, text):
        self.page.get_by_text(text).first.wait_for()

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def saved(self):
        self.page.locator(".saved", has_text="Saved").wait_for()

    def enter(self, name):
        """Take an invitation."""
        self.page.get_by_label("Name").fill(name)
        self.page.get_by_label(re.compile("Password")).fill(PASSWORD)
        self.button("Create the account")
        self.page.get_by_role("heading", name="Images").wait_for()

    def open(self, image):
        self.field = WHOLE
        self.go("")
        self.page.locator("a.card", has_text=image).click()
        self.saved()

    def at(self, x, y):
        """Where a pixel of the image is on the screen, while the field fills the view."""
        x0, y0, x1, y1 = self.field
        box = self.page.locator(".viewer").bounding_box()
        scale = min(16, 0.96 * min(box["width"] / (x1 - x0), box["height"] / (y1 - y0)))
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        return middle[0] + (x - (x0 + x1) / 2) * scale, middle[1] + (y - (y0 + y1) / 2) * scale

    def stroke(self, *points):
        self.page.mouse.move(*self.at(*points[0]))
        self.page.mouse.down()
        for point in points[1:]:
            self.page.mouse.move(*self.at(*point), steps=4)
        self.page.mouse.up()

    def click(self, x, y):
        self.page.mouse.click(*self.at(x, y))

    def outline(self, x, y, radius):
        """Draw around a nucleus with the freehand tool."""
        turns = np.linspace(0, 2 * np.pi, 13)
        self.press("l")
        self.stroke(*((x + radius * np.cos(turn), y + radius * np.sin(turn)) for turn in turns))

    def ask(self, path):
        """Ask the server what this person's page may ask."""
        return self.page.evaluate("path => fetch('api/' + path).then(a => a.json())", path)


def scribble(person, spots):
    """Nuclei and background, and the mask of the plane follows."""
    person.press("q")
    for x, y, _ in spots[:3]:
        person.stroke((x - 4, y), (x + 4, y))
    person.press("g")
    person.stroke((248, 120), (248, 230))
    person.stroke((200, 250), (120, 250))
    person.says("The mask covers the whole plane.")


def rate(person, fields, spots, odd=False):
    """Do all own fields: accept with a click what is suggested, draw where nothing is.

    Gives the document of each field, and is sent its head. Who is odd gives the nuclei of one
    field another class than the others do.
    """
    page = person.page
    strip = page.locator(".work-strip")
    person.go("fields")
    person.button("Start field 1")
    for number in range(1, fields + 1):
        strip.filter(has_text=f"Field {number} of {fields}").wait_for()
        person.saved()
        head = yield page.url.rsplit("/", 1)[1].split("?")[0]
        person.field = head.box
        own = spots_in(head.box, spots[head.image])
        is_odd = odd and len(own) > 1
        odd = odd and not is_odd
        person.press("2" if is_odd else "1")
        drawn = accept(person, head) if head.arm == SHOWN else draw(person, own)
        if drawn:
            strip.filter(has_text="In work").wait_for()
            person.saved()
        if drawn and number < 4:
            person.look("field" if head.arm == SHOWN else "field_drawn")
        strip.get_by_role("button", name="Done").click()
    page.wait_for_url("**/#/fields")
    person.says("All done")


def spots_in(box, spots):
    """The largest three spots of nuclei that lie within a field."""
    x0, y0, x1, y1 = box
    return [s for s in spots if x0 + 8 < s[0] < x1 - 8 and y0 + 8 < s[1] < y1 - 8][:3]


def accept(person, head):
    """Click on each suggestion whose middle is in the field; how many there are."""
    waiting = re.compile("suggestions? waits? for an answer")
    person.press("a")
    person.page.get_by_text(waiting).first.wait_for()
    x0, y0, x1, y1 = head.box
    clicked = 0
    for one in person.ask(f"documents/{head.id}/suggestions?z={PLANE}"):
        x, y = np.reshape(one["rings"][0], (-1, 2)).mean(axis=0)
        if x0 + 4 < x < x1 - 4 and y0 + 4 < y < y1 - 4:
            person.click(x, y)
            clicked += 1
    return clicked


def draw(person, spots):
    """Draw around each nucleus; how many there are."""
    for spot in spots:
        person.outline(*spot)
    return len(spots)
