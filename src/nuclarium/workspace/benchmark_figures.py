"""The figures of a benchmark: each condition beside its truth, and all encoders on one image."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nuclarium.dataset.item import Item
from nuclarium.dataset.manifest import Dataset
from nuclarium.report.figures import Rgb, display_rgb, overlay, write_png
from nuclarium.report.masks import agreement_picture, mask_picture
from nuclarium.report.sheet import Row, sheet
from nuclarium.workspace.benchmark_runs import EncoderRuns, Predictions

CONDITIONS, ENCODERS = "conditions.png", "encoders.png"
MOST_ROWS = 8
_NOTE = "White: found. Orange: predicted only. Blue: in the truth only."


def write_figures(folder: Path, dataset: Dataset, encoders: Sequence[EncoderRuns]) -> list[Path]:
    """Write both figures as PNG.

    Returns
    -------
    paths : list of Path
        ``conditions.png``, of the encoder with the highest pooled F1, and ``encoders.png``.
    """
    best = max(encoders, key=lambda encoder: _pooled_f1(encoder))
    origin = str(dataset.meta.get("origin") or "")
    words = dataset.title + (f", {origin}" if origin else "")
    write_png(folder / CONDITIONS, _conditions(dataset, best, words))
    write_png(folder / ENCODERS, _encoders(dataset, encoders, words))
    return [folder / CONDITIONS, folder / ENCODERS]


def _conditions(dataset: Dataset, best: EncoderRuns, words: str) -> Rgb:
    items = {item.id: item for item in dataset.of_split("test")}
    by_condition: dict[str, list[str]] = {}
    for image in best.runs[0].record["images"]:
        by_condition.setdefault(image["condition"], []).append(image["id"])
    f1 = _image_f1(best)
    if len(by_condition) == 1:
        ordered = sorted(f1, key=lambda name: f1[name])
        places = np.linspace(0, len(ordered) - 1, min(4, len(ordered))).round().astype(int)
        chosen = {"": [ordered[place] for place in dict.fromkeys(places.tolist())]}
        why = "worst, two between, and best test image by F1"
    else:
        chosen = {name: [_median(ids, f1)] for name, ids in sorted(by_condition.items())}
        why = "of each condition the test image with the median F1"
    rows = [
        _condition_row(dataset, items[item], best.runs[0].predictions(), name, f1[item])
        for name, ids in list(chosen.items())[:MOST_ROWS]
        for item in ids
    ]
    title = f"Predicted masks of {best.name} beside the truth ({why})"
    return sheet(rows, title=title, note=f"{words}. {_NOTE}", side=256)


def _condition_row(
    dataset: Dataset, item: Item, predictions: Predictions, condition: str, f1: float
) -> Row:
    pixels, truth = item.read_image(dataset.folder), item.read_labels(dataset.folder)
    mask = predictions.foreground(item.id) >= 128
    pictures = [
        display_rgb(pixels),
        mask_picture(truth > 0),
        mask_picture(mask),
        agreement_picture(mask, truth > 0),
        overlay(pixels, predictions.labels(item.id)),
    ]
    captions = ["image", "true mask", "predicted mask", "both", "nuclei, outlined"]
    title = f"{condition or item.id}: F1 {100 * f1:.1f} %"
    return Row(title, pictures, captions)


def _encoders(dataset: Dataset, encoders: Sequence[EncoderRuns], words: str) -> Rgb:
    scores = {encoder.name: _image_f1(encoder) for encoder in encoders}
    images = [image["id"] for image in encoders[0].runs[0].record["images"]]
    mean = {name: float(np.nanmean([s[name] for s in scores.values()])) for name in images}
    chosen = _median(images, mean)
    item = next(item for item in dataset.of_split("test") if item.id == chosen)
    truth = item.read_labels(dataset.folder) > 0
    masks = [e.runs[0].predictions().foreground(chosen) >= 128 for e in encoders]
    captions = [f"{e.name} {100 * scores[e.name][chosen]:.1f} %" for e in encoders]
    pixels = display_rgb(item.read_image(dataset.folder))
    rows = [
        Row("", [pixels, *map(mask_picture, masks)], ["image", *captions]),
        Row(
            "",
            [mask_picture(truth), *(agreement_picture(mask, truth) for mask in masks)],
            ["true mask", *captions],
        ),
    ]
    title = f"All encoders on {chosen}, the test image with the median F1"
    return sheet(rows, title=title, note=f"{words}. {_NOTE}", side=224)


def _pooled_f1(encoder: EncoderRuns) -> float:
    shared, union = (
        sum(getattr(score.pixels, name) for score in encoder.scores)
        for name in ("intersection", "union")
    )
    return float(shared / union) if union else -1.0


def _image_f1(encoder: EncoderRuns) -> dict[str, float]:
    """F1 of pixels of each image in its first run; nan where there is nothing to find or found."""
    run = encoder.runs[0]
    names = [image["id"] for image in run.record["images"]]
    return {n: float(s.pixels.dice) for n, s in zip(names, run.scores, strict=True)}


def _median(names: Sequence[str], value: dict[str, float]) -> str:
    """Name with the median value; those without a value come last."""
    known = [name for name in names if not np.isnan(value[name])] or list(names)
    ordered = sorted(known, key=lambda name: (value[name], name))
    return ordered[len(ordered) // 2]
