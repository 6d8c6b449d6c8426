"""How long the studio's server draws at a tile, without HTTP: cold, with other contrast, and kept.

    python benchmarks/studio_tiles.py [--side 16384] [IMAGE ...]

Made images: a stack of 2 channels and 20 slices of 1024 × 1024 px in 12 bits, and one plane in 16
bits, tiled and compressed, without a pyramid. IMAGE: others, such as slides. "Cold" is the first
tile of a place, "contrast" the same place with other limits, "kept" the same tile again. "Overview"
is the first tile of the smallest level of an image: of the plane without a pyramid, that is one
pass over the whole file. The memory is the largest of the process.
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import tifffile

from nuclarium.annotate.store import Store
from nuclarium.server.shelf import ImageShelf, ShelfImage
from nuclarium.server.tile_grid import FIRST_PLANE, tile_box
from nuclarium.server.tile_look import ChannelLook
from nuclarium.server.tile_wish import TileWish
from nuclarium.server.tiles import TilePainter
from nuclarium.workspace.import_images import import_images
from nuclarium.workspace.project import Project

TILES = 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=16_384)
    parser.add_argument("images", type=Path, nargs="*")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = [*made_images(Path(folder), chosen.side), *chosen.images]
        project = Project.create(Path(folder) / "project")
        import_images(project, files)
        with Store.open(Path(folder) / "store.sqlite") as store:
            shelf = ImageShelf(project, store)
            began = time.perf_counter()
            images = shelf.images()
            print(f"{len(images)} images described in {time.perf_counter() - began:.2f} s")
            for image in images:
                measure(shelf, image)
            shelf.close()
    print(f"memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def made_images(folder: Path, side: int) -> list[Path]:
    rng = np.random.default_rng(0)
    stack = rng.integers(0, 4096, (20, 2, 1024, 1024), dtype=np.uint16)
    tifffile.imwrite(folder / "stack.tif", stack, imagej=True, metadata={"axes": "ZCYX"})
    tile = rng.integers(0, 500, (256, 256), dtype=np.uint16)
    tifffile.imwrite(
        folder / "plane.tif",
        (tile for _ in range((side // 256) ** 2)),
        shape=(side, side),
        dtype=np.uint16,
        tile=(256, 256),
        compression="zlib",
    )
    return [folder / "stack.tif", folder / "plane.tif"]


def measure(shelf: ImageShelf, image: ShelfImage) -> None:
    facts, painter = image.facts, TilePainter(shelf)
    print(f"{image.raw.name}: {facts.width} × {facts.height} px, {facts.kind}, {facts.n_z} slices")
    last = TileWish(image.id, facts.levels - 1, 0, 0)
    print(f"  overview {1000 * seconds(lambda: painter.tile(last)):.0f} ms")
    wishes = list(some_wishes(image))
    first = facts.channels[0]
    look = ChannelLook(0, first.low, 0.8 * first.high)
    other = [replace(wish, looks=(look,)) for wish in wishes]
    for what, asked in (("cold", wishes), ("contrast", other), ("kept", wishes)):
        took = [1000 * seconds(lambda wish=wish: painter.tile(wish)) for wish in asked]
        median, most = np.percentile(took, [50, 95])
        print(f"  {what}: p50 {median:.2f} ms, p95 {most:.2f} ms")
    if facts.n_z > 1:
        place = replace(FIRST_PLANE, projection="max")
        took = [
            1000 * seconds(lambda w=w: painter.tile(replace(w, place=place))) for w in wishes[:20]
        ]
        print(f"  cold, over all slices: p50 {np.median(took):.2f} ms")


def some_wishes(image: ShelfImage) -> Iterator[TileWish]:
    rng, facts, found = random.Random(0), image.facts, set()
    while len(found) < TILES:
        level = rng.randrange(min(3, facts.levels))
        z = rng.randrange(facts.n_z)
        row, col = (rng.randrange(-(-side // 256)) for side in (facts.height, facts.width))
        if tile_box((facts.height, facts.width), level, row, col) is None:
            if facts.height * facts.width < TILES * 256**2 and rng.random() < 0.05:
                return
            continue
        wish = TileWish(image.id, level, row, col, replace(FIRST_PLANE, z=z))
        if wish not in found:
            found.add(wish)
            yield wish


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
