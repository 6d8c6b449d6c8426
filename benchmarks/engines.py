"""Seconds a megapixel of the network alone, by the engines side by side.

    python benchmarks/engines.py [MODEL]

Tiles of 1024 × 1024 px; engines take turns, so that a busy machine slows both.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from nuclarium.predict.engine import start_engine
from nuclarium.predict.model import load_model

SIDE = 1024
ROUNDS = 7


def seconds_a_megapixel(engine, workers: int) -> float:
    pixels = np.random.default_rng(0).standard_normal((1, 1, SIDE, SIDE), np.float32)
    tiles = 2 * workers
    with ThreadPoolExecutor(workers) as pool:
        began = time.perf_counter()
        list(pool.map(lambda _: engine.run(pixels), range(tiles)))
        return (time.perf_counter() - began) / (tiles * SIDE * SIDE) * 1e6


def main() -> None:
    network = load_model(sys.argv[1] if len(sys.argv) > 1 else "fluo").network
    cores = os.cpu_count() or 1
    cases = {
        f"{name}, {workers} tiles at once, {threads} threads each": (
            start_engine(network, engine=name, threads=threads),
            workers,
        )
        for name in ("onnxruntime", "onnxruntime-int8", "openvino", "openvino-bf16")
        for workers, threads in ((1, 1), (1, cores), (cores, 1))
    }
    times: dict[str, list[float]] = {case: [] for case in cases}
    for round_number in range(ROUNDS + 1):
        for case, (engine, workers) in cases.items():
            seconds = seconds_a_megapixel(engine, workers)
            if round_number:
                times[case].append(seconds)
    for case, seconds in times.items():
        print(f"{case:50} {statistics.median(seconds):.3f} s/MP (best {min(seconds):.3f})")


if __name__ == "__main__":
    main()
