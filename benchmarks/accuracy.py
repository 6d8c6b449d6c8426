"""Scores of a model on the validation images of DSB 2018, through the command line.

    python benchmarks/accuracy.py --data ../shared/data/dsb2018 [--model fluo] [--split val]

``val`` are the 54 images of fluorescence_val.txt, which no model is trained on; a text file of ids
may be given instead.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", default="fluo")
    parser.add_argument("--split", type=Path, help="text file of ids")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    names = (args.split or args.data / "fluorescence_val.txt").read_text().split()
    nuclarium = [sys.executable, "-m", "nuclarium"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "truth").mkdir()
        for image in names:
            shutil.copyfile(
                args.data / "labels" / f"{image}.png", folder / "truth" / f"{image}.png"
            )
        images = [str(args.data / "images" / f"{image}.png") for image in names]
        results = folder / "results"
        subprocess.run(
            [*nuclarium, "segment", *images, "--out", str(results), "--model", args.model],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        extra = ["--json"] if args.json else []
        subprocess.run(
            [*nuclarium, "evaluate", str(results), str(folder / "truth"), *extra], check=True
        )


if __name__ == "__main__":
    main()
