"""How hard the synthetic organoids are: scores of a shipped model on slices, and crowding.

nuclarium sample organoid --out organoids
python benchmarks/organoids.py organoids
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import tifffile

from nuclarium.evaluate.scores import ImageScores, score
from nuclarium.io import open_image
from nuclarium.predict.segment import segment

PATCH, STEP, LEAST_PX, LEAST_NUCLEI = 256, 128, 60, 3


def nuclei_a_patch(labels: np.ndarray) -> list[int]:
    """Nuclei of each patch of each slice: those of 60 px or more, where there are at least 3."""
    found = []
    for plane in labels:
        for y in range(0, plane.shape[0] - PATCH + 1, STEP):
            for x in range(0, plane.shape[1] - PATCH + 1, STEP):
                areas = np.bincount(plane[y : y + PATCH, x : x + PATCH].ravel())[1:]
                found.append(int((areas >= LEAST_PX).sum()))
    return [count for count in found if count >= LEAST_NUCLEI]


def plane_scores(path: Path, labels: np.ndarray, every: int, model: str) -> ImageScores:
    """Scores of the slices that hold nuclei, each `every`-th of them, added up."""
    total = ImageScores()
    with open_image(path) as image:
        held = [z for z in range(len(labels)) if len(np.unique(labels[z])) > LEAST_NUCLEI]
        for z in held[every // 2 :: every]:
            total += score(segment(image, model, z=z), labels[z])
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="fluo")
    parser.add_argument("--every", type=int, default=6, help="take each n-th slice")
    parser.add_argument("--colonies", type=int, default=2, help="of each condition")
    args = parser.parse_args()
    sheet = pd.read_csv(args.folder / "sheet.csv")
    nuclei = pd.read_csv(args.folder / "truth" / "nuclei.csv")
    print("condition | colonies | nuclei | touching | a patch | slices F1 | PQ | pixel F1 | merged")
    whole = ImageScores()
    for condition, rows in sheet.groupby("condition", sort=False):
        own = nuclei[nuclei["condition"] == condition]
        patches: list[int] = []
        total = ImageScores()
        for number, row in enumerate(rows.itertuples()):
            labels = tifffile.imread(args.folder / row.truth)
            patches += nuclei_a_patch(labels)
            if number < args.colonies:
                total += plane_scores(args.folder / row.file, labels, args.every, args.model)
        whole += total
        touching = (own["neighbours_touching"] > 0).mean()
        print(f"{condition} | {len(rows)} | {len(own)} | {touching:.2f} | {np.mean(patches):.1f} | "
              + scores_text(total), flush=True)  # fmt: skip
    print("all | | | | | " + scores_text(whole))


def scores_text(total: ImageScores) -> str:
    values = total.values()
    counts = total.nuclei
    shown = [values[name] for name in ("f1@0.50", "panoptic_quality", "dice")]
    return " | ".join(f"{value:.2f}" for value in shown) + f" | {counts.merged} of {counts.truth}"


if __name__ == "__main__":
    main()
