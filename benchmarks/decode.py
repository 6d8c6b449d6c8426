"""Milliseconds a megapixel from the maps of the shipped model to labels, step by step.

    python benchmarks/decode.py [--data ../shared/data/dsb2018] [--model fluo]

Small images are the fluorescence images of DSB 2018 of up to 256 × 320 px where `--data` is given,
and synthetic ones of 256 × 320 px where not; the large plane is synthetic. Time is that of one
thread on its processor, the least of some rounds, so that a busy machine disturbs it less.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np

from nuclarium.core.geometry import Box, iter_boxes
from nuclarium.predict import decode, holes
from nuclarium.predict.engine import start_engine
from nuclarium.predict.model import DecoderSpec, load_model
from nuclarium.predict.plane import PlaneReader, segment_plane
from nuclarium.predict.store import MemoryStore
from nuclarium.preprocess.intensity import plane_range
from nuclarium.synthetic.plane import synthetic_nuclei

STEPS = {
    decode: (
        "smoothed_heights",
        "climb",
        "numbered",
        "contacts",
        "_ridges",
        "outer_pixels",
        "background_areas",
        "linked",
        "hole_labels",
    ),
    holes: ("_beside", "_linked"),
}
SMALL = (256, 320)


class Clock:
    """Adds up the time spent in the functions it was put around."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    def around(self, name, function):
        """Wrap a function so that its time is added under a name."""

        def timed(*arguments):
            began = time.thread_time()
            result = function(*arguments)
            self.seconds[name] += time.thread_time() - began
            return result

        return timed


def maps_of(pixels: np.ndarray, model, engine) -> np.ndarray:
    """Both maps of a plane, as the network gives them in 1/255."""

    def read(box: Box) -> np.ndarray:
        return pixels[box.slices]

    intensity = plane_range(read, pixels.shape, model.input.percentiles)
    store = MemoryStore()
    plane = PlaneReader(read, pixels.shape, intensity)
    labels = segment_plane(plane, engine, model.input, model.decoder, store=store)
    maps = np.zeros((2, *pixels.shape), np.uint8)
    for index, box in enumerate(iter_boxes(pixels.shape, labels.tile_size)):
        maps[(slice(None), *box.slices)] = store.get(f"maps-{index}")["maps"]
    return maps


def small_images(data: Path | None) -> list[np.ndarray]:
    if data is None:
        rng = np.random.default_rng(0)
        return [synthetic_nuclei(SMALL, 30, rng)[0] for _ in range(20)]
    paths = [
        data / "images" / f"{name}.png"
        for name in (data / "fluorescence_val.txt").read_text().split()
    ]
    images = [cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in paths]
    return [pixels for pixels in images if max(pixels.shape) <= max(SMALL)]


def decode_plane(maps: np.ndarray, tile_size: int, spec: DecoderSpec, clock: Clock) -> int:
    """Decode a plane of maps and return its number of nuclei."""
    shape = maps.shape[1:]
    apron = decode.APRON
    around = np.pad(maps, ((0, 0), (apron, apron), (apron, apron)))
    boxes = list(iter_boxes(shape, tile_size))
    windows = [around[:, b.y0 : b.y1 + 2 * apron, b.x0 : b.x1 + 2 * apron] for b in boxes]
    fragments = clock.around("FRAGMENTS", decode.fragments)
    tiles = [fragments(w, b, shape, spec) for w, b in zip(windows, boxes, strict=True)]
    joined = clock.around("JOINED", decode.joined)
    nuclei = joined([found for _, found in tiles], shape, spec)
    labels_of = clock.around("LABELS", nuclei.labels_of)
    for index, (numbers, _) in enumerate(tiles):
        labels_of(index, numbers)
    return len(nuclei.score)


def report(title: str, planes: list[np.ndarray], tile_size: int, spec, rounds: int) -> None:
    clock = Clock()
    originals = {(m, name): getattr(m, name) for m, names in STEPS.items() for name in names}
    for (module, name), function in originals.items():
        setattr(module, name, clock.around(name, function))
    least: dict[str, float] = {}
    for _ in range(rounds):
        clock.seconds.clear()
        count = sum(decode_plane(maps, tile_size, spec, clock) for maps in planes)
        for name, seconds in clock.seconds.items():
            least[name] = min(seconds, least.get(name, seconds))
    for (module, name), function in originals.items():
        setattr(module, name, function)
    megapixels = sum(maps[0].size for maps in planes) / 1e6
    tiles = sum(len(list(iter_boxes(maps.shape[1:], tile_size))) for maps in planes)
    foreground = np.mean([(maps[0] >= 128).mean() for maps in planes])
    print(f"{title}: {megapixels:.1f} MP, {foreground:.0%} foreground, {count} nuclei")
    least["all"] = sum(least[name] for name in ("FRAGMENTS", "JOINED", "LABELS"))
    for name, seconds in sorted(least.items(), key=lambda item: -item[1]):
        print(
            f"  {name:18}{1e3 * seconds / megapixels:7.2f} ms/MP"
            f"{1e3 * seconds / tiles:8.3f} ms a tile"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--model", default="fluo")
    parser.add_argument("--side", type=int, default=2304)
    parser.add_argument("--rounds", type=int, default=15)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    model = load_model(args.model)
    engine = start_engine(model.network, engine="onnxruntime", threads=1)
    rng = np.random.default_rng(0)
    large = synthetic_nuclei((args.side, args.side), args.side**2 // 1500, rng)[0]
    large_maps = maps_of(large, model, engine)
    small_maps = [maps_of(pixels, model, engine) for pixels in small_images(args.data)]
    spec = model.decoder
    report("Small images, one tile each", small_maps, max(SMALL), spec, args.rounds)
    size = model.input.tile_size
    report(f"Large plane, tiles of {size}", [large_maps], size, spec, args.rounds)
    report("Large plane, tiles of 256", [large_maps], 256, spec, args.rounds)


if __name__ == "__main__":
    main()
