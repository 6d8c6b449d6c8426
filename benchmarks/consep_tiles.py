r"""The whole tiles of CoNSeP put together from their patches, for `accuracy.py`.

python benchmarks/consep_tiles.py --data ../shared/data/consep --out build/consep
python benchmarks/accuracy.py --data build/consep --model he \
        -- --spacing-um 0.25 --engine openvino-bf16
"""

from __future__ import annotations

import argparse
import csv
import shutil
from collections import defaultdict
from pathlib import Path

import numpy as np
from PIL import Image

from nuclarium.io import open_image


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    with (args.data / "patches.csv").open() as file:
        tiles = defaultdict(list)
        for row in csv.DictReader(file):
            tiles[row["tile"]].append(row)
    patches = {path.stem: path for path in (args.data / "patches").rglob("*.jpg")}
    for part in ("images", "labels"):
        (args.out / part).mkdir(parents=True, exist_ok=True)
    for name, rows in tiles.items():
        labels = args.data / "tile_labels" / f"{name}.png"
        with open_image(labels) as truth:
            tile = np.zeros((*truth.plane_shape, 3), np.uint8)
        for row in rows:
            pixels = np.asarray(Image.open(patches[row["patch"]]))
            y0, x0 = int(row["y0"]), int(row["x0"])
            tile[y0 : y0 + pixels.shape[0], x0 : x0 + pixels.shape[1]] = pixels
        Image.fromarray(tile).save(args.out / "images" / f"{name}.png")
        shutil.copyfile(labels, args.out / "labels" / f"{name}.png")
    print(f"{len(tiles)} tiles in {args.out}")


if __name__ == "__main__":
    main()
