r"""Frames a second while panning over 1,000 to 100,000 outlines.

    python benchmarks/studio_viewer/measure.py --candidates build/candidates [--rounds 3]

Chromium is headless and has no graphics card; the window has 1280 × 800 px. Candidates
take turns, each in a Chromium of its own; 0 frames/s: no answer in a minute.
"""

from __future__ import annotations

import argparse
import statistics
import threading
from pathlib import Path

from playwright.sync_api import BrowserType, Error, sync_playwright
from serve import IMAGES, serving

CANDIDATES = {
    "own canvas": "candidate_own.html?",
    "OpenLayers, vector layer": "candidate_openlayers.html?",
    "OpenLayers, vector image": "candidate_openlayers.html?as=image&",
    "OpenSeadragon, canvas above": "candidate_openseadragon.html?",
}
COUNTS = (1_000, 10_000, 100_000)
SECONDS = 4


def measured(chromium: BrowserType, path: str, url: str, scale: float) -> dict[str, float]:
    """Measure one candidate in a Chromium of its own, which what came before cannot slow."""
    browser = chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
    try:
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(url)
        page.wait_for_function("window.measure", timeout=60_000)
        return page.evaluate("([scale, seconds]) => measure(scale, seconds)", [scale, SECONDS])
    except Error:
        return {"fps": 0.0, "p95_ms": float("inf"), "first_ms": float("inf")}
    finally:
        browser.close()


def main(candidates: Path, rounds: int, chromium: str) -> None:
    server = serving(0, candidates)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    root = f"http://127.0.0.1:{server.server_port}/"
    with sync_playwright() as playwright:
        print("| outlines | view | viewer | frames/s | slowest 5 % of frames | first picture |")
        print("|---|---|---|---|---|---|")
        for count in COUNTS:
            about = next(each for each in IMAGES if each["id"] == f"outlines-{count}")
            for view, scale in (("all of them", 760 / about["height"]), ("1:1", 1.0)):
                runs: dict[str, list[dict[str, float]]] = {name: [] for name in CANDIDATES}
                for _ in range(rounds):
                    for name, path in CANDIDATES.items():
                        url = f"{root}{path}image=outlines-{count}"
                        runs[name].append(measured(playwright.chromium, chromium, url, scale))
                for name, values in runs.items():
                    print(row(count, view, name, values), flush=True)
    server.shutdown()


def row(count: int, view: str, name: str, values: list[dict[str, float]]) -> str:
    keys = ("fps", "p95_ms", "first_ms")
    fps, p95, first = (statistics.median(value[key] for value in values) for key in keys)
    return f"| {count:,} | {view} | {name} | {fps:.1f} | {p95:.0f} ms | {first / 1000:.2f} s |"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--candidates", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    main(**vars(parser.parse_args()))
