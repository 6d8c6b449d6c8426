r"""How long comparing a million nuclei takes: statistics, figures, tables.

    python benchmarks/compare_speed.py [--nuclei 1000000] [--colonies 200] [--features 20]

Label images are left out: finding the edge of a colony depends on the planes, not on the nuclei.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from nuclarium.analysis.comparison import compare_conditions
from nuclarium.analysis.design import design
from nuclarium.io.write import write_json, write_table
from nuclarium.workspace.compare import CompareSettings, compare_results


def clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def taken(began: tuple[float, float]) -> str:
    wall, busy = (now - then for now, then in zip(clocks(), began, strict=True))
    return f"{wall:.1f} s, {busy:.1f} s of a processor"


def main(nuclei: int, colonies: int, features: int) -> None:
    rng = np.random.default_rng(0)
    owner = np.sort(rng.integers(0, colonies, nuclei))
    condition = [("250Pa", "950Pa", "1200Pa", "1800Pa")[i % 4] for i in range(colonies)]
    names = [f"colony{i:03d}" for i in range(colonies)]
    values = {
        f"feature_{i}": rng.normal(10, 1, nuclei) + 0.3 * rng.normal(size=colonies)[owner]
        for i in range(features)
    }
    began = clocks()
    compare_conditions(design(condition, names, owner), values, rng=rng)
    print("statistics alone:", taken(began))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = pd.DataFrame(
            {"image": np.array(names)[owner], "label": np.arange(nuclei), **values}
        )
        for column in ("centroid_y_px", "centroid_x_px"):
            table[column] = 0.0
        write_table(folder / "nuclei.parquet", table)
        images = [
            {
                "name": name,
                "file": f"{name}.tif",
                "path": f"{name}.tif",
                "sha256": "",
                "image": {"spacing_um": None},
                "channel": {"name": "DAPI", "is_colour": False},
                "n_nuclei": 0,
                "outputs": ["labels/none.tif"],
            }
            for name in names
        ]
        run = {"settings": {}, "environment": {"nuclarium": ""}, "models": [], "failures": []}
        write_json(folder / "run.json", run | {"images": images})
        rows = {"image": names, "condition": condition, "group": names}
        write_table(folder / "sheet.csv", pd.DataFrame(rows))
        settings = CompareSettings(features=tuple(values))
        began = clocks()
        found = compare_results(folder, settings, sheet=folder / "sheet.csv")
        print("from files to files:", taken(began))
        for path in (found.page, found.folder / "nuclei.csv"):
            print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--nuclei", type=int, default=1_000_000)
    parser.add_argument("--colonies", type=int, default=200)
    parser.add_argument("--features", type=int, default=20)
    main(**vars(parser.parse_args()))
