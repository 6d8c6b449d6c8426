"""Nuclei in three dimensions: linking of slices against a watershed, on stacks with known truth.

    python benchmarks/volumes.py --data ../shared/data/stardist_demo --colonies 2

Stacks: the synthetic demo of StarDist (31 × 61 × 57 voxels, no spacing) and colonies from
`nuclarium.synthetic.organoid`, so many of each condition. Seeds from 200 on; the settings of
joining were chosen on the demo and on seeds below 200. Scores are of nuclei in 3-D, pooled over the
colonies; `volume` is the median of found over true volume of the nuclei that are found.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import tifffile
from scipy import ndimage
from skimage.segmentation import watershed

import nuclarium as nu
from nuclarium.evaluate import ImageScores, match, score_volume
from nuclarium.evaluate.matching import volume_overlap_table
from nuclarium.predict.sections import JoinSpec, linked_slices, slice_of
from nuclarium.predict.volume import SectionTable, join
from nuclarium.synthetic.organoid import CONDITIONS, OrganoidSpec, organoid

OFF = {
    "bright_waist": 1e-9,
    "wide_waist": 1e-9,
    "core": 0.0,
    "min_core_um": 0.0,
    "min_sections": 1,
    "dim_end": 0.0,
}
PLAIN = JoinSpec(**OFF, edge=-1e9)


@dataclass(frozen=True)
class Stack:
    """Pixels, labels slice by slice, and truth."""

    name: str
    pixels: np.ndarray
    found: np.ndarray
    truth: np.ndarray
    spacing: nu.Spacing | None
    seconds: float


Method = Callable[[Stack], np.ndarray]


def linking(spec: JoinSpec) -> Method:
    """Nuclei by linking slices."""

    def made(stack: Stack) -> np.ndarray:
        slices = (
            (slice_of(labels, pixels, np.ones(int(labels.max()))), pixels)
            for labels, pixels in zip(stack.found, stack.pixels, strict=True)
        )
        linked = list(linked_slices(slices, spec))
        step = stack.spacing.z if stack.spacing else None
        volumes = join([SectionTable.of(each) for each in linked], spec, step)
        parts = zip(linked, stack.pixels, strict=True)
        return np.stack([volumes.labels_of(z, s.labels, p) for z, (s, p) in enumerate(parts)])

    return made


def flooding(height: str, sigma_um: float, apart_um: float, edge: float) -> Method:
    """Nuclei by a watershed in 3-D, in the foreground that the slices give.

    `height` is ``light`` (blurred pixels), ``distance`` (to the next background, in µm) or their
    product; peaks are `apart_um` apart. Then voxels below `edge` of a nucleus' peak are left out.
    """

    def made(stack: Stack) -> np.ndarray:
        step = stack.spacing or nu.Spacing(
            1.0, 1.0, 2.0
        )  # the demo's nuclei are half as high as wide
        voxel = np.array([step.z, step.y, step.x])
        scale = 1.0 if stack.spacing else 4.0  # µm to the demo's pixels
        inside = stack.found > 0
        light = stack.pixels - np.median(stack.pixels[~inside])
        smooth = ndimage.gaussian_filter(light.astype(float), sigma_um * scale / voxel)
        distance = ndimage.distance_transform_edt(inside, sampling=voxel)
        surface = {"light": smooth, "distance": distance, "product": smooth * distance}[height]
        if height == "distance":
            surface = ndimage.gaussian_filter(surface, 0.5 * sigma_um * scale / voxel)
        size = 2 * np.maximum(np.rint(apart_um * scale / voxel), 1).astype(int) + 1
        highest = ndimage.maximum_filter(surface, size=tuple(size))
        peaks = np.argwhere((surface == highest) & inside)
        markers = np.zeros(inside.shape, np.int32)
        markers[tuple(peaks.T)] = np.arange(1, len(peaks) + 1)
        labels = watershed(-surface, markers, mask=inside)
        top = ndimage.maximum(smooth, labels, np.arange(labels.max() + 1))
        labels = np.where(smooth >= edge * top[labels], labels, 0).astype(np.int32)
        return without_specks(labels, 3.0 if stack.spacing else 2.0, voxel[0])

    return made


def without_specks(labels: np.ndarray, least: float, step: float) -> np.ndarray:
    """Leave out what is less than `least` along z, as linking does."""
    boxes = ndimage.find_objects(labels)
    kept = [box is not None and (box[0].stop - box[0].start) * step >= least for box in boxes]
    return np.where(np.array([False, *kept])[labels], labels, 0).astype(np.int32)


def stacks(data: Path, colonies: int) -> Iterator[Stack]:
    """Yield the stacks, segmented slice by slice."""
    demo = tifffile.imread(data / "img3d.tif"), tifffile.imread(data / "mask3d.tif")
    yield segmented("demo", *demo, None)
    for number in range(colonies):
        for index, condition in enumerate(CONDITIONS):
            rng = np.random.default_rng(200 + 10 * number + index)
            spec = OrganoidSpec(condition=condition)
            pixels, truth, _ = organoid(spec, rng)
            yield segmented(f"{condition.name} {number}", pixels, truth, spec.spacing)


def segmented(
    name: str, pixels: np.ndarray, truth: np.ndarray, spacing: nu.Spacing | None
) -> Stack:
    image = nu.Image.from_array(pixels, axes="ZYX", spacing=spacing)
    began = time.perf_counter()
    found = nu.segment(image, z="each")
    return Stack(name, pixels, found, truth.astype(np.int32), spacing, time.perf_counter() - began)


def methods() -> dict[str, Method]:
    spec = JoinSpec()
    found = {
        "linking: IoU alone": linking(PLAIN),
        "  + waists": linking(
            replace(
                PLAIN, bright_waist=spec.bright_waist, wide_waist=spec.wide_waist, min_sections=2
            )
        ),
        "  + no specks": linking(
            replace(spec, dim_end=0, edge=-1e9),
        ),
        "  + no dim ends": linking(replace(spec, edge=-1e9)),
        "  + bright pixels of dim sections (kept)": linking(spec),
        "  same, of every section": linking(replace(spec, body=1e9)),
    }
    for height, sigma in (("distance", 0.5), ("distance", 1.0), ("product", 1.0), ("light", 0.5)):
        for apart in (2.0, 3.0):
            name = f"watershed: {height}, blur {sigma} µm, peaks {apart:g} µm apart"
            found[name] = flooding(height, sigma, apart, 0.5)
    return found


def row(name: str, scores: ImageScores, ratios: list[float], seconds: float, depth: int) -> str:
    at = scores.match(0.5)
    ratio = f"{np.median(ratios):.2f}" if ratios else "–"
    return (
        f"| {name} | {scores.nuclei.prediction}/{scores.nuclei.truth} | {at.f1:.3f} | "
        f"{scores.match(0.75).f1:.3f} | {scores.values()['average_precision@0.50:0.95']:.3f} | "
        f"{at.panoptic_quality:.3f} | {scores.nuclei.split_rate:.3f} | "
        f"{scores.nuclei.merge_rate:.3f} | {ratio} | {1000 * seconds / depth:.0f} |"
    )


def compared(group: list[Stack], name: str) -> None:
    depth = sum(len(stack.pixels) for stack in group)
    seconds = sum(stack.seconds for stack in group)
    stage = f"network {1000 * seconds / depth:.0f} ms a slice"
    print(f"\n{name}: {len(group)} stacks, {depth} slices, {stage}")
    print("| Method | found/true | F1 | F1 at 0.75 | AP | PQ | split | merged | volume | ms |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for title, method in methods().items():
        scores, ratios, took = ImageScores(), [], 0.0
        for stack in group:
            began = time.perf_counter()
            labels = method(stack)
            took += time.perf_counter() - began
            scores += score_volume(zip(labels, stack.truth, strict=True))
            table = volume_overlap_table(zip(labels, stack.truth, strict=True))
            pairs, _ = match(table, 0.5)
            found, true = table.prediction_index[pairs], table.truth_index[pairs]
            ratios += (table.prediction_area[found] / table.truth_area[true]).tolist()
        print(row(title, scores, ratios, took, depth), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--colonies", type=int, default=2)
    settings = parser.parse_args()
    demo, *synthetic = stacks(settings.data, settings.colonies)
    compared([demo], "Demo of StarDist")
    compared(synthetic, "Synthetic organoids")


if __name__ == "__main__":
    main()
