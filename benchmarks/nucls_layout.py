r"""Whether every real box of NuCLS survives the released layout, and how long that takes.

    python benchmarks/nucls_layout.py --data ../shared/data/nucls_core_tables --out runs/nucls

Writes the fields of the project's own table, each once, as a released folder (plain pictures, since
the real ones are not there), reads the folder again and compares marks, masks and fields of view.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from nuclarium.core.geometry import Box
from nuclarium.core.marks import Marks
from nuclarium.io.interchange.nucls_folder import find_nucls_fields
from nuclarium.io.interchange.nucls_paint import paint_marks
from nuclarium.io.interchange.nucls_tables import NuclsTables, read_core_tables
from nuclarium.io.interchange.nucls_write import FieldToWrite, write_nucls_folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    start = time.perf_counter()
    tables = read_core_tables(args.data)
    print(
        f"read tables: {len(tables.fields):,} fields, {len(tables.elements):,} elements, ", end=""
    )
    print(f"{time.perf_counter() - start:.2f} s")
    print(*tables.remarks, sep="\n")
    once = tables.once()
    written = {name.text: marks for name, marks in once.iter_marks()}
    start = time.perf_counter()
    count = write_nucls_folder(args.out, fields(once, written))
    print(f"wrote {count:,} fields: {time.perf_counter() - start:.1f} s")
    start = time.perf_counter()
    seen = compare(args.out, written)
    print(f"read and checked: {time.perf_counter() - start:.1f} s")
    print(*(f"{number:,} {what}" for what, number in seen.items()), sep="\n")


def fields(tables: NuclsTables, marks: dict[str, Marks]) -> Iterator[FieldToWrite]:
    for row in tables.fields.to_dict("records"):
        fov = Box(row["ymin"], row["xmin"], row["ymax"], row["xmax"])
        found = marks[row["fovname"]]
        height, width = np.maximum(found.boxes[:, 2:].max(axis=0), (fov.y1, fov.x1)).astype(int)
        image = np.full((height, width, 3), 230, np.uint8)
        yield FieldToWrite(row["fovname"], image, found, fov)


def compare(folder: Path, written: dict[str, Marks]) -> Counter[str]:
    seen: Counter[str] = Counter()
    for field in find_nucls_fields(folder):
        content, marks = field.read(), written[field.name.text]
        same = np.array_equal(content.marks.boxes, marks.boxes)
        same &= (content.marks.kinds, content.marks.labels) == (marks.kinds, marks.labels)
        drawn = paint_marks(marks, content.labels.shape)
        seen["nuclei"] += len(content.marks)
        seen["fields whose boxes, kinds and classes are the same"] += same
        seen["fields whose masks are the same"] += np.array_equal(content.labels, drawn)
        seen["nuclei hidden under others"] += len(marks) - len(np.unique(drawn[drawn > 0]))
        seen.update(
            f"fields with {remark.split(' × ')[-1].split(':')[0]}" for remark in content.remarks
        )
    return seen


if __name__ == "__main__":
    main()
