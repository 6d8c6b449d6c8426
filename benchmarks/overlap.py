"""Where the time of a tiled plane goes, tile after tile and side by side.

    python benchmarks/overlap.py [--side 4096]

A plane of synthetic nuclei is read from a tiled TIFF and segmented with one worker and with one for
each processor. Printed are the wall time, how busy the processors were, and the seconds spent in
reading, the network, and the rest (preparing, decoding, storing), summed over the workers.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import tifffile

from nuclarium.io import open_image
from nuclarium.predict.engine import Engine, start_engine
from nuclarium.predict.model import load_model
from nuclarium.predict.plane import PlaneReader, segment_plane
from nuclarium.predict.store import FolderStore
from nuclarium.preprocess.intensity import plane_range
from nuclarium.synthetic.plane import synthetic_nuclei


@dataclass
class Timed:
    """Seconds spent in a function, over all threads."""

    call: object
    name: str = "timed"
    seconds: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def release(self) -> None:
        """Do nothing: what follows is not timed."""

    def run(self, *args: object) -> object:
        """Call the function and add up its time."""
        began = time.perf_counter()
        result = self.call(*args)  # type: ignore[operator]
        with self.lock:
            self.seconds += time.perf_counter() - began
        return result


def measure(path: Path, engine: Engine, workers: int, folder: Path) -> None:
    model = load_model("fluo")
    with open_image(path) as image:
        intensity = plane_range(image.read, image.plane_shape, model.input.percentiles)
        read, network = Timed(image.read), Timed(engine.run)
        plane = PlaneReader(read.run, image.plane_shape, intensity)
        wall, busy = time.perf_counter(), time.process_time()
        segment_plane(
            plane, network, model.input, model.decoder, store=FolderStore(folder), workers=workers
        )
        wall, busy = time.perf_counter() - wall, time.process_time() - busy
    rest = workers * wall - read.seconds - network.seconds
    print(
        f"{workers} workers: {wall:.1f} s, {busy / wall:.2f} processors busy of {os.cpu_count()}; "
        f"reading {read.seconds:.1f} s, network {network.seconds:.1f} s, rest {rest:.1f} s",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=4096)
    args = parser.parse_args()
    pixels, _ = synthetic_nuclei(
        (args.side, args.side), args.side**2 // 1500, np.random.default_rng(0)
    )
    engine = start_engine(load_model("fluo").network, threads=1)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "plane.tif"
        tifffile.imwrite(path, pixels, tile=(512, 512), compression="zlib")
        for workers in (1, os.cpu_count() or 1):
            measure(path, engine, workers, Path(name) / str(workers))


if __name__ == "__main__":
    main()
