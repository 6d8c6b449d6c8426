r"""How soon a stroke of the brush is seen, over 1,000 to 100,000 outlines on screen.

    python benchmarks/studio_viewer/brush.py --candidates build/candidates

From the event of the pointer, moved by the browser's own protocol 60 times a second, to the end of
the frame that draws the stroke; what the screen adds is left out.
"""

from __future__ import annotations

import argparse
import statistics
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright
from serve import IMAGES, serving

COUNTS = (1_000, 10_000, 100_000)
MOVES = 240


def main(candidates: Path, chromium: str) -> None:
    server = serving(0, candidates)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    root = f"http://127.0.0.1:{server.server_port}/candidate_own.html?image=outlines-"
    print("| outlines on screen | median | slowest 5 % |")
    print("|---|---|---|")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        for count in COUNTS:
            side = next(each["height"] for each in IMAGES if each["id"] == f"outlines-{count}")
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.goto(f"{root}{count}")
            page.wait_for_function("window.measure", timeout=60_000)
            page.evaluate("scale => measure(scale, 0.5)", 760 / side)
            page.evaluate("() => { window.times = brush(); }")
            page.mouse.move(300, 300)
            page.mouse.down()
            for i in range(MOVES):
                page.mouse.move(300 + 2.5 * i, 300 + 200 * (i % 40) / 40)
                page.wait_for_timeout(16)
            times = sorted(page.evaluate("times"))
            p95 = times[int(len(times) * 0.95)]
            print(f"| {count:,} | {statistics.median(times):.0f} ms | {p95:.0f} ms |", flush=True)
            page.close()
        browser.close()
    server.shutdown()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--candidates", type=Path, required=True)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    main(**vars(parser.parse_args()))
