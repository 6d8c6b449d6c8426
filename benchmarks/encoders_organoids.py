r"""Synthetic organoids as datasets to benchmark encoders on: patches of every fourth plane.

    nuclarium sample organoid --out runs/organoids
    python benchmarks/encoders_organoids.py --data runs/organoids --out runs/organoid-sets
    nuclarium benchmark runs/organoid-sets/by-patch/v001 --out runs/encoders-by-patch
    nuclarium benchmark runs/organoid-sets/by-colony/v001 --out runs/encoders-by-colony

Both hold the same patches of 256 × 256 px. ``by-patch`` splits them at random, as the BMGD paper
does, so that one colony is in all parts; ``by-colony`` keeps each colony in one part.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from encoders_dsb2018 import SIDE, in_parts, starts

from nuclarium.core.labels import Labels
from nuclarium.dataset.build import build_version
from nuclarium.dataset.drafts import Draft
from nuclarium.dataset.split import split_items
from nuclarium.dataset.split_settings import SplitSettings
from nuclarium.io import hash_file, open_image

EVERY = 4
LEAST_NUCLEI = 3
RATIOS = (4, 1, 1)  # of six colonies a condition, so that each part has every condition
META = {
    "licence": "CC0 1.0",
    "origin": "synthetic organoids of nuclarium",
    "annotation": "none: the truth that was drawn",
}
Pixels = tuple[npt.NDArray[np.uint16], Labels]


def drafts(data: Path) -> Iterator[Draft]:
    with (data / "sheet.csv").open() as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        path = data / row["file"]
        source_hash = hash_file(path)
        with open_image(path) as image, open_image(data / row["truth"]) as truth:
            depth, (height, width) = image.shape[2], image.plane_shape
            spacing = image.spacing
            for z in range(0, depth, EVERY):
                pixels, labels = image.read(z=z), truth.read(z=z).astype(np.int32)
                for y0 in starts(height):
                    for x0 in starts(width):
                        window = (slice(y0, y0 + SIDE), slice(x0, x0 + SIDE))
                        if len(np.unique(labels[window])) <= LEAST_NUCLEI:
                            continue
                        yield Draft(
                            id=f"{row['group']}_z{z:02d}_y{y0:03d}_x{x0:03d}",
                            load=kept(pixels[window].copy(), labels[window].copy()),
                            facts={
                                "source": path.name,
                                "source_sha256": source_hash,
                                "condition": row["condition"],
                                "group": row["group"],
                                "z": z,
                                "y0": y0,
                                "x0": x0,
                                "spacing_um": (spacing.y, spacing.x) if spacing else None,
                            },
                        )


def kept(pixels: npt.NDArray[np.uint16], labels: Labels) -> Callable[[], Pixels]:
    return lambda: (pixels, labels)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    whole = list(drafts(args.data))
    for name, by in (("by-patch", "random"), ("by-colony", "group")):
        settings = SplitSettings(RATIOS, by=by, stratify="condition", seed=0)
        placed = in_parts(whole, partial(split_items, settings=settings))
        meta = {**META, "split": settings.as_dict()}
        build_version(args.out / name, f"organoids-{name}", placed, meta)
        print(name, dict(Counter(draft.facts["split"] for draft in placed)), flush=True)


if __name__ == "__main__":
    main()
