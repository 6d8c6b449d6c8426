"""Seconds from the start of the process to the answer: help, and first labels of 1024 × 1024 px.

python benchmarks/start_up.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import tifffile

from nuclarium.synthetic.plane import synthetic_nuclei

RUNS = 7


def seconds_until(command: list[str], made: Path | None) -> float:
    """Seconds until a command ends, or until it has made a file."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not (made and made.exists()):
        time.sleep(0.002)
    seconds = time.perf_counter() - began
    process.wait()
    return seconds


def report(title: str, seconds: list[float]) -> None:
    middle = statistics.median(seconds)
    print(f"{title:55} median {middle:.2f} s ({min(seconds):.2f}-{max(seconds):.2f})", flush=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pixels, _ = synthetic_nuclei((1024, 1024), 700, np.random.default_rng(0))
        tifffile.imwrite(folder / "image.tif", pixels, photometric="minisblack")
        nuclarium = [sys.executable, "-m", "nuclarium"]
        report("--help", [seconds_until([*nuclarium, "--help"], None) for _ in range(RUNS)])
        for engine in ("onnxruntime-int8", "onnxruntime", "openvino"):
            firsts, wholes = [], []
            for i in range(RUNS):
                out = folder / f"{engine}{i}"
                command = [*nuclarium, "segment", str(folder / "image.tif"), "--out", str(out)]
                command += ["--engine", engine]
                firsts.append(seconds_until(command, out / "labels" / "image.ome.tif"))
                again = [*command, "--overwrite"]
                wholes.append(seconds_until(again, None))
            report(f"first labels of 1024² on disk, {engine}", firsts)
            report(f"whole command, {engine}", wholes)


if __name__ == "__main__":
    main()
