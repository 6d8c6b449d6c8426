"""Memory and throughput of `nuclarium segment` on one large plane, beside small images.

    python benchmarks/large_image.py --side 30000 --folder /tmp/large

Writes a tiled 16-bit TIFF of synthetic nuclei and a folder of small ones, segments each in a
process of its own, and prints the peak memory and the seconds a megapixel of each. The whole
command is timed: reading, network, decoding, measuring, outlines, writing and the page.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tifffile

from nuclarium.synthetic.plane import synthetic_nuclei

TILE = 512
BLOCK = 2048


def blocks(side: int) -> Iterator[np.ndarray]:
    """Tiles of a plane, row by row, from one block of nuclei turned and flipped."""
    rng = np.random.default_rng(0)
    block, _ = synthetic_nuclei((BLOCK, BLOCK), BLOCK**2 // 1500, rng)
    padded = -(-side // BLOCK) * BLOCK
    for _ in range(padded // BLOCK):
        row = [np.rot90(block, int(rng.integers(4))) for _ in range(padded // BLOCK)]
        for y in range(0, BLOCK, TILE):
            for turned in row:
                for x in range(0, BLOCK, TILE):
                    yield np.ascontiguousarray(turned[y : y + TILE, x : x + TILE])


def write_plane(path: Path, side: int) -> int:
    side = -(-side // BLOCK) * BLOCK
    tifffile.imwrite(
        path,
        blocks(side),
        shape=(side, side),
        dtype=np.uint16,
        tile=(TILE, TILE),
        bigtiff=side > 20_000,
        photometric="minisblack",
    )
    return side * side


def write_small(folder: Path, count: int, side: int) -> int:
    folder.mkdir(parents=True)
    for i in range(count):
        pixels, _ = synthetic_nuclei((side, side), side**2 // 1500, np.random.default_rng(i))
        tifffile.imwrite(folder / f"{i:03}.tif", pixels, photometric="minisblack")
    return count * side * side


def timed(images: list[Path], out: Path, extra: list[str]) -> tuple[float, float, dict]:
    """Seconds, peak memory in MB and record of one command."""
    shutil.rmtree(out, ignore_errors=True)
    command = [sys.executable, "-m", "nuclarium", "segment", *map(str, images), "--out", str(out)]
    began = time.perf_counter()
    subprocess.run([*command, *extra], check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return seconds, peak, json.loads((out / "run.json").read_text())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=30_000)
    parser.add_argument("--small", type=int, default=1024, help="side of the small images")
    parser.add_argument("--count", type=int, default=40, help="number of small images")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--engine", default="auto")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    extra = ["--engine", args.engine]
    small = args.folder / "small"
    shutil.rmtree(small, ignore_errors=True)
    pixels = write_small(small, args.count, args.small)
    seconds, peak, run = timed(sorted(small.iterdir()), args.folder / "small_out", extra)
    rate = pixels / 1e6 / seconds
    print(
        f"{args.count} images of {args.small}²: {seconds:.1f} s, {seconds / pixels * 1e6:.3f} "
        f"s/MP, {peak:.0f} MB, engine {run['environment']['engine']}",
        flush=True,
    )
    large = args.folder / "large.tif"
    pixels = write_plane(large, args.side)
    seconds, peak, run = timed([large], args.folder / "large_out", extra)
    print(
        f"one plane of {round(pixels**0.5)}² ({run['images'][0]['n_nuclei']:,} nuclei): "
        f"{seconds:.1f} s, {seconds / pixels * 1e6:.3f} s/MP, peak of all {peak:.0f} MB"
    )
    print(f"throughput of the large plane / small images: {pixels / 1e6 / seconds / rate:.2f}")


if __name__ == "__main__":
    main()
