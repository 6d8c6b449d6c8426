r"""How often nuclei of a score are right, and the curve that makes probabilities of scores.

    python benchmarks/calibration.py --data ../shared/data/dsb2018 --model fluo --split IDS \\
        [--fit calibration.json] [--picture reliability.svg] [-- --spacing-um 0.25]

A nucleus is right when a true one overlaps it by an IoU of at least 0.5. `--fit` learns the curve
that `nuclarium export --calibration` puts into a model file; it must be learned with a model that
has none yet, and on other images than those that it is judged on. Without `--split` all images of
the folder are taken. What comes after `--` goes to `nuclarium segment`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import tifffile

from nuclarium.evaluate import match, overlap_table
from nuclarium.io import open_image
from nuclarium.predict.calibration import Reliability, fit_calibration, reliability
from nuclarium.predict.model import load_model


def scored_nuclei(
    data: Path, names: list[str], model: str, options: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Score of every nucleus that is found, and whether it is right."""
    files = {path.stem: path for path in (data / "images").iterdir()}
    score, is_right = [], []
    with tempfile.TemporaryDirectory() as folder:
        images = [str(files[name]) for name in names]
        command = [sys.executable, "-m", "nuclarium", "segment", *images, "--out", folder]
        subprocess.run(
            [*command, "--overwrite", "--model", model, *options],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for name in names:
            table = pd.read_csv(Path(folder) / "tables" / f"{name}.csv")
            found = tifffile.imread(Path(folder) / "labels" / f"{name}.ome.tif").squeeze()
            with open_image(data / "labels" / f"{name}.png") as truth:
                overlaps = overlap_table(found.astype(np.int32), truth.read().astype(np.int32))
            pairs, _ = match(overlaps, 0.5)
            right = np.zeros(len(table), bool)
            right[overlaps.prediction_index[pairs]] = True
            score.append(table["score"].to_numpy())
            is_right.append(right)
    return np.concatenate(score), np.concatenate(is_right)


def picture(found: Reliability, title: str) -> str:
    """Reliability diagram as SVG: what is promised to the right, what is kept upwards."""
    side, edge = 320, 46
    at = lambda x, y: (edge + x * side, edge / 2 + (1 - y) * side)  # noqa: E731
    largest = max(found.count.max(), 1)
    marks = []
    for promised, kept, count in zip(found.promised, found.kept, found.count, strict=True):
        x, y = at(promised, kept)
        radius = 3 + 9 * (count / largest) ** 0.5
        marks.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="#0072b2"/>')
    ticks = []
    for value in (0, 0.2, 0.4, 0.6, 0.8, 1):
        x, _ = at(value, 0)
        _, y = at(0, value)
        ticks.append(f'<text x="{x}" y="{at(0, 0)[1] + 16}" text-anchor="middle">{value:g}</text>')
        ticks.append(f'<text x="{edge - 6}" y="{y + 4}" text-anchor="end">{value:g}</text>')
    (x0, y0), (x1, y1) = at(0, 0), at(1, 1)
    middle = (x0 + x1) / 2
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{side + 2 * edge}" '
            f'height="{side + 2 * edge}" font-family="sans-serif" font-size="12">',
            f'<rect width="100%" height="100%" fill="white"/><text x="{middle}" y="15" '
            f'text-anchor="middle">{title}</text>',
            f'<path d="M{x0} {y0}V{y1}H{x1}V{y0}Z M{x0} {y0}L{x1} {y1}" fill="none" '
            'stroke="#999"/>',
            *ticks,
            f'<text x="{middle}" y="{y0 + 34}" text-anchor="middle">score</text>',
            f'<text transform="translate(12 {(y0 + y1) / 2}) rotate(-90)" '
            'text-anchor="middle">part that is right</text>',
            *marks,
            "</svg>",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", default="fluo")
    parser.add_argument("--split", type=Path, help="text file of ids")
    parser.add_argument("--fit", type=Path, help="JSON of the curve to write")
    parser.add_argument("--picture", type=Path, help="SVG to write")
    parser.add_argument("options", nargs="*", help="of `nuclarium segment`")
    args = parser.parse_args()
    names = sorted(path.stem for path in (args.data / "images").iterdir())
    if args.split is not None:
        names = args.split.read_text().split()
    if args.fit is not None and load_model(args.model).calibration is not None:
        parser.error(f"--fit needs a model without a calibration, but {args.model} has one.")
    score, is_right = scored_nuclei(args.data, names, args.model, args.options)
    found = reliability(score, is_right)
    print("| Score | Nuclei | Part that is right |\n|---:|---:|---:|")
    for promised, kept, count in zip(found.promised, found.kept, found.count, strict=True):
        print(f"| {promised:.3f} | {count} | {kept:.3f} |")
    print(f"\nmean difference {found.error:.3f}, {len(score)} nuclei")
    if args.fit is not None:
        args.fit.write_text(json.dumps(asdict(fit_calibration(score, is_right))))
    if args.picture is not None:
        args.picture.write_text(picture(found, f"{Path(args.model).stem}, {args.data.name}"))


if __name__ == "__main__":
    main()
