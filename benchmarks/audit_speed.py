r"""How long the search for near duplicates takes on many patches, and what it finds.

    python benchmarks/audit_speed.py [--patches 10000] [--side 256] [--keep FOLDER]

Patches are drawn: ellipses on a noisy ground, no microscope has seen them. A hundredth of them
is planted again after one change: fewer bits, other brightness, mirrored, turned, cropped by 3, 5
or 8 %, or with noise. Printed are the times of building the dataset, of looking at
every patch, of the search, and of the whole audit; how many of the planted copies are found, by
change; and how many pairs are reported that were not planted.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from nuclarium.dataset.audit import audit
from nuclarium.dataset.build import build_version
from nuclarium.dataset.drafts import Draft
from nuclarium.dataset.duplicates import Groups, near_duplicates
from nuclarium.dataset.look import look_of
from nuclarium.dataset.manifest import Dataset
from nuclarium.dataset.read import read_dataset, versions

Pixels = np.ndarray[Any, np.dtype[Any]]
SHARE = 0.01


def cropped(share: float) -> Callable[[Pixels], Pixels]:
    def change(pixels: Pixels) -> Pixels:
        cut = round(share * len(pixels))
        return pixels[cut:, : pixels.shape[1] - cut]

    return change


def noisy(pixels: Pixels) -> Pixels:
    rng = np.random.default_rng(0)
    return np.clip(pixels + rng.normal(0, 15, pixels.shape), 0, 4095).astype(np.uint16)


CHANGES: dict[str, Callable[[Pixels], Pixels]] = {
    "8 bits": lambda p: (p >> 4).astype(np.uint8),
    "brightness": lambda p: (p * 0.6 + 40).astype(np.uint16),
    "mirrored": lambda p: p[:, ::-1].copy(),
    "turned": lambda p: np.rot90(p).copy(),
    "cropped 3 %": cropped(0.03),
    "cropped 5 %": cropped(0.05),
    "cropped 8 %": cropped(0.08),
    "noise": noisy,
}


def drawn(side: int, rng: np.random.Generator) -> tuple[Pixels, Pixels]:
    """Draw a patch of blurred ellipses of random size, place and brightness on a noisy ground."""
    signal = np.zeros((side, side), np.float32)
    labels = np.zeros((side, side), np.int32)
    for label in range(1, int(rng.integers(3, 22))):
        middle = tuple(int(v) for v in rng.integers(0, side, 2))
        axes = tuple(int(v) for v in rng.integers(7, 16, 2))
        turn, light = float(rng.uniform(0, 180)), float(rng.uniform(400, 1400))
        cv2.ellipse(labels, middle, axes, turn, 0, 360, label, -1)
        cv2.ellipse(signal, middle, axes, turn, 0, 360, light, -1)
    signal = cv2.GaussianBlur(signal, (0, 0), 1.5) + 300
    noise = rng.standard_normal(signal.shape, np.float32) * np.sqrt(signal)
    return np.clip(signal + noise, 0, 4095).astype(np.uint16), labels


def iter_drafts(patches: int, side: int) -> Iterator[Draft]:
    """Yield patches, and after them the changed copies, called ``copy-CHANGE-ORIGINAL``."""
    copies: list[tuple[str, Pixels]] = []
    for number in range(patches):
        pair = drawn(side, np.random.default_rng(number))
        name = f"p{number:06}"
        if number < patches * SHARE:
            change = list(CHANGES)[number % len(CHANGES)]
            copies.append((f"copy-{change.replace(' ', '')}-{name}", CHANGES[change](pair[0])))
        yield Draft(id=name, load=partial(tuple, pair))
    for name, pixels in copies:
        pair = pixels, np.zeros(pixels.shape, np.int32)
        yield Draft(id=name.replace("%", ""), load=partial(tuple, pair))


def clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def say(what: str, begin: tuple[float, float]) -> None:
    wall, busy = clocks()
    print(f"{what:28} {wall - begin[0]:7.1f} s   processors {busy - begin[1]:7.1f} s", flush=True)


def search(dataset: Dataset) -> None:
    """Time looking and searching, and count what is found."""
    items = dataset.items
    begin = clocks()
    with ThreadPoolExecutor(2) as pool:
        looks = list(pool.map(lambda item: look_of(item.read_image(dataset.folder)), items))
    say("looking at every patch", begin)
    begin = clocks()
    found = near_duplicates(looks, lambda i: items[i].read_image(dataset.folder))
    say("search for near duplicates", begin)
    groups = Groups(len(items))
    for pair in found:
        groups.join(pair.first, pair.second)
    place = {item.id: i for i, item in enumerate(items)}
    planted = [item.id for item in items if item.id.startswith("copy-")]
    hit: Counter[str] = Counter()
    for name in planted:
        _, change, original = name.split("-")
        hit[change] += groups.root(place[name]) == groups.root(place[original])
    total = Counter(name.split("-")[1] for name in planted)
    print("found, by change:", ", ".join(f"{c} {hit[c]}/{n}" for c, n in total.items()))
    origins = [item.id.rpartition("-")[2] for item in items]
    wrong = sum(origins[pair.first] != origins[pair.second] for pair in found)
    print(f"pairs that were not planted: {wrong}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--patches", type=int, default=10_000)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--keep", type=Path, help="folder of the dataset, drawn if it is not there")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.keep or Path(temporary) / "dataset"
        begin = clocks()
        if versions(folder):
            dataset = read_dataset(folder)
        else:
            drafts = iter_drafts(args.patches, args.side)
            dataset = build_version(folder, "patches", drafts, {}).dataset
            say(f"drawing and building {len(dataset.items):,}", begin)
        print(f"others on this machine keep {os.getloadavg()[0]:.1f} processors busy")
        search(dataset)
        begin = clocks()
        report = audit(dataset)
        say("whole audit", begin)
        print(dict(Counter(finding.kind for finding in report.findings)))


if __name__ == "__main__":
    main()
