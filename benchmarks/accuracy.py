r"""Scores of a model on images with truth, through the command line.

    python benchmarks/accuracy.py --data ../shared/data/dsb2018 [--model fluo] [--split IDS]
    python benchmarks/accuracy.py --data ../shared/data/monuseg --model he \
        -- --spacing-um 0.2527

The folder holds `images` and `labels` of the same names. Scored are the images of `--split`, a text
file of ids; without it those of fluorescence_val.txt, if the folder has that, which no model is
trained on, else all. What comes after `--` goes to `nuclarium segment`.
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
    parser.add_argument("options", nargs="*", help="of `nuclarium segment`")
    args = parser.parse_args()
    files = {path.stem: path for path in (args.data / "images").iterdir()}
    split = args.split or args.data / "fluorescence_val.txt"
    names = split.read_text().split() if args.split or split.exists() else sorted(files)
    nuclarium = [sys.executable, "-m", "nuclarium"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "truth").mkdir()
        for image in names:
            shutil.copyfile(
                args.data / "labels" / f"{image}.png", folder / "truth" / f"{image}.png"
            )
        images = [str(files[image]) for image in names]
        results = folder / "results"
        model = ["--model", args.model]
        subprocess.run(
            [*nuclarium, "segment", *images, "--out", str(results), *model, *args.options],
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
