"""Makes the pictures of docs/studio_drawing.md in a Chromium."""

import shutil
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import sync_playwright

from nuclarium.synthetic.plane import synthetic_nuclei

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
from tests.drawing_pages import SIDE, Studio  # noqa: E402  (after the path to the tests)

PICTURES = ROOT / "docs" / "images"
AREA = (40, 70, 216, 216)
"""Of nuclei that no panel lies over: x0, y0, x1, y1."""


def corners(truth):
    """Corners of each nucleus in the area, and its middle."""
    x0, y0, x1, y1 = AREA
    for number in np.unique(truth[truth > 0]):
        contours, _ = cv2.findContours(
            (truth == number).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
        )
        ring = cv2.approxPolyDP(contours[0], 0.9, True)[:, 0] + 0.5
        if (ring > (x0, y0)).all() and (ring < (x1, y1)).all():
            yield ring, ring.mean(0)


def drawing(studio, nuclei, **look):
    """Several classes, and a brush on its way."""
    hand = studio.person("ann", **look)
    for key, (ring, _) in zip("1132546", nuclei, strict=False):
        hand.press("Escape", key)
        hand.polygon(*ring)
        hand.ready()
    x, y = nuclei[7][1]
    hand.press("Escape", "1", "b")
    hand.page.mouse.move(*hand.at(x - 4, y - 3))
    hand.page.mouse.down()
    hand.page.mouse.move(*hand.at(x + 4, y + 3), steps=5)
    return hand


def conflict(studio, middle, **look):
    """Two versions of one nucleus, and the card that asks."""
    x, y = middle
    ann, ben = studio.person("ann", **look), studio.person("ben", **look)
    ben.context.set_offline(True)
    ben.press("v")
    ben.click(x, y)
    ben.press("b")
    ben.stroke((x, y), (x + 12, y))
    ben.page.locator(".saved", has_text="Offline").wait_for()
    ann.press("v")
    ann.click(x, y)
    ann.press("b")
    ann.stroke((x, y), (x - 3, y + 12))
    ann.ready()
    ben.context.set_offline(False)
    ben.page.get_by_role("button", name="Keep both").wait_for()
    ben.page.mouse.move(*ben.at(200, 230))
    ben.page.wait_for_timeout(500)
    return ben


def main():
    """Write both pictures."""
    plane, truth = synthetic_nuclei((SIDE, SIDE), 40, np.random.default_rng(4))
    nuclei = list(corners(truth))
    PICTURES.mkdir(exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    folder = tempfile.TemporaryDirectory()
    with folder, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        studio = Studio(Path(folder.name), browser, plane)
        look = {"viewport": {"width": 1280, "height": 800}}
        hand = drawing(studio, nuclei, **look, color_scheme="light")
        hand.page.screenshot(path=PICTURES / "studio_drawing.png")
        hand.page.mouse.up()
        hand.ready()
        asked = conflict(studio, nuclei[3][1], **look, color_scheme="dark")
        asked.page.screenshot(path=PICTURES / "studio_conflict.png")
        studio.close()
        browser.close()


if __name__ == "__main__":
    main()
