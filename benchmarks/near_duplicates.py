r"""Which changed copies of real images the search for near duplicates joins to their originals.

    python benchmarks/near_duplicates.py --data ../shared/data/dsb2018 [--copied 50]

Takes the fluorescence images of Data Science Bowl 2018, changes some of them in many ways each, and
searches originals and copies together. Printed are the share of copies that are in one group with
their original, by change, and the pairs of different originals that are reported.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from nuclarium.dataset.duplicates import Groups, near_duplicates
from nuclarium.dataset.intake import read_plane
from nuclarium.dataset.look import look_of

Pixels = np.ndarray[Any, np.dtype[Any]]
RNG = np.random.default_rng(0)


def cut(pixels: Pixels, share: float, *, both: bool = False) -> Pixels:
    """Without a share of the rows and columns at the upper left, or on all sides."""
    size = int(share * len(pixels))
    return pixels[size:-size, size:-size] if both else pixels[size:, size:]


CHANGES: dict[str, Callable[[Pixels], Pixels]] = {
    "darker": lambda p: np.clip(p * 0.6 + 10, 0, 255).astype(np.uint8),
    "6 bits": lambda p: p >> 2,
    "gamma 0.7": lambda p: (255 * (p / 255.0) ** 0.7).astype(np.uint8),
    "noise of 4": lambda p: np.clip(p + RNG.normal(0, 4, p.shape), 0, 255).astype(np.uint8),
    "JPEG 60": lambda p: cv2.imdecode(cv2.imencode(".jpg", p, [1, 60])[1], -1),
    "mirrored": lambda p: p[:, ::-1],
    "turned": np.rot90,
    "half the size": lambda p: cv2.resize(p, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
    "cut by 3 %": lambda p: cut(p, 0.03),
    "cut by 10 %": lambda p: cut(p, 0.1),
    "cut by 5 % all round": lambda p: cut(p, 0.05, both=True),
    "the same, resized": lambda p: cv2.resize(cut(p, 0.05, both=True), p.shape[::-1]),
    "mirrored, cut by 5 %": lambda p: cut(p[::-1], 0.05),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--copied", type=int, default=50)
    args = parser.parse_args()
    with (args.data / "index.csv").open() as file:
        names = [r["id"] for r in csv.DictReader(file) if r["modality"] == "fluorescence"]
    images = [read_plane(args.data / "images" / f"{name}.png") for name in names]
    origin, change = list(range(len(images))), [""] * len(images)
    for place in RNG.permutation(len(names))[: args.copied].tolist():
        for said, changed in CHANGES.items():
            images.append(np.ascontiguousarray(changed(images[place])))
            origin.append(place)
            change.append(said)
    found = near_duplicates([look_of(pixels) for pixels in images], images.__getitem__)
    groups = Groups(len(images))
    for pair in found:
        groups.join(pair.first, pair.second)
    hit = Counter(
        change[i] for i, o in enumerate(origin) if change[i] and groups.root(i) == groups.root(o)
    )
    for said in CHANGES:
        print(f"{said:22} {hit[said] / args.copied:.0%}")
    for a, b in sorted({(origin[p.first], origin[p.second]) for p in found}):
        if a != b:
            print(f"different images: {names[a][:8]} and {names[b][:8]}")


if __name__ == "__main__":
    main()
