r"""The fluorescence images of Data Science Bowl 2018 as datasets to benchmark encoders on.

    python benchmarks/encoders_dsb2018.py --data ../shared/data/dsb2018 --out runs/dsb2018
    nuclarium benchmark runs/dsb2018/by-image --out runs/encoders-by-image --reference bmgd-paper
    nuclarium benchmark runs/dsb2018/by-look --out runs/encoders-by-look --reference bmgd-paper

Both hold the same patches of 256 × 256 px. ``by-image`` tests on the 54 images that are kept for
reporting everywhere (the validation part of StarDist's authors), and watches on a tenth of the
others, drawn by image. ``by-look`` keeps images that look alike, of one size and of about one
brightness and size of nuclei, in one part: nearer to what happens on another microscope.
"""

from __future__ import annotations

import argparse
import csv
import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from nuclarium.core.labels import Labels
from nuclarium.dataset.build import build_version
from nuclarium.dataset.drafts import Draft
from nuclarium.dataset.item import Item
from nuclarium.dataset.manifest import Dataset
from nuclarium.dataset.split import split_items
from nuclarium.dataset.split_settings import SplitSettings
from nuclarium.io import hash_file, open_image

SIDE = 256
META = {
    "licence": "CC0 1.0",
    "origin": "Data Science Bowl 2018 (BBBC038v1), fluorescence",
    "annotation": "outlined by a team of biologists, with community fixes",
}


def starts(length: int) -> list[int]:
    """First pixels of patches along a side: as many as fit best, evenly spread, or the middle."""
    count = max(1, round(length / SIDE))
    room = length - SIDE
    if count == 1:
        return [room // 2]
    return [round(i * room / (count - 1)) for i in range(count)]


def look(row: dict[str, str]) -> str:
    """Name what images of one microscope and one preparation have in common."""
    brightness = round(math.log2(1 + float(row["mean_intensity"])))
    area = round(math.log2(1 + float(row["median_area_px"] or 0)))
    return f"{row['width']}x{row['height']}-brightness{brightness}-area{area}"


def drafts(data: Path, rows: list[dict[str, str]]) -> Iterator[Draft]:
    for row in rows:
        path = data / "images" / f"{row['id']}.png"
        source_hash = hash_file(path)
        for y0 in starts(int(row["height"])):
            for x0 in starts(int(row["width"])):
                yield Draft(
                    id=f"{row['id'][:12]}_y{y0:04d}_x{x0:04d}",
                    load=loader(data, row["id"], y0, x0),
                    facts={
                        "source": path.name,
                        "source_sha256": source_hash,
                        "group": row["id"][:12],
                        "y0": y0,
                        "x0": x0,
                        "extra": {"look": look(row)},
                    },
                )


def loader(data: Path, name: str, y0: int, x0: int):
    def load() -> tuple[np.ndarray, Labels]:
        window = (slice(y0, y0 + SIDE), slice(x0, x0 + SIDE))
        with open_image(data / "images" / f"{name}.png") as image:
            pixels = image.read()[window]
        with open_image(data / "labels" / f"{name}.png") as image:
            labels = image.read()[window].astype(np.int32)
        return pixels, labels

    return load


def by_image(items: tuple[Item, ...], kept: set[str]) -> tuple[Item, ...]:
    """Test on the images that are kept for reporting; a tenth of the others watches."""
    others = [item for item in items if Path(item.source).stem not in kept]
    settings = SplitSettings(ratios=(90, 10, 0), by="group", seed=0)
    part = {item.id: item.split for item in split_items(others, settings)}
    return tuple(replace(item, split=part.get(item.id, "test")) for item in items)


def by_look(items: tuple[Item, ...]) -> tuple[Item, ...]:
    return split_items(items, SplitSettings(by="look", seed=0))


def in_parts(
    whole: list[Draft], split: Callable[[tuple[Item, ...]], tuple[Item, ...]]
) -> list[Draft]:
    """Give every draft the part that its item gets, of which a split looks at the facts alone."""
    unread = {"image": "", "labels": "", "image_sha256": "", "labels_sha256": "", "n_nuclei": 0}
    items = tuple(
        Item(id=draft.id, height=SIDE, width=SIDE, **unread, **draft.facts) for draft in whole
    )
    part = {item.id: item.split for item in split(items)}
    return [replace(draft, facts={**draft.facts, "split": part[draft.id]}) for draft in whole]


def report(dataset: Dataset) -> str:
    patches = Counter(item.split for item in dataset.items)
    images = Counter(part for part, _ in {(i.split, i.group) for i in dataset.items})
    nuclei = Counter[str]()
    for item in dataset.items:
        nuclei[str(item.split)] += item.n_nuclei
    parts = [
        f"{part} {patches[part]} patches of {images[part]} images, {nuclei[part]} nuclei"
        for part in ("train", "val", "test")
    ]
    return f"{dataset.folder}: {'; '.join(parts)}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    kept = set((args.data / "fluorescence_val.txt").read_text().split())
    with (args.data / "index.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["modality"] == "fluorescence"]
    parts = {"by-image": lambda items: by_image(items, kept), "by-look": by_look}
    for name, split in parts.items():
        folder = args.out / name
        whole = list(drafts(args.data, rows))
        placed = in_parts(whole, split)
        meta = {**META, "split": {"by": name.removeprefix("by-"), "seed": 0}}
        print(report(build_version(folder, f"dsb2018-{name}", placed, meta).dataset), flush=True)


if __name__ == "__main__":
    main()
