"""How the studio opens and moves in whole slides: one with a pyramid, one without, one in 16 bits.

    python benchmarks/studio_slide.py [--side 100000] [--only pyramid plain grey] [--image FIELD]
        [--folder FOLDER] [--no-browser]

The slides are made of FIELD, a colour image such as an H&E field, in turned, mirrored and tinted
pieces laid by lot: JPEG tiles of 512 × 512 px in a BigTIFF. "pyramid" has levels down to a tile,
"plain" has none, "grey" is one 16-bit plane of a third of the side, compressed by zlib, without a
pyramid. Each is opened by the studio's server in a process of its own, in a new project and again.
Measured: from the call to the list of images, the first picture, tiles of each level cold and
kept over HTTP, memory of the server, and, in headless Chromium of 1280 × 800 px without a graphics
card, frames while it is panned and zoomed and the time until all on screen is sharp.
"""

from __future__ import annotations

import argparse
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import imagecodecs
import numpy as np
import numpy.typing as npt
import tifffile
from studio_slide_server import Served, measured_in_browser

TILE = 512
BANK = 192
QUALITY = 65
TILES_A_LEVEL = 24
Pixels = npt.NDArray[np.uint8]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=100_000)
    parser.add_argument("--only", nargs="*", default=["pyramid", "plain", "grey"])
    parser.add_argument("--image", type=Path, default=None)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--no-browser", action="store_true")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(dir=chosen.folder))
    try:
        for kind in chosen.only:
            file = folder / f"{kind}.tif"
            took = seconds(lambda: MAKERS[kind](file, chosen.side, chosen.image))  # noqa: B023
            print(f"{file.name}: {file.stat().st_size / 1e9:.2f} GB, made in {took:.0f} s")
            measure(file, with_browser=not chosen.no_browser)
            file.unlink()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measure(file: Path, *, with_browser: bool) -> None:
    for what in ("new", "again"):
        with Served(file) as served:
            print(f"  {what}: images listed {served.listed_after:.2f} s after the call")
            image = served.images()[0]
            levels = image["levels"]
            took = seconds(lambda: served.tile(image["id"], levels - 1, 0, 0))  # noqa: B023
            print(f"  {what}: first picture after {1000 * took:.0f} ms more")
            waited = seconds(lambda: served.wait_for_overview(image["id"]))  # noqa: B023
            print(f"  {what}: whole overview after {waited:.1f} s more")
            if what == "again":
                measure_tiles(served, image)
                if with_browser:
                    for line in measured_in_browser(served):
                        print(f"  {line}")
            print(f"  {what}: memory at most {served.most_memory_mb():.0f} MB")


def measure_tiles(served: Served, image: dict) -> None:  # type: ignore[type-arg]
    rng = random.Random(0)
    for level in range(image["levels"]):
        rows, columns = (-(-(image[side] >> level) // 256) for side in ("height", "width"))
        places = {
            (rng.randrange(rows), rng.randrange(columns)) for _ in range(min(TILES_A_LEVEL, 4**9))
        }
        for what in ("cold", "kept"):
            took = [
                1000 * seconds(lambda r=r, c=c: served.tile(image["id"], level, r, c))  # noqa: B023
                for r, c in sorted(places)
            ]
            median, most = np.percentile(took, [50, 95])
            print(f"  level {level} {what}: p50 {median:.1f} ms, p95 {most:.1f} ms, {len(took)}")


def make_pyramid(file: Path, side: int, image: Path | None) -> None:
    levels = 1 + max(0, int(np.ceil(np.log2(side / TILE))))
    write_colour(file, side, image, levels)


def make_plain(file: Path, side: int, image: Path | None) -> None:
    write_colour(file, side, image, 1)


def write_colour(file: Path, side: int, image: Path | None, levels: int) -> None:
    """Lay tiles of a bank by lot; smaller levels are exactly the mean of what is below them."""
    bank = tiles_of(image)
    grid = -(-side // TILE)
    laid = np.random.default_rng(1).integers(0, BANK, (grid, grid))
    laid[: grid // 8] = 0  # the glass around the tissue
    laid[:, : grid // 10] = 0
    with tifffile.TiffWriter(file, bigtiff=True) as tif:
        small = bank
        for level in range(levels):
            whole = -(-side >> level)
            tif.write(
                encoded_tiles(small, laid, whole, level),
                shape=(whole, whole, 3),
                dtype=np.uint8,
                tile=(TILE, TILE),
                photometric="ycbcr",
                compression="jpeg",
                subfiletype=0 if level == 0 else 1,
                subifds=levels - 1 if level == 0 else None,
                resolution=(40_000 * 2.0**-level, 40_000 * 2.0**-level),  # 0.25 µm
                resolutionunit="centimeter",
                metadata=None,
            )
            small = np.stack(
                [
                    cv2.resize(one, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
                    if one.shape[0] > 1
                    else one
                    for one in small
                ]
            )


def encoded_tiles(
    bank: Pixels, laid: npt.NDArray[np.int64], whole: int, level: int
) -> Iterator[bytes]:
    known: dict[tuple[int, ...], bytes] = {}
    side, many = bank.shape[1], TILE // bank.shape[1]
    across = -(-whole // TILE)
    for row in range(across):
        for column in range(across):
            part = laid[row * many : (row + 1) * many, column * many : (column + 1) * many]
            key = tuple(part.ravel().tolist())
            if (level and len(set(key)) > 1) or key not in known:
                made = jpeg(mosaic(bank, part, side))
                if level:
                    yield made
                    continue
                known[key] = made
            yield known[key]


def mosaic(bank: Pixels, part: npt.NDArray[np.int64], side: int) -> Pixels:
    joined = (
        bank[part].transpose(0, 2, 1, 3, 4).reshape(part.shape[0] * side, part.shape[1] * side, 3)
    )
    missing = [(0, TILE - joined.shape[0]), (0, TILE - joined.shape[1]), (0, 0)]
    return np.pad(joined, missing, constant_values=255)


def jpeg(tile: Pixels) -> bytes:
    return bytes(
        imagecodecs.jpeg8_encode(
            np.ascontiguousarray(tile),
            level=QUALITY,
            colorspace="RGB",
            outcolorspace="YCBCR",
            subsampling="420",
        )
    )


def tiles_of(image: Path | None) -> Pixels:
    """Return 192 tiles of an image: turned, mirrored, from many places; the first is glass."""
    rng = np.random.default_rng(0)
    field = made_field(rng) if image is None else tifffile.imread(image)[..., :3]
    field = np.pad(
        field, [(0, max(0, TILE - n)) for n in field.shape[:2]] + [(0, 0)], mode="reflect"
    )
    tiles = [rng.integers(238, 246, (TILE, TILE, 3), dtype=np.uint8)]
    while len(tiles) < BANK:
        y, x = (int(rng.integers(0, n - TILE + 1)) for n in field.shape[:2])
        tile = np.rot90(field[y : y + TILE, x : x + TILE], int(rng.integers(4)))
        tile = tile[:, ::-1] if rng.random() < 0.5 else tile
        tint = rng.uniform(0.9, 1.08, 3)
        tiles.append(np.clip(tile * tint, 0, 255).astype(np.uint8))
    return np.stack(tiles)


def made_field(rng: np.random.Generator) -> Pixels:
    """Return a picture in the colours of H&E where no real one is given."""
    field = np.full((2048, 2048, 3), (232, 196, 216), np.uint8)
    for _ in range(6000):
        centre = tuple(int(v) for v in rng.integers(0, 2048, 2))
        axes = tuple(int(v) for v in rng.integers(6, 16, 2))
        colour = tuple(int(v) for v in rng.integers((60, 40, 110), (120, 90, 170)))
        cv2.ellipse(
            field, centre, axes, float(rng.uniform(0, 180)), 0, 360, colour, -1, cv2.LINE_AA
        )
    noise = rng.normal(0, 7, field.shape)
    return np.clip(field + noise, 0, 255).astype(np.uint8)


def make_grey(file: Path, side: int, image: Path | None) -> None:
    side = side * 3 // 10
    bank = (255 - tiles_of(image)[..., 0].astype(np.uint16)) * 16
    bank += np.random.default_rng(2).integers(0, 16, bank.shape, dtype=np.uint16)
    packed = [imagecodecs.zlib_encode(tile.tobytes(), level=1) for tile in bank]
    grid = -(-side // TILE)
    laid = np.random.default_rng(1).integers(0, BANK, grid * grid)
    tifffile.imwrite(
        file,
        (packed[index] for index in laid),
        shape=(side, side),
        dtype=np.uint16,
        tile=(TILE, TILE),
        compression="zlib",
        bigtiff=True,
        resolution=(40_000, 40_000),
        resolutionunit="centimeter",
        metadata=None,
    )


MAKERS: dict[str, Callable[[Path, int, Path | None], None]] = {
    "pyramid": make_pyramid,
    "plain": make_plain,
    "grey": make_grey,
}


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
