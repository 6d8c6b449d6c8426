"""The file of all field locations: the rectangle that was to be annotated in each image."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from nuclarium.core.errors import SettingsError
from nuclarium.core.geometry import Box
from nuclarium.io.interchange.nucls_csv import BOX, read_cells, whole
from nuclarium.io.rows import by_row, refuse_mistakes
from nuclarium.io.write import write_text

LOCATIONS = "ALL_FOV_LOCATIONS.csv"
"""Its name in the released folders, where it lies in ``csv``."""


def read_locations(path: Path) -> dict[str, Box]:
    """Return the field of view of each image, by the name of the field.

    Images are larger than their field of view, since nuclei on its border are kept whole. The
    corners are positions between pixels: of fields that are 256 px wide in NuCLS's tables,
    ``xmax - xmin`` is 256, so ``xmax`` is the half-open end.

    Raises
    ------
    InputNotFoundError, SettingsError
        If there is no such file, or columns or rows are wrong.
    """
    header, rows = read_cells(path)
    missing = missing_columns(path)
    if missing:
        raise SettingsError(
            f"{path.name} must have the columns fovname, {', '.join(BOX)}, but has no "
            f"{', '.join(missing)}."
        )
    found: dict[str, Box] = {}
    mistakes: list[tuple[int, str]] = []
    for number, cells in rows:
        row = dict(zip(header, [*cells, *[""] * len(header)], strict=False))
        wrong: list[str] = []
        values = [whole(row[name], name, wrong) for name in BOX]
        xmin, ymin, xmax, ymax = values
        box = Box(ymin, xmin, ymax, xmax)
        name = row["fovname"].strip()
        if 0 in box.shape:
            wrong.append(f"must have xmin < xmax and ymin < ymax, but has {values}")
        if not name or found.setdefault(name, box) != box:
            wrong.append(f"must name a field that has one place, but has '{name}'")
        mistakes += [(number, text) for text in wrong]
    refuse_mistakes(by_row(mistakes), path.name)
    return found


def missing_columns(path: Path) -> list[str]:
    """Return which columns a file of locations lacks; none where it can be read."""
    header, _ = read_cells(path)
    return [name for name in ("fovname", *BOX) if name not in header]


def write_locations(path: Path, fields: dict[str, Box]) -> None:
    """Write the field of view of each image, by the name of the field, in NuCLS's form."""
    rows = [(name, box.x0, box.y0, box.x1, box.y1) for name, box in fields.items()]
    table = pd.DataFrame(rows, columns=["fovname", *BOX])
    write_text(path, table.to_csv(lineterminator="\n", index_label=""))
