"""Scores on images that are made smaller and larger, by how the magnification is chosen.

    python benchmarks/sizes.py --data ../shared/data/dsb2018 [--ids FILE] [--scales 0.25 0.5 1 2 4]

Images are rescaled (means to shrink them, cubics to enlarge), labels without mixing; nuclei that
vanish are dropped. ``auto`` is what a user gets, ``diameter`` is told the median diameter of the
true nuclei, ``native`` always sees the image as it is. Without --ids these are the 54 images of
fluorescence_val.txt, which no model is trained on. The rules were set on other images, but the
last change was prompted by one of these at scale 4.
"""

from __future__ import annotations

import argparse
import functools
import operator
import time
from collections import Counter
from pathlib import Path

import cv2
import numpy as np

from nuclarium.core.image import Image
from nuclarium.core.labels import Labels
from nuclarium.evaluate import ImageScores, score
from nuclarium.io import open_image
from nuclarium.predict.engine import Engine, start_engine
from nuclarium.predict.model import Model, load_model
from nuclarium.predict.segment import available_cores, choose_views, segment_selected, select
from nuclarium.predict.view import View, ViewSettings, magnification_for

WAYS = ("auto", "diameter", "native")


def rescaled(pixels: np.ndarray, labels: Labels, factor: float) -> tuple[np.ndarray, Labels]:
    """Bring an image and its labels to another size; labels stay consecutive."""
    if factor == 1:
        return pixels, labels
    size = tuple(max(8, round(side * factor)) for side in pixels.shape[1::-1])
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    small = cv2.resize(labels.astype(np.float32), size, interpolation=cv2.INTER_NEAREST)
    kept, numbers = np.unique(small, return_inverse=True)
    numbers = numbers.reshape(small.shape) + (kept[0] != 0)
    return cv2.resize(pixels, size, interpolation=how), numbers.astype(np.int32)


def diameter_of(labels: Labels) -> float:
    """Median diameter of the nuclei of a label image, in pixels."""
    area = np.bincount(labels.ravel())[1:]
    return float(2 * np.sqrt(np.median(area[area > 0]) / np.pi))


def settings_of(way: str, labels: Labels) -> ViewSettings:
    """Say what the user would of the nuclei."""
    if way == "auto":
        return ViewSettings()
    magnification = magnification_for(diameter_of(labels)) if way == "diameter" else 1.0
    return ViewSettings(magnification=magnification)


def segmented(
    pixels: np.ndarray, settings: ViewSettings, model: Model, engine: Engine
) -> tuple[Labels, View]:
    """Labels of an image, and how it was shown to the network."""
    selection = select(Image.from_array(pixels), model=model.name, kind=model.input.kind)
    view = choose_views(selection, model, engine, settings)[0]
    plane, channel = selection.planes[0], selection.channel
    return segment_selected(plane, channel, model, engine, view=view).to_array(), view


def row(scores: ImageScores) -> str:
    """AP at 0.5, mean AP, F1 and panoptic quality of all images together."""
    first = scores.matches[0]
    mean_ap = np.mean([match.average_precision for match in scores.matches])
    values = (first.average_precision, mean_ap, first.f1, first.panoptic_quality)
    return "  ".join(f"{value:.3f}" for value in values)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/dsb2018"))
    parser.add_argument("--ids", type=Path, help="text file of ids")
    parser.add_argument("--model", default="fluo")
    parser.add_argument("--scales", type=float, nargs="+", default=[0.25, 0.5, 1.0, 2.0, 4.0])
    parser.add_argument("--ways", nargs="+", default=WAYS, choices=WAYS)
    args = parser.parse_args()
    names = (args.ids or args.data / "fluorescence_val.txt").read_text().split()
    model = load_model(args.model)
    engine = start_engine(model.network, threads=available_cores())
    for scale in args.scales:
        diameters = []
        totals: dict[str, list[ImageScores]] = {way: [] for way in args.ways}
        seconds: Counter[str] = Counter()
        chosen: Counter[float] = Counter()
        for name in names:
            with open_image(args.data / "images" / f"{name}.png") as image:
                pixels = image.read()
            with open_image(args.data / "labels" / f"{name}.png") as image:
                truth = image.read().astype(np.int32)
            pixels, truth = rescaled(pixels, truth, scale)
            diameters.append(diameter_of(truth))
            for way in args.ways:
                began = time.perf_counter()
                labels, view = segmented(pixels, settings_of(way, truth), model, engine)
                seconds[way] += time.perf_counter() - began
                totals[way].append(score(labels, truth))
                if way == "auto":
                    chosen[view.magnification / magnification_for(diameters[-1])] += 1
        low, middle, high = np.percentile(diameters, (0, 50, 100))
        print(
            f"scale {scale:g}: {len(names)} images, nuclei of {low:.0f} to {high:.0f} px, median "
            f"{middle:.0f}; auto over diameter's magnification: {dict(sorted(chosen.items()))}"
        )
        print("  way       AP50   AP     F1     PQ     seconds")
        for way, scores in totals.items():
            total = functools.reduce(operator.add, scores)
            print(f"  {way:8s}  {row(total)}  {seconds[way]:.0f}", flush=True)


if __name__ == "__main__":
    main()
