"""Time the table of a plane of many nuclei beside scikit-image's regionprops_table.

Run ``python benchmarks/measure_speed.py --nuclei 100000``. scikit-image measures only the first
``--reference`` nuclei, in a plane of their own, and its time is scaled by their number.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from skimage.measure import regionprops_table

from nuclarium.core.image import Image
from nuclarium.measurement import measure

PITCH = 32
"""Pixels from one nucleus to the next."""

PROPERTIES = (
    "label",
    "centroid",
    "bbox",
    "area",
    "area_convex",
    "equivalent_diameter_area",
    "perimeter",
    "axis_major_length",
    "axis_minor_length",
    "feret_diameter_max",
    "eccentricity",
    "solidity",
    "orientation",
    "intensity_mean",
    "intensity_std",
    "intensity_min",
    "intensity_median",
    "intensity_max",
)


def nuclei_plane(count: int, rng: np.random.Generator) -> np.ndarray:
    """Draw `count` ellipses of random size, form and angle on a square grid."""
    side = int(np.ceil(np.sqrt(count)))
    y, x = np.mgrid[:PITCH, :PITCH] - (PITCH - 1) / 2
    labels = np.zeros((side * PITCH, side * PITCH), np.int32)
    for label in range(1, count + 1):
        row, column = divmod(label - 1, side)
        angle, long, short = rng.uniform(0, np.pi), rng.uniform(7, 14), rng.uniform(5, 9)
        u, v = y * np.cos(angle) + x * np.sin(angle), x * np.cos(angle) - y * np.sin(angle)
        cell = labels[row * PITCH : (row + 1) * PITCH, column * PITCH : (column + 1) * PITCH]
        cell[(u / long) ** 2 + (v / short) ** 2 < 1] = label
    return labels


def seconds_of(call) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nuclei", type=int, default=100_000)
    parser.add_argument("--reference", type=int, default=5_000)
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    labels = nuclei_plane(arguments.nuclei, rng)
    pixels = rng.integers(0, 4096, labels.shape).astype(np.uint16)
    image = Image.from_array(pixels)
    ours = seconds_of(lambda: measure(labels, image))

    few = nuclei_plane(min(arguments.reference, arguments.nuclei), rng)
    few_pixels = pixels[: few.shape[0], : few.shape[1]]
    reference = seconds_of(lambda: regionprops_table(few, few_pixels, properties=PROPERTIES))
    reference *= arguments.nuclei / few.max()
    print(f"plane {labels.shape[0]} x {labels.shape[1]}, {arguments.nuclei} nuclei, one channel")
    print(f"nuclarium.measurement.measure          {ours:8.1f} s")
    print(f"skimage.measure.regionprops_table  {reference:8.1f} s (from {few.max()} nuclei)")
    print(f"ratio                              {reference / ours:8.1f}")


if __name__ == "__main__":
    main()
