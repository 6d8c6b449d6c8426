"""Time and memory of a stack in three dimensions, and where the time goes.

    python benchmarks/volume_speed.py --slices 12 --side 1920

The stack is a synthetic colony of 36 slices of 384 × 384 px, repeated sideways and upwards. It runs
in a process of its own, whose largest memory is printed.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from nuclarium.synthetic.organoid import OrganoidSpec, organoid

PARTS = {
    "network and decoding of slices": ("nuclarium.predict.stack", "segment_selected"),
    "linking": ("nuclarium.predict.sections", "section_pairs"),
    "brightness": ("nuclarium.predict.stack", "slice_of"),
    "joining": ("nuclarium.predict.stack", "join"),
    "labels (file)": ("nuclarium.workspace.volume_outputs", "write_label_stack"),
    "table": ("nuclarium.workspace.volume_outputs", "volume_table"),
    "outlines": ("nuclarium.workspace.volume_outputs", "_write_outlines"),
    "picture": ("nuclarium.workspace.volume_outputs", "_overview"),
}


def write_stack(path: Path, slices: int, side: int) -> None:
    pixels, _, _ = organoid(OrganoidSpec(), np.random.default_rng(0))
    times = -(-side // pixels.shape[1])
    sizes = {"PhysicalSizeX": 0.25, "PhysicalSizeY": 0.25, "PhysicalSizeZ": 1.0}
    with tifffile.TiffWriter(path, ome=True, bigtiff=True) as tif:
        middle = max(0, (len(pixels) - slices) // 2)
        planes = (
            np.tile(pixels[(middle + z) % len(pixels)], (times, times))[:side, :side]
            for z in range(slices)
        )
        tif.write(
            planes,
            shape=(slices, side, side),
            dtype=pixels.dtype,
            metadata={"axes": "ZYX", **sizes},
        )


def timed(seconds: dict[str, float], name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any, **options: Any) -> Any:
        began = time.perf_counter()
        try:
            return function(*arguments, **options)
        finally:
            seconds[name] += time.perf_counter() - began

    return call


def run(path: Path, out: Path, slices: int) -> None:
    """Segment with a clock on every part; in a process of its own."""
    import importlib

    from nuclarium.workspace.segment import segment_files
    from nuclarium.workspace.settings import SegmentSettings

    seconds: dict[str, float] = defaultdict(float)
    for name, (module, function) in PARTS.items():
        home = importlib.import_module(module)
        setattr(home, function, timed(seconds, name, getattr(home, function)))
    began = time.perf_counter()
    result = segment_files([path], out, SegmentSettings(volume=True))
    total = time.perf_counter() - began
    print(f"{result.records[0]['n_nuclei']} nuclei, {total / slices:.2f} s a slice")
    for name in PARTS:
        share = 100 * seconds[name] / total
        print(f"{name:32s} {seconds[name] / slices:7.3f} s a slice {share:5.1f} %")
    print(f"rest {'':27s} {(total - sum(seconds.values())) / slices:7.3f} s a slice")
    print(f"largest memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slices", type=int, default=12)
    parser.add_argument("--side", type=int, default=1920)
    parser.add_argument("--run", type=Path, nargs=2)
    settings = parser.parse_args()
    if settings.run:
        run(*settings.run, settings.slices)
        return
    with tempfile.TemporaryDirectory() as folder:
        stack = Path(folder) / "stack.ome.tif"
        write_stack(stack, settings.slices, settings.side)
        again = [sys.executable, __file__, "--slices", str(settings.slices), "--run"]
        subprocess.run([*again, str(stack), str(Path(folder) / "results")], check=True)


if __name__ == "__main__":
    main()
