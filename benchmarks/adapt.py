r"""Learning curve of adapting a shipped model to images of a kind that it never saw.

    python benchmarks/adapt.py --data ../shared/data/consep --model he --out runs/adapt \
        -- --spacing-um 0.25

Draws 1, 5 and 20 images, five times each, adapts the model to them by `nuclarium train --from`, and
scores it on images of other tiles, beside the model as it is shipped (0 images). CoNSeP (H&E of the
colon, another laboratory than any in the training) is used to measure only; the adapted models are
thrown away. A draw that is finished is kept, so a stopped benchmark goes on.

`--data` may also be a folder of `images` and `labels`, of which every second image is for testing.
What comes after `--` goes to `nuclarium segment`.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np

SHOWN = (
    "f1@0.50",
    "average_precision@0.50",
    "average_precision@0.50:0.95",
    "panoptic_quality",
)
NUCLARIUM = [sys.executable, "-m", "nuclarium"]
TEST_TILES = 9
TEST_PATCHES_A_TILE = 4


def prepare_consep(data: Path, folder: Path) -> tuple[list[str], list[str]]:
    """Write patches with their labels; names to draw from and names to test on, of other tiles."""
    by_tile = defaultdict(list)
    with (data / "patches.csv").open() as file:
        for row in csv.DictReader(file):
            if (data / "patches" / f"{row['patch']}.jpg").exists():
                by_tile[row["tile"]].append(row)
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    tiles = sorted(by_tile)
    np.random.default_rng(0).shuffle(tiles)
    test_tiles = set(tiles[:TEST_TILES])
    pool, test = [], []
    for tile, rows in sorted(by_tile.items()):
        labels = cv2.imread(str(data / "tile_labels" / f"{tile}.png"), cv2.IMREAD_UNCHANGED)
        for row in rows[:: len(rows) // TEST_PATCHES_A_TILE] if tile in test_tiles else rows:
            name, y0, x0 = row["patch"], int(row["y0"]), int(row["x0"])
            source = data / "patches" / f"{name}.jpg"
            shutil.copyfile(source, folder / "images" / source.name)
            crop = labels[y0 : y0 + 256, x0 : x0 + 256]
            cv2.imwrite(str(folder / "labels" / f"{name}.png"), crop)
            (test if tile in test_tiles else pool).append(name)
    return pool, test


def prepare_folder(data: Path, folder: Path) -> tuple[list[str], list[str]]:
    for part in ("images", "labels"):
        shutil.copytree(data / part, folder / part, dirs_exist_ok=True)
    names = sorted(path.stem for path in (folder / "images").iterdir())
    return names[::2], names[1::2]


def holds_nuclei(folder: Path, name: str) -> bool:
    path = next((folder / "labels").glob(f"{name}.*"))
    return bool(cv2.imread(str(path), cv2.IMREAD_UNCHANGED).any())


def some(folder: Path, names: list[str], target: Path) -> Path:
    """Copy of those images and labels of a folder."""
    for part in ("images", "labels"):
        (target / part).mkdir(parents=True, exist_ok=True)
        for path in (folder / part).iterdir():
            if path.stem in names:
                shutil.copyfile(path, target / part / path.name)
    return target


def scores(model: str, test: Path, results: Path, options: list[str]) -> dict[str, float]:
    images = [str(path) for path in sorted((test / "images").iterdir())]
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    command = [*NUCLARIUM, "segment", *images, "--out", str(results), "--model", model]
    subprocess.run([*command, "--overwrite", *options], **quiet)
    answer = subprocess.run(
        [*NUCLARIUM, "evaluate", str(results), str(test / "labels"), "--json"],
        check=True,
        capture_output=True,
        text=True,
    )
    shutil.rmtree(results)
    table = json.loads(answer.stdout)
    return {name: table[name]["value"] for name in SHOWN}


def adapted(model: str, train: Path, run: Path) -> float:
    """Adapt the model, leave it in ``run/model.onnx``, and return the seconds this took."""
    began = time.perf_counter()
    subprocess.run(
        [*NUCLARIUM, "train", "--from", model, str(train), "--out", str(run)],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    seconds = time.perf_counter() - began
    subprocess.run(
        [*NUCLARIUM, "export", str(run), "--out", str(run / "model.onnx")],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", default="he")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1, 5, 20])
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--at-once", type=int, default=1, help="draws at one time")
    parser.add_argument("options", nargs="*", help="of `nuclarium segment`")
    args = parser.parse_args()
    folder = args.out / "all"
    prepare = prepare_consep if (args.data / "patches.csv").exists() else prepare_folder
    pool, test_names = prepare(args.data, folder)
    test = some(folder, test_names, args.out / "test")
    cases = [(0, 0), *((size, draw) for size in args.sizes for draw in range(args.draws))]

    def score_case(case: tuple[int, int]) -> None:
        size, draw = case
        kept = args.out / f"scores-{size}-{draw}.json"
        if kept.exists():
            return
        model, seconds = args.model, 0.0
        run = args.out / f"run-{size}-{draw}"
        if size:
            rng = np.random.default_rng((size, draw))
            names = list(rng.choice(pool, size, replace=False))
            while not any(holds_nuclei(folder, name) for name in names):  # nobody annotates that
                names = list(rng.choice(pool, size, replace=False))
            train = some(folder, names, args.out / f"train-{size}-{draw}")
            seconds = adapted(args.model, train, run)
            model = str(run / "model.onnx")
        found = scores(model, test, args.out / f"results-{size}-{draw}", args.options)
        kept.write_text(json.dumps({**found, "seconds": seconds}))
        shutil.rmtree(run, ignore_errors=True)

    with ThreadPoolExecutor(args.at_once) as pool_of_cases:
        list(pool_of_cases.map(score_case, cases))
    print("| Images | F1 at 0.5 | AP at 0.5 | mean AP | PQ | Training |\n|---|---|---|---|---|---|")
    for size in (0, *args.sizes):
        files = sorted(args.out.glob(f"scores-{size}-*.json"))
        rows = [json.loads(path.read_text()) for path in files]
        cells = []
        for name in SHOWN:
            values = [row[name] for row in rows]
            spread = f" ({min(values):.3f} to {max(values):.3f})" if len(values) > 1 else ""
            cells.append(f"{statistics.mean(values):.3f}{spread}")
        seconds = statistics.median(row["seconds"] for row in rows)
        print(f"| {size} | {' | '.join(cells)} | {seconds:.0f} s |")


if __name__ == "__main__":
    main()
