"""The pixel classifier against scikit-image's features with scikit-learn's forest, side by side.

    python benchmarks/pixel_classifier.py [--data ../shared/data/dsb2018] [--repeats 7]
        [--part speed|accuracy|separation|volume|large|all]

Needs scikit-learn, which nuclarium does not: `pip install scikit-learn`. Both get the same image,
the same strokes and two processors. Times are the least of some repeats in turns, on the wall and
of the processors, so that a busy machine disturbs them less. Strokes are drawn from the truth by a
fixed seed: a line along each of six nuclei, and twelve lines of up to 30 px over background, half
of which begin within 6 px of a nucleus. They cover about one pixel in 300.
"""

from __future__ import annotations

import argparse
import csv
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import tifffile
from skimage.feature import multiscale_basic_features
from skimage.io import imread
from skimage.measure import label
from skimage.morphology import h_maxima
from skimage.segmentation import watershed
from sklearn.ensemble import RandomForestClassifier

from nuclarium.core.geometry import Box
from nuclarium.evaluate.matching import match, overlap_table
from nuclarium.predict.parted import parted
from nuclarium.predict.parted_stack import parted_stack
from nuclarium.suggest import features as feature_module
from nuclarium.suggest.cleaning import CleaningSettings, cleaned
from nuclarium.suggest.features import Canvas
from nuclarium.suggest.ranges import step_range
from nuclarium.suggest.session import Session
from nuclarium.suggest.settings import FeatureSettings
from nuclarium.suggest.strokes import Strokes, strokes_from_labels
from nuclarium.suggest.tiles import FeatureTiles
from nuclarium.synthetic.plane import synthetic_nuclei
from nuclarium.synthetic.strokes import drawn_strokes
from nuclarium.workspace.pixel_apply import apply_pixels
from nuclarium.workspace.pixel_train import train_pixels

WORKERS = 2
SCALES = (0.7, 1.0, 1.6, 3.5, 5.0)
SIDE = 1024
VIEW = Box(200, 300, 712, 812)


def reference_mask(pixels: np.ndarray, strokes: np.ndarray) -> np.ndarray:
    values = multiscale_basic_features(
        pixels.astype(np.float32) / max(1.0, float(pixels.max())),
        sigma_min=SCALES[0],
        sigma_max=SCALES[-1],
        num_sigma=len(SCALES),
        workers=WORKERS,
    )
    rows = values.reshape(-1, values.shape[-1])
    known = np.flatnonzero(strokes.ravel())
    forest = RandomForestClassifier(100, max_depth=10, n_jobs=WORKERS, random_state=0)
    forest.fit(rows[known], strokes.ravel()[known])
    return (forest.predict(rows) == 2).reshape(pixels.shape)


def tiles_of(pixels: np.ndarray) -> FeatureTiles:
    def read(box: Box) -> np.ndarray:
        return pixels[box.slices][None, None]

    canvas = Canvas(read, (1, *pixels.shape), step_range(read, pixels.shape))
    return FeatureTiles(canvas, FeatureSettings(SCALES), workers=WORKERS)


def mask(pixels: np.ndarray, strokes: np.ndarray) -> np.ndarray:
    return Session(tiles_of(pixels), strokes_from_labels(strokes)).classes()[0] == 2


def measured(jobs: dict, repeats: int) -> dict[str, tuple[float, float]]:
    """Least wall and processor seconds of each job; the jobs take turns."""
    least = dict.fromkeys(jobs, (np.inf, np.inf))
    for _ in range(repeats):
        for name, job in jobs.items():
            wall, processor = time.perf_counter(), time.process_time()
            job()
            spent = time.perf_counter() - wall, time.process_time() - processor
            least[name] = tuple(map(min, least[name], spent))
    return least


def large_images(data: Path) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Name, pixels and truth of images of 1,024 × 1,024 px: synthetic, and the largest real one."""
    yield "synthetic", *synthetic_nuclei((SIDE, SIDE), 700, np.random.default_rng(0))
    with (data / "index.csv").open() as file:
        rows = [r for r in csv.DictReader(file) if min(int(r["width"]), int(r["height"])) >= SIDE]
    for row in rows:
        if row["modality"] == "fluorescence":
            pixels, truth = (
                imread(next((data / part).glob(f"{row['id']}*")))[:SIDE, :SIDE]
                for part in ("images", "labels")
            )
            yield "dsb2018", pixels[..., 0] if pixels.ndim == 3 else pixels, truth


def speed(name: str, pixels: np.ndarray, truth: np.ndarray, repeats: int) -> None:
    strokes = drawn_strokes(truth, np.random.default_rng(0), 40)
    tiles = tiles_of(pixels)
    tiles.prepare(tiles.boxes())
    session = Session(tiles, strokes_from_labels(strokes))
    stroke = Strokes(np.array([[0, 500, x] for x in range(500, 530)]), np.ones(30, np.uint8))
    jobs = {
        "scikit-image and scikit-learn, pixels to mask": lambda: reference_mask(pixels, strokes),
        "nuclarium, pixels to mask": lambda: mask(pixels, strokes),
        "  features alone": lambda: (t := tiles_of(pixels)).prepare(t.boxes()),
        "  forest alone": lambda: session.drawn(stroke).classifier,
        "nuclarium, new stroke to whole mask": lambda: session.drawn(stroke).classes(),
        "nuclarium, new stroke to 512 × 512 px": lambda: session.drawn(stroke).classes(VIEW),
    }
    print(f"{name}, {SIDE} × {SIDE} px, {(strokes > 0).sum():,} drawn pixels, {WORKERS} processors")
    times = measured(jobs, repeats)
    first = next(iter(times.values()))
    for job, (wall, processor) in times.items():
        print(
            f"| {job} | {1e3 * wall:,.0f} ms | {1e3 * processor:,.0f} ms | "
            f"{first[0] / wall:.1f} | {first[1] / processor:.1f} |"
        )


def images(data: Path) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Kind, pixels and truth of real and of synthetic images."""
    wanted = {n.split(".")[0] for n in (data / "fluorescence_val.txt").read_text().split()}
    with (data / "index.csv").open() as file:
        rows = [r for r in csv.DictReader(file) if r["id"] in wanted and int(r["n_nuclei"]) >= 12]
    for row in rows:
        pixels = imread(next((data / "images").glob(f"{row['id']}*")))
        grey = pixels[..., :3].mean(axis=2) if pixels.ndim == 3 else pixels
        yield (
            "dsb2018",
            grey,
            imread(next((data / "labels").glob(f"{row['id']}*"))).astype(np.int32),
        )
    for seed in range(12):
        yield "synthetic", *synthetic_nuclei((384, 384), 90, np.random.default_rng(seed))


def scores(found: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    both, either = (found & truth).sum(), (found | truth).sum()
    return 2 * both / (both + either), both / either


def accuracy(data: Path) -> None:
    table: dict[str, dict[str, list[tuple[float, float]]]] = {}
    level_of = feature_module.level_of
    for number, (kind, pixels, truth) in enumerate(images(data)):
        strokes = drawn_strokes(truth, np.random.default_rng(number))
        rows = table.setdefault(kind, {})
        rows.setdefault("scikit-image and scikit-learn", []).append(
            scores(reference_mask(pixels, strokes), truth > 0)
        )
        rows.setdefault("nuclarium", []).append(scores(mask(pixels, strokes), truth > 0))
        feature_module.level_of = lambda scale: 0
        rows.setdefault("nuclarium, all scales at full size", []).append(
            scores(mask(pixels, strokes), truth > 0)
        )
        feature_module.level_of = level_of
    for kind, rows in table.items():
        base = np.array(rows["scikit-image and scikit-learn"])
        for name, found in rows.items():
            values = np.array(found)
            gain = values - base
            draws = np.random.default_rng(0).integers(0, len(gain), (10_000, len(gain)))
            low, high = np.percentile(gain[draws, 0].mean(axis=1), (2.5, 97.5))
            print(
                f"| {kind}, {len(values)} images | {name} | {values[:, 0].mean():.4f} | "
                f"{values[:, 1].mean():.4f} | {gain[:, 0].mean():+.4f} ({low:+.4f} to {high:+.4f}) "
                f"| {(gain[:, 0] > 0).sum()} |"
            )


def watershed_parted(binary: np.ndarray) -> np.ndarray:
    """Part by the usual recipe, with the settings that were best on the binarised truth."""
    distance = cv2.distanceTransform(np.pad(binary, 1).view(np.uint8), cv2.DIST_L2, 0)[1:-1, 1:-1]
    height = cv2.GaussianBlur(distance, (0, 0), 1.0) * binary
    return watershed(-height, label(h_maxima(height, 0.25) > 0), mask=binary).astype(np.int32)


def separation(data: Path) -> None:
    ways = {
        "linked pixels are one nucleus": lambda m: label(m, connectivity=1).astype(np.int32),
        "watershed of scikit-image": watershed_parted,
        "nuclarium": lambda m: parted(m, least_px=12),
    }
    totals = {(m, w): np.zeros(4) for m in ("binarised truth", "mask from strokes") for w in ways}
    for number, (kind, pixels, truth) in enumerate(images(data)):
        if kind != "dsb2018":
            continue
        strokes = drawn_strokes(truth, np.random.default_rng(number))
        found = cleaned(mask(pixels, strokes), CleaningSettings())
        for name, binary in (("binarised truth", truth > 0), ("mask from strokes", found)):
            for way, part in ways.items():
                began = time.process_time()
                labels = part(binary)
                spent = time.process_time() - began
                table = overlap_table(labels, truth)
                matches = len(match(table, 0.5)[0])
                counts = len(table.prediction_area), len(table.truth_area)
                totals[name, way] += matches, *counts, spent
    for (name, way), (found, predicted, true, spent) in totals.items():
        f1 = 2 * found / (predicted + true)
        print(f"| {name} | {way} | {f1:.4f} | {predicted:.0f} of {true:.0f} | {spent:.2f} s |")


def volume(data: Path) -> None:
    """Masks and nuclei of the synthetic volume of StarDist's demo, planes 2 px apart."""
    folder = data.parent / "stardist_demo"
    pixels, truth = imread(folder / "img3d.tif"), imread(folder / "mask3d.tif").astype(np.int32)
    strokes = np.zeros(truth.shape, np.uint8)
    for z in (9, 15, 21):
        strokes[z, 5::25] = np.where(truth[z, 5::25] > 0, 2, 1)
    for dims in (2, 3):

        def read(box: Box) -> np.ndarray:
            return pixels[None, :, *box.slices]

        canvas = Canvas(read, pixels.shape, step_range(read, pixels.shape[1:]), 2.0)
        tiles = FeatureTiles(canvas, FeatureSettings(SCALES, dims=dims), workers=WORKERS)
        found = Session(tiles, strokes_from_labels(strokes)).classes() == 2
        print(f"| features in {dims} dimensions | F1 of voxels {scores(found, truth > 0)[0]:.3f} |")
    for name, binary in (
        ("binarised truth", truth > 0),
        ("mask from strokes", cleaned(found, CleaningSettings())),
    ):
        linked = label(binary, connectivity=3).astype(np.int32)
        both = parted_stack(binary, z_step=2.0, least_px=12)
        for way, labels in (("linked", linked), ("parted", both)):
            wide = (-1, truth.shape[2])
            table = overlap_table(labels.reshape(wide), truth.reshape(wide))
            counts = len(table.prediction_area), len(table.truth_area)
            f1 = 2 * len(match(table, 0.5)[0]) / sum(counts)
            print(f"| {name} | {way} | {f1:.3f} | {counts[0]} of {counts[1]} |")


def large(side: int = 8192) -> None:
    """Take a large plane from a tiled TIFF to mask and labels on disk."""
    pixels, truth = synthetic_nuclei((SIDE, SIDE), 700, np.random.default_rng(0))
    strokes = np.where(truth > 0, 2, 1).astype(np.uint8)
    strokes[np.arange(SIDE) % 64 != 0] = 0
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        tifffile.imwrite(home / "small.tif", pixels)
        tifffile.imwrite(home / "strokes.tif", strokes)
        with tifffile.TiffWriter(home / "large.tif") as file:
            rows = (pixels[y : y + 512, x : x + 512] for y, x in _corners(side))
            file.write(
                rows, shape=(side, side), dtype=pixels.dtype, tile=(512, 512), compression="zlib"
            )
        train_pixels([home / "small.tif"], [home / "strokes.tif"], home / "c", workers=WORKERS)
        before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
        made = apply_pixels(home / "c", [home / "large.tif"], home / "m", workers=WORKERS)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"{side} × {side} px, {made.records[0]['n_nuclei']:,} nuclei: "
        f"{time.process_time() - began:.0f} s of processors, peak {peak / 1e3:.0f} MB, "
        f"{before / 1e3:.0f} MB before"
    )


def _corners(side: int) -> Iterator[tuple[int, int]]:
    """Where in the small image each tile of the large one begins, row by row."""
    return ((y % SIDE, x % SIDE) for y in range(0, side, 512) for x in range(0, side, 512))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data/dsb2018"))
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--part", default="all")
    chosen = parser.parse_args()
    cv2.setNumThreads(WORKERS)
    if chosen.part in ("speed", "all"):
        for image in large_images(chosen.data):
            speed(*image, chosen.repeats)
    if chosen.part in ("accuracy", "all"):
        accuracy(chosen.data)
    if chosen.part in ("separation", "all"):
        separation(chosen.data)
    if chosen.part in ("volume", "all"):
        volume(chosen.data)
    if chosen.part == "large":
        large()


if __name__ == "__main__":
    main()
