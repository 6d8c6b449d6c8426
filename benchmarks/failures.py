"""The worst failures of a model, counted and drawn.

    python benchmarks/failures.py --data ../shared/data/dsb2018 --out docs/images/fluo_failures.jpg
    python benchmarks/failures.py --images DIR --labels DIR --ids FILE --model he --out FILE

Every wrong nucleus is in one category, the first that fits:

split    A true nucleus with two or more pieces: predicted nuclei with more than half of their own
         area inside it that each cover at least a tenth of it.
merged   A predicted nucleus with two or more true ones inside, by the same rule turned round.
missed   A true nucleus that is matched to none at IoU 0.5.
false    A predicted nucleus that is matched to none at IoU 0.5.
outline  A pair with an IoU of 0.5 to 0.7.

The worse is the one with more wrong pixels, in units of the median true nucleus of its image: those
outside the nucleus that it shares most with, and for outlines those that only one of the pair has.
The picture shows the worst of each category, taken in turns, at most two from one image; nuclei
that the border of the image cuts are counted, but not drawn.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont
from robustness import one_engine, segment_all

import nuclarium as nu
from nuclarium.core.geometry import Box
from nuclarium.core.outlines import iter_outlines
from nuclarium.evaluate import OverlapTable, match, overlap_table
from nuclarium.report.figures import display_rgb

Indices = npt.NDArray[np.int64]
LabelArray = npt.NDArray[np.int32]
Rgb = npt.NDArray[np.uint8]

CATEGORIES = ("missed", "false", "split", "merged", "outline")
POOR_IOU = 0.7
CONTEXT = 3.0
"""Side of a crop in diameters of the image's median nucleus."""
CELL, GAP, MARGIN, FOOT = 168, 6, 132, 34
TRUTH, PREDICTION = (0x00, 0x72, 0xB2), (0xE6, 0x9F, 0x00)
WHITE, BLACK = (255, 255, 255), (0, 0, 0)
Line = tuple[tuple[int, int, int], int]
_SHIFT = 4


@dataclass(frozen=True)
class Wrong:
    """One wrong nucleus: rows of the overlap table, and how bad it is within its category."""

    category: str
    badness: float
    true: Indices
    predicted: Indices


@dataclass(frozen=True)
class Result:
    """An image with its true and its predicted nuclei."""

    name: str
    pixels: npt.NDArray[Any]
    truth: LabelArray
    prediction: LabelArray


@dataclass(frozen=True)
class Failure:
    """A wrong nucleus in its image, by the labels that it concerns."""

    category: str
    badness: float
    result: Result
    truth: frozenset[int]
    prediction: frozenset[int]


def lumps(
    table: OverlapTable, inner: Indices, inner_area: Indices, outer: Indices, outer_area: Indices
) -> Iterator[tuple[float, Indices, int]]:
    """Yield nuclei with two or more others inside, and their pixels outside the largest one."""
    shared = table.intersection
    inside = (2 * shared > inner_area[inner]) & (10 * shared >= outer_area[outer])
    for whole in np.flatnonzero(np.bincount(outer[inside], minlength=len(outer_area)) > 1):
        rows = inside & (outer == whole)
        yield float(outer_area[whole] - shared[rows].max()), inner[rows], int(whole)


def unmatched(
    table: OverlapTable, index: Indices, area: Indices, left_out: set[int]
) -> Iterator[tuple[float, int]]:
    """Yield nuclei of one kind that are not `left_out`, and their pixels outside the best other."""
    best = np.zeros(len(area), np.int64)
    np.maximum.at(best, index, table.intersection)
    for nucleus in set(range(len(area))) - left_out:
        yield float(area[nucleus] - best[nucleus]), nucleus


def wrong_nuclei(table: OverlapTable) -> Iterator[Wrong]:
    """Put every wrong nucleus of a plane in one category."""
    true, predicted = table.truth_index, table.prediction_index
    true_area, predicted_area = table.truth_area, table.prediction_area
    rows, iou = match(table, 0.5)
    done_true, done_predicted = set(true[rows].tolist()), set(predicted[rows].tolist())
    lumped: set[int] = set()
    unit = float(np.median(true_area)) if len(true_area) else 1.0
    for pixels, pieces, whole in lumps(table, predicted, predicted_area, true, true_area):
        yield Wrong("split", pixels / unit, np.array([whole]), pieces)
        done_true.add(whole)
        done_predicted |= set(pieces.tolist())
        lumped.add(whole)
    for pixels, parts, whole in lumps(table, true, true_area, predicted, predicted_area):
        yield Wrong("merged", pixels / unit, parts, np.array([whole]))
        done_true |= set(parts.tolist())
        done_predicted.add(whole)
        lumped |= set(parts.tolist())
    for pixels, one in unmatched(table, true, true_area, done_true):
        yield Wrong("missed", pixels / unit, np.array([one]), np.array([], np.int64))
    for pixels, one in unmatched(table, predicted, predicted_area, done_predicted):
        yield Wrong("false", pixels / unit, np.array([], np.int64), np.array([one]))
    for row, value in zip(rows, iou, strict=True):
        if value < POOR_IOU and int(true[row]) not in lumped:
            pixels = float(table.union[row] - table.intersection[row])
            yield Wrong("outline", pixels / unit, true[[row]], predicted[[row]])


def failures_of(result: Result) -> list[Failure]:
    true_labels, predicted_labels = (
        np.unique(labels[labels > 0]) for labels in (result.truth, result.prediction)
    )
    return [
        Failure(
            wrong.category,
            wrong.badness,
            result,
            frozenset(true_labels[wrong.true].tolist()),
            frozenset(predicted_labels[wrong.predicted].tolist()),
        )
        for wrong in wrong_nuclei(overlap_table(result.prediction, result.truth))
    ]


def worst(failures: list[Failure], *, columns: int, per_image: int) -> dict[str, list[Failure]]:
    """Choose the worst of each category in turns, with at most `per_image` from one image."""
    waiting = {
        category: sorted(
            (f for f in failures if f.category == category and not is_cut(f)),
            key=lambda failure: failure.badness,
        )
        for category in CATEGORIES
    }
    chosen: dict[str, list[Failure]] = {category: [] for category in CATEGORIES}
    used: Counter[str] = Counter()
    for _ in range(columns):
        for category, left in waiting.items():
            while left and used[left[-1].result.name] >= per_image:
                left.pop()
            if left:
                chosen[category].append(left.pop())
                used[chosen[category][-1].result.name] += 1
    return chosen


def mask_of(failure: Failure) -> npt.NDArray[np.bool_]:
    return np.isin(failure.result.truth, list(failure.truth)) | np.isin(
        failure.result.prediction, list(failure.prediction)
    )


def is_cut(failure: Failure) -> bool:
    """Whether the border of the image cuts what the failure concerns."""
    mask = mask_of(failure)
    return bool(mask[[0, -1]].any() or mask[:, [0, -1]].any())


def window_of(failure: Failure) -> Box:
    """Square around a failure, moved into the image where that is large enough."""
    result = failure.result
    areas = np.unique(result.truth[result.truth > 0], return_counts=True)[1]
    diameter = float(np.sqrt(4 * np.median(areas) / np.pi)) if len(areas) else 0.0
    y, x = np.nonzero(mask_of(failure))
    extent = 1.5 * max(np.ptp(y), np.ptp(x))
    side = min(round(max(CONTEXT * diameter, extent, 24)), *result.truth.shape)
    y0, x0 = (
        int(np.clip((place.min() + place.max() + 1 - side) // 2, 0, length - side))
        for place, length in zip((y, x), result.truth.shape, strict=True)
    )
    return Box(y0, x0, y0 + side, x0 + side)


def draw_outlines(
    cell: Rgb, labels: LabelArray, shown: list[int], window: Box, lines: list[Line]
) -> None:
    """Draw outlines over an enlarged window, each line in turn over the one before."""
    zoom = CELL / window.shape[0]
    kept = np.where(np.isin(labels, shown), labels, 0)
    rings = [
        (ring - (window.y0, window.x0)) * zoom
        for outline in iter_outlines(kept, tolerance=0.6)
        for polygon in outline.polygons
        for ring in (polygon.exterior, *polygon.holes)
    ]
    points = [np.rint(ring[:, ::-1] * 2**_SHIFT).astype(np.int32) for ring in rings]
    for colour, width in lines:
        cv2.polylines(cell, points, True, colour, width, cv2.LINE_AA, _SHIFT)


def drawn(failure: Failure) -> Rgb:
    """Draw one cell: what the failure concerns in bold, its neighbours thinly."""
    window, result = window_of(failure), failure.result
    shown = display_rgb(result.pixels[window.slices])
    cell = cv2.resize(shown, (CELL, CELL), interpolation=cv2.INTER_CUBIC)
    kinds = (
        (result.truth, failure.truth, TRUTH, [(WHITE, 5), (TRUTH, 3)]),
        (result.prediction, failure.prediction, PREDICTION, [(PREDICTION, 2)]),
    )
    for labels, bold, colour, _ in kinds:
        thin = [n for n in np.unique(labels[window.slices]).tolist() if n and n not in bold]
        draw_outlines(cell, labels, thin, window, [(colour, 1)])
    for labels, bold, _, lines in kinds:
        draw_outlines(cell, labels, list(bold), window, lines)
    return cell


def grid(chosen: dict[str, list[Failure]], counts: Counter[str], columns: int) -> Picture.Image:
    """Put the cells in one row a category, with its name, its count, and a legend below."""
    width, height = MARGIN + columns * (CELL + GAP), len(CATEGORIES) * (CELL + GAP) + FOOT
    page = Picture.new("RGB", (width, height), WHITE)
    pen = ImageDraw.Draw(page)
    large, small = ImageFont.load_default(20), ImageFont.load_default(15)
    for row, category in enumerate(CATEGORIES):
        top = row * (CELL + GAP)
        pen.text((4, top + CELL // 2 - 24), category, BLACK, large)
        pen.text((4, top + CELL // 2 + 2), f"{counts[category]:,} in all", BLACK, small)
        for column, failure in enumerate(chosen[category]):
            page.paste(Picture.fromarray(drawn(failure)), (MARGIN + column * (CELL + GAP), top))
    middle, left = height - FOOT // 2 - 2, MARGIN
    for text, colour in (("truth", TRUTH), ("prediction", PREDICTION)):
        pen.line((left, middle, left + 40, middle), colour, 4)
        pen.text((left + 48, middle), text, BLACK, small, anchor="lm")
        left += 150
    note = "thin: neighbours; each crop has its own contrast"
    pen.text((left, middle), note, BLACK, small, anchor="lm")
    return page


def save(page: Picture.Image, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".png":
        page.quantize(96, dither=Picture.Dither.NONE).save(path, optimize=True)
    else:
        page.save(path, quality=75, optimize=True)


def results_of(images: Path, labels: Path, names: list[str], model_name: str) -> list[Result]:
    pixels = [read_plane(images, name) for name in names]
    with one_engine():
        predictions = segment_all(pixels, nu.load_model(model_name))
    truths = [read_plane(labels, name).astype(np.int32) for name in names]
    return [Result(*parts) for parts in zip(names, pixels, truths, predictions, strict=True)]


def read_plane(folder: Path, name: str) -> npt.NDArray[Any]:
    path = next((path for path in sorted(folder.glob(f"{name}.*"))), folder / name)
    with nu.open_image(path) as image:
        return image.read()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="folder of DSB 2018; instead of the next three")
    parser.add_argument("--images", type=Path, help="folder of images, named by their ids")
    parser.add_argument("--labels", type=Path, help="folder of label images of the same names")
    parser.add_argument("--ids", type=Path, help="text file of ids; else fluorescence_val.txt")
    parser.add_argument("--model", default="fluo")
    parser.add_argument("--out", type=Path, required=True, help="picture, PNG or JPEG")
    parser.add_argument("--columns", type=int, default=5)
    parser.add_argument("--per-image", type=int, default=2)
    args = parser.parse_args()
    if not args.data and not (args.images and args.labels and args.ids):
        parser.error("--data, or --images, --labels and --ids together, must be given.")
    names = (args.ids or args.data / "fluorescence_val.txt").read_text().split()
    images, labels = args.images or args.data / "images", args.labels or args.data / "labels"
    results = results_of(images, labels, names, args.model)
    failures = [failure for result in results for failure in failures_of(result)]
    counts = Counter(failure.category for failure in failures)
    chosen = worst(failures, columns=args.columns, per_image=args.per_image)
    save(grid(chosen, counts, args.columns), args.out)
    nuclei = [sum(len(np.unique(r.truth)) - 1 for r in results)]
    nuclei.append(sum(int(r.prediction.max()) for r in results))
    print(f"{len(names)} images, {nuclei[0]:,} true nuclei, {nuclei[1]:,} predicted")
    for category in CATEGORIES:
        print(f"{category:8} {counts[category]:6,}", flush=True)
        for failure in chosen[category]:
            print(f"    {failure.badness:.2f}  {failure.result.name}")


if __name__ == "__main__":
    main()
