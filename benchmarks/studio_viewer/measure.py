r"""Frames a second while panning over 1,000 to 100,000 outlines, and how soon a stroke is seen.

    python benchmarks/studio_viewer/measure.py --candidates build/candidates [--seconds 4] [--rounds 3]

Chromium is headless and has no graphics card; the window has 1280 × 800 px. Candidates take turns.
"""

from __future__ import annotations

import argparse
import statistics
import threading
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from serve import IMAGES, serving

CANDIDATES = {
    "own canvas": "candidate_own.html?",
    "OpenLayers, vector layer": "candidate_openlayers.html?",
    "OpenLayers, vector image": "candidate_openlayers.html?as=image&",
    "OpenSeadragon, canvas above": "candidate_openseadragon.html?",
}
COUNTS = (1_000, 10_000, 100_000)


def measured(page: Page, url: str, scale: float, seconds: float) -> dict[str, float]:
    page.goto(url)
    page.wait_for_function("window.measure", timeout=120_000)
    return page.evaluate("([scale, seconds]) => measure(scale, seconds)", [scale, seconds])


def main(candidates: Path, seconds: float, rounds: int, chromium: str) -> None:
    server = serving(0, candidates)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    root = f"http://127.0.0.1:{server.server_port}/"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        print("| outlines | view | viewer | frames/s | slowest 5 % of frames | first picture |")
        print("|---|---|---|---|---|---|")
        for count in COUNTS:
            about = next(each for each in IMAGES if each["id"] == f"outlines-{count}")
            for view, scale in (("all of them", 760 / about["height"]), ("1:1", 1.0)):
                runs: dict[str, list[dict[str, float]]] = {name: [] for name in CANDIDATES}
                for _ in range(rounds):
                    for name, path in CANDIDATES.items():
                        url = f"{root}{path}image=outlines-{count}"
                        runs[name].append(measured(page, url, scale, seconds))
                for name, values in runs.items():
                    fps, p95, first = (
                        statistics.median(v[key] for v in values)
                        for key in ("fps", "p95_ms", "first_ms")
                    )
                    print(
                        f"| {count:,} | {view} | {name} | {fps:.1f} | {p95:.0f} ms "
                        f"| {first / 1000:.2f} s |",
                        flush=True,
                    )
        browser.close()
    server.shutdown()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--candidates", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    main(**vars(parser.parse_args()))
