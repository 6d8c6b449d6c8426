"""Steps of recipes against their references: seconds for a plane, and the largest difference.

python benchmarks/recipes.py
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import ndimage
from skimage.restoration import rolling_ball as reference_ball

from nuclarium.preprocess.background import rolling_ball
from nuclarium.preprocess.smoothing import disc_offsets, gaussian_filter, mean_filter
from nuclarium.synthetic.plane import synthetic_nuclei

RUNS = 3


def seconds(job: Callable[[], Any]) -> tuple[float, Any]:
    """Shortest of a few runs, and what came out."""
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        result = job()
        times.append(time.perf_counter() - began)
    return min(times), result


def compare(name: str, ours: Callable[[], Any], theirs: Callable[[], Any], span: float) -> None:
    (own, found), (other, expected) = seconds(ours), seconds(theirs)
    apart = float(np.abs(found - expected).max()) / span
    print(f"| {name} | {own:.3f} s | {other:.3f} s | {other / own:.1f} | {apart:.1e} |", flush=True)


def footprint(radius: float) -> np.ndarray:
    offsets = np.array(disc_offsets(radius))
    reach = offsets.max()
    disc = np.zeros((2 * reach + 1,) * 2)
    disc[tuple((offsets + reach).T)] = 1 / len(offsets)
    return disc


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=1024)
    side = parser.parse_args().side
    count = side * side // 1500
    pixels = synthetic_nuclei((side, side), count, np.random.default_rng(0))[0].astype(float)
    span = float(np.ptp(pixels))
    print("| Step | nuclarium | reference | times as fast | largest difference, of the range |")
    print("|---|---|---|---|---|")
    for radius in (10, 25, 50):
        compare(
            f"rolling ball, {radius} px; scikit-image, one thread",
            lambda r=radius: rolling_ball(pixels, r),
            lambda r=radius: reference_ball(pixels, radius=r, workers=1),
            span,
        )
    for sigma in (0.8, 2, 6, 20, 60):
        compare(
            f"Gaussian blur, {sigma:g} px; scipy",
            lambda s=sigma: gaussian_filter(pixels, s),
            lambda s=sigma: ndimage.gaussian_filter(pixels, s),
            span,
        )
    for radius in (0.5, 2):
        compare(
            f"mean, {radius:g} px; scipy",
            lambda r=radius: mean_filter(pixels, r),
            lambda r=radius: ndimage.correlate(pixels, footprint(r), mode="nearest"),
            span,
        )


if __name__ == "__main__":
    main()
