"""From lifting the brush to the mask in view, through HTTP, as the studio's page asks for it.

    python benchmarks/studio_brush.py [--side 1024] [--strokes 24]

Starts `nuclarium annotate` on a synthetic plane in a process of its own and talks to it as the
page does: the stroke is sent to be kept, the mask of the view is asked for beside it, and then the
whole plane in the background, which the next stroke ends. Strokes are drawn from the truth.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import tifffile

from nuclarium.synthetic.plane import synthetic_nuclei


def new(letter: str) -> str:
    return f"{letter}-{uuid.uuid4().hex}"


def strokes(truth: np.ndarray, count: int, rng: np.random.Generator) -> list[dict]:
    """Foreground and background in turns: 30 px long, 4 px wide."""
    found = []
    for number in range(count):
        kind = 2 - number % 2
        y, x = rng.permutation(np.argwhere((truth > 0) == (kind == 2)))[0].tolist()
        step = 3 if kind == 2 else 15
        points = [float(x - step), float(y), float(x + step), float(y)]
        found.append(
            {"id": new("e"), "gesture": new("g"), "class": kind, "radius": 2, "points": points}
            | {"z": 0, "tool": "scribble"}
        )
    return found


class Page:
    """What the page of one person sends."""

    def __init__(self, address: str) -> None:
        root = address.split("/?")[0]
        self.http = httpx.Client(base_url=root, timeout=120, follow_redirects=True)
        self.http.get(address)
        token = self.http.get("/api/me").json()["csrf"]
        self.http.headers.update({"x-csrf-token": token, "origin": root})

    def post(self, path: str, body: dict) -> httpx.Response:
        """Send JSON; whatever is refused is an error."""
        answer = self.http.post(f"/api/{path}", json=body)
        answer.raise_for_status()
        return answer


def measure(page: Page, truth: np.ndarray, side: int, count: int) -> None:
    image = page.http.get("/api/images").json()[0]["id"]
    document = page.post("documents", {"image": image, "shared": False}).json()["id"]
    drawn = strokes(truth, count, np.random.default_rng(0))
    view = [0, 0, side, side]
    begun = time.perf_counter()
    page.post(f"documents/{document}/pixels/prepare", {"box": view, "z": 0})
    print(f"features of the view, ahead of the first stroke: {time.perf_counter() - begun:.2f} s")
    pool = ThreadPoolExecutor(2)
    spent, sizes = [], []
    for number, stroke in enumerate(drawn, start=1):
        wish = {
            "box": view,
            "z": 0,
            "layer": "classes",
            "ids": [one["id"] for one in drawn[:number]],
        }
        wish["strokes"] = drawn[max(0, number - 50) : number]
        begun = time.perf_counter()
        kept = pool.submit(page.post, f"documents/{document}/edits", {"edits": [stroke]})
        if number > 1:
            mask = page.post(f"documents/{document}/pixels", wish)
            spent.append(time.perf_counter() - begun)
            sizes.append(len(mask.content))
            page.post(
                f"documents/{document}/pixels/plane",
                {k: wish[k] for k in ("z", "ids")} | {"strokes": wish["strokes"]},
            )
        kept.result()
        time.sleep(0.3)  # the person moves the brush
    quantiles = np.percentile(spent, [50, 95, 100])
    print(
        f"stroke to mask of {side} × {side} px: median {quantiles[0]:.3f} s, 95 % "
        f"{quantiles[1]:.3f} s, most {quantiles[2]:.3f} s; {np.median(sizes) / 1024:.0f} KiB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=1024)
    parser.add_argument("--strokes", type=int, default=24)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        count = round(700 * (given.side / 1024) ** 2)
        shape = (given.side, given.side)
        pixels, truth = synthetic_nuclei(shape, count, np.random.default_rng(0))
        files = Path(folder) / "images"
        files.mkdir()
        tifffile.imwrite(files / "plane.tif", pixels)
        server = subprocess.Popen(
            [sys.executable, "-m", "nuclarium", "annotate", files, "--no-browser", "--port", "0"],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
        try:
            said = next(line for line in server.stdout if "http://" in line)
            measure(Page(re.search(r"http://\S+", said)[0]), truth, given.side, given.strokes)
        finally:
            server.terminate()
            server.wait(30)


if __name__ == "__main__":
    main()
