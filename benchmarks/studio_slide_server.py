"""A studio in a process of its own, for `studio_slide.py`: asked over HTTP and by a browser."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
_COMMAND = [sys.executable, "-c", "from nuclarium.cli import main; main()", "annotate"]
_SKETCH = "x-overview"
_FRAMES = """
() => new Promise((done) => {
  const took = []; let last = 0;
  window.__stop = () => { window.__stopped = true; };
  window.__stopped = false;
  const frame = (now) => {
    if (last) took.push(now - last);
    last = now;
    if (window.__stopped) done(took); else requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
})
"""

_TILES = """
() => performance.getEntriesByType("resource").filter((e) => e.name.includes("/tiles/")).length
"""
_LAST_TILE = """
() => {
  const tiles = performance.getEntriesByType("resource").filter((e) => e.name.includes("/tiles/"));
  const last = Math.max(0, ...tiles.map((e) => e.responseEnd));
  return tiles.length > 0 && performance.now() - last > 600 ? last : false;
}
"""


class Served:
    """``nuclarium annotate FILE``, from the call on, as long as it is used."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __enter__(self) -> Self:
        began = time.perf_counter()
        self._process = subprocess.Popen(
            [*_COMMAND, str(self._file), "--port", "0", "--no-browser"],
            env=os.environ | {"PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        said = []
        for line in self._process.stdout or ():
            said.append(line)
            if found := re.search(r"http://\S+", line):
                self.address = found[0]
                break
        else:
            raise SystemExit(f"nuclarium annotate ended: {''.join(said)}")
        root = self.address.split("/?")[0]
        self._http = httpx.Client(base_url=root, timeout=600, follow_redirects=True)
        self._http.get(self.address)
        self.images()
        self.listed_after = time.perf_counter() - began
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()
        self._process.terminate()
        self._process.wait(30)

    def images(self) -> list[dict[str, Any]]:
        """Return the images as the page gets them."""
        found: list[dict[str, Any]] = self._http.get("/api/images").raise_for_status().json()
        return found

    def tile(self, image: str, level: int, row: int, column: int) -> httpx.Response:
        """Return a tile."""
        path = f"/api/images/{image}/tiles/{level}/{row}/{column}"
        return self._http.get(path).raise_for_status()

    def wait_for_overview(self, image: str) -> None:
        """Wait until the smallest level is no sketch any more."""
        level = self.images()[0]["levels"] - 1
        while _SKETCH in self.tile(image, level, 0, 0).headers:
            time.sleep(0.2)

    def most_memory_mb(self) -> float:
        """Return the largest memory that the process had so far."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        return 0.0 if found is None else int(found[1]) / 1024


def measured_in_browser(served: Served) -> Iterator[str]:
    """Open the image in Chromium, zoom from the whole slide to a pixel, and pan."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.add_init_script("performance.setResourceTimingBufferSize(100000)")
        page.goto(served.address)
        page.locator("a.card").first.wait_for()
        began = page.evaluate("() => performance.now()")
        page.locator("a.card").first.click()
        yield f"browser: last tile {_until_sharp(page) - began:.0f} ms after the click on the image"
        page.mouse.move(700, 420)
        yield _while_moving(page, "zooming in", lambda: _wheel(page, -120, 18))
        yield _while_moving(page, "panning at full size", lambda: _drag(page))
        yield _while_moving(page, "zooming out", lambda: _wheel(page, 400, 3))
        yield _while_moving(page, "panning in the middle", lambda: _drag(page))
        browser.close()


def _while_moving(page: Any, what: str, act: Any) -> str:
    page.evaluate(f"() => {{ window.__frames = ({_FRAMES})(); }}")
    before = page.evaluate(_TILES)
    act()
    took, moved = page.evaluate(
        "async () => { const at = performance.now(); window.__stop();"
        " return [await window.__frames, at]; }"
    )
    sharp = max(0.0, _until_sharp(page) - moved)
    tiles = page.evaluate(_TILES) - before
    rate, most = 1000 / np.mean(took), np.percentile(took, 95)
    return (
        f"browser: {what}: {rate:.0f} frames/s, p95 {most:.0f} ms a frame, "
        f"{tiles} tiles, the last {sharp:.0f} ms after the last movement"
    )


def _wheel(page: Any, step: int, count: int) -> None:
    for _ in range(count):
        page.mouse.wheel(0, step)
        page.wait_for_timeout(16)


def _drag(page: Any) -> None:
    page.keyboard.press("h")
    for _ in range(4):  # 2,800 px of the screen, on a way that was not seen before
        page.mouse.move(900, 650)
        page.mouse.down()
        page.mouse.move(300, 250, steps=40)
        page.mouse.up()


def _until_sharp(page: Any) -> float:
    """Wait until no tile came for a while; return when the last one did, in the page's clock."""
    last = page.wait_for_function(_LAST_TILE, timeout=600_000)
    return float(last.json_value())
