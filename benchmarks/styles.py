r"""Scores of `fluo`'s recipe on kinds of images that it was not trained on.

    python benchmarks/styles.py --data ../shared/data/dsb2018 --out runs/styles [--steps 1500]

The images of Data Science Bowl 2018 come from many microscopes; those of one size in pixels look
alike. A model is trained without each such style, with the settings of the recipe but fewer steps,
and scored on that style as a user would run it. The 54 images that are kept for reporting are
neither trained on nor scored. A style that is finished is kept, and a model that is there, so a
stopped benchmark goes on;
``style-NAME`` holds its images and labels, and ``run-NAME/model.onnx`` the model without it.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

STYLES = {
    "256": ("256x256",),
    "360": ("360x360",),
    "696": ("696x520",),
    "tissue": ("640x512", "320x256", "1388x1040"),
    "rows": ("1272x603", "347x260"),
}
SHOWN = (
    "f1@0.50",
    "average_precision@0.50",
    "average_precision@0.75",
    "average_precision@0.50:0.95",
    "panoptic_quality",
    "split_rate",
    "merge_rate",
)
NUCLARIUM = [sys.executable, "-m", "nuclarium"]
ROOT = Path(__file__).resolve().parents[1]


def style_names(data: Path, style: str) -> list[str]:
    """Ids of the images of a style, without those that are kept for reporting."""
    kept = set((data / "fluorescence_val.txt").read_text().split())
    with (data / "index.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["modality"] == "fluorescence"]
    return [
        row["id"]
        for row in rows
        if f"{row['width']}x{row['height']}" in STYLES[style] and row["id"] not in kept
    ]


def write_recipe(path: Path, data: Path, left_out: Path, steps: int, workers: int) -> None:
    """Recipe of `fluo` with other steps, and a list of more images to leave out."""
    text = (ROOT / "recipes" / "fluo.toml").read_text()
    changes = {
        "images": data / "images",
        "labels": data / "labels",
        "index": data / "index.csv",
    }
    for name, value in changes.items():
        text = re.sub(rf"^{name} = .*$", f'{name} = "{value}"', text, flags=re.MULTILINE)
    kept = json.dumps([str(data / "fluorescence_val.txt"), str(left_out)])
    text = re.sub(r"^exclude = .*$", f"exclude = {kept}", text, flags=re.MULTILINE)
    text = re.sub(r"^steps = .*$", f"steps = {steps}", text, flags=re.MULTILINE)
    path.write_text(f"workers = {workers}\n" + text)


def quietly(*command: object) -> str:
    done = subprocess.run([*NUCLARIUM, *map(str, command)], check=True, capture_output=True)
    return done.stdout.decode()


def finish(style: str, data: Path, out: Path, steps: int, workers: int) -> None:
    """Train without a style and score on it, unless its scores are there."""
    kept = out / f"scores-{style}.json"
    if kept.exists():
        return
    folder, run = out / f"style-{style}", out / f"run-{style}"
    names = style_names(data, style)
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True, exist_ok=True)
        for name in names:
            shutil.copyfile(data / part / f"{name}.png", folder / part / f"{name}.png")
    left_out = out / f"{style}.txt"
    left_out.write_text("\n".join(names))
    recipe = out / f"{style}.toml"
    write_recipe(recipe, data, left_out, steps, workers)
    model = run / "model.onnx"
    if not model.exists():
        quietly("train", recipe, "--out", run)
        quietly("export", run, "--out", model)
    with tempfile.TemporaryDirectory() as results:
        images = [folder / "images" / f"{name}.png" for name in names]
        quietly("segment", *images, "--out", results, "--model", model, "--overwrite")
        table = json.loads(quietly("evaluate", results, folder / "labels", "--json"))
    found = {name: table[name]["value"] for name in SHOWN}
    kept.write_text(json.dumps({**found, "images": len(names)}))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=1, help="styles at one time")
    parser.add_argument("--styles", nargs="+", choices=STYLES, default=list(STYLES))
    args = parser.parse_args()
    data, out = args.data.resolve(), args.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(args.at_once) as pool:
        jobs = [
            pool.submit(finish, style, data, out, args.steps, args.workers) for style in args.styles
        ]
        for job in jobs:
            job.result()
    print("| Left out | Images | F1 at 0.5 | AP 0.5 | AP 0.75 | mean AP | PQ | cut | joined |")
    print("|---|" + "---:|" * 8)
    for style in STYLES:
        path = out / f"scores-{style}.json"
        if path.exists():
            row = json.loads(path.read_text())
            cells = ["-" if row[name] is None else f"{row[name]:.3f}" for name in SHOWN]
            print(f"| {', '.join(STYLES[style])} | {row['images']} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
