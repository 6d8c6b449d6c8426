r"""How well touching nuclei come apart when the mask is perfect: what a mask alone can reach.

    python benchmarks/mask_decoder.py --data ../shared/data/dsb2018 [--images 120]

True masks are decoded as those of a model file of a binary network are, with several reaches of
the height and several ratios at which peaks are joined, and scored against the true nuclei. Images
that are kept for reporting are left out.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np
import torch

from nuclarium.core.geometry import Box
from nuclarium.evaluate import ImageScores, score
from nuclarium.io import open_image
from nuclarium.models.height import soft_distance
from nuclarium.predict.decode import APRON, fragments, joined
from nuclarium.predict.model import DecoderSpec


def decoded(mask: np.ndarray, reach_px: int, spec: DecoderSpec) -> np.ndarray:
    """Labels of a perfect mask."""
    probability = torch.from_numpy(mask.astype(np.float32))[None, None]
    height = soft_distance(probability, reach_px)[0, 0].numpy()
    maps = np.rint(255 * np.stack([mask, np.clip(height, 0.02, 0.98)])).astype(np.uint8)
    box = Box.of_shape(mask.shape)
    around = np.pad(maps, ((0, 0), (APRON, APRON), (APRON, APRON)))
    numbers, found = fragments(around, box, mask.shape, spec)
    return joined([found], mask.shape, spec).labels_of(0, numbers)


def truths(data: Path, count: int) -> list[np.ndarray]:
    kept = set((data / "fluorescence_val.txt").read_text().split())
    with (data / "index.csv").open() as file:
        names = [r["id"] for r in csv.DictReader(file) if r["modality"] == "fluorescence"]
    names = [name for name in names if name not in kept]
    chosen = np.random.default_rng(0).permutation(names)[:count]
    labels = []
    for name in chosen:
        with open_image(data / "labels" / f"{name}.png") as image:
            labels.append(image.read().astype(np.int32))
    return labels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--images", type=int, default=120)
    args = parser.parse_args()
    true = truths(args.data, args.images)
    print("| Reach, px | Joined from | F1 at 0.5 | mean AP | cut | joined |")
    print("|---:|---:|---:|---:|---:|---:|")
    for reach in (12, 24, 40):
        for ratio in (0.6, 0.7, 0.75, 0.8, 0.85, 0.9):
            spec = DecoderSpec(join_ratio=ratio)
            total = sum((score(decoded(t > 0, reach, spec), t) for t in true), ImageScores())
            values = total.values()
            cells = [
                f"{values[name]:.3f}"
                for name in ("f1@0.50", "average_precision@0.50:0.95", "split_rate", "merge_rate")
            ]
            print(f"| {reach} | {ratio} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
