r"""Paths of some images of one kind that a run was trained on, evenly over all of them.

python benchmarks/training_images.py RUN/run.json ../shared/data/dsb2018 fluorescence 60
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path


def main() -> None:
    run, data = map(Path, sys.argv[1:3])
    modality, wanted = sys.argv[3], int(sys.argv[4])
    with (data / "index.csv").open() as file:
        kinds = {row["id"]: row["modality"] for row in csv.DictReader(file)}
    names = [n for n in json.loads(run.read_text())["train_names"] if kinds[n] == modality]
    for name in names[:: max(1, len(names) // wanted)][:wanted]:
        print(data / "images" / f"{name}.png")


if __name__ == "__main__":
    main()
