"""What is odd in the table of a NuCLS field without being wrong, as sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from nuclarium.core.classes import Hierarchy
from nuclarium.core.errors import SettingsError
from nuclarium.core.marks import Marks
from nuclarium.io.interchange.nucls_csv import BOX, COORDS, class_columns

DEGENERATE_PX = 64
"""Fields with a side below this hold hardly a nucleus; NuCLS's own are of 256 px and more."""

_SHOWN = 5


def table_remarks(table: pd.DataFrame, marks: Marks, hierarchy: Hierarchy) -> tuple[str, ...]:
    """Return what is odd in a table: each kind once, with the rows that it was seen in.

    Parameters
    ----------
    table : DataFrame
        As `read_nucls_csv` gives it.
    marks : Marks
        Of the same rows.
    hierarchy : Hierarchy
    """
    sizes = [table[high] - table[low] for low, high in (("xmin", "xmax"), ("ymin", "ymax"))]
    flat = (sizes[0] == 0) | (sizes[1] == 0)
    drawn = [kind == "outline" for kind in marks.kinds]
    lost = (table["type"] == "polyline").to_numpy() & ~np.array(drawn, bool)
    odd = {
        "points without extent": (table["type"] == "point").to_numpy(),
        "boxes that are one pixel wide or high": (flat & (table["type"] != "point")).to_numpy(),
        "outlines of fewer than 3 different vertices, taken as boxes": lost,
        "boxes that are not the extent of their coordinates": _off(table),
        **{
            f"a {column} that does not follow from the {table.columns[0]}": rows
            for column, rows in _unlike(table, hierarchy)
        },
        "exact repeats of an earlier row": table.duplicated().to_numpy(),
    }
    return tuple(listed(what, table.index[rows]) for what, rows in odd.items() if rows.any())


def size_remarks(shape: tuple[int, int], marks: Marks) -> tuple[str, ...]:
    """Return what is odd about marks in an image of a shape (height, width)."""
    remarks = []
    if min(shape) < DEGENERATE_PX:
        remarks.append(
            f"the field is degenerate: {shape[1]} × {shape[0]} px, where a side of "
            f"{DEGENERATE_PX} px or more was expected"
        )
    if not len(marks):
        remarks.append("no nucleus is marked")
    outside = (marks.boxes[:, :2] < 0).any(axis=1) | (marks.boxes[:, 2:] > shape).any(axis=1)
    if outside.any():
        rows = [marks.ids[i] for i in np.flatnonzero(outside)]
        remarks.append(listed("marks that reach beyond the image", rows))
    return tuple(remarks)


def listed(what: str, rows: Sequence[object] | pd.Index[int]) -> str:
    """Return "N of what: rows 1, 2, 3 and more"."""
    shown = ", ".join(map(str, list(rows)[:_SHOWN])) + (" and more" if len(rows) > _SHOWN else "")
    return f"{len(rows)} × {what}: {'row' if len(rows) == 1 else 'rows'} {shown}"


def _off(table: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    off = [
        bool(xs) and _extent(xs, ys) != tuple(box)
        for xs, ys, *box in zip(*(table[name] for name in (*COORDS, *BOX)), strict=True)
    ]
    return np.array(off, bool)


def _extent(xs: str, ys: str) -> tuple[int, int, int, int]:
    x, y = ([int(float(part)) for part in text.split(",")] for text in (xs, ys))
    return min(x), min(y), max(x), max(y)


def _unlike(
    table: pd.DataFrame, hierarchy: Hierarchy
) -> Iterator[tuple[str, np.ndarray[tuple[int], np.dtype[np.bool_]]]]:
    columns = class_columns(hierarchy)
    for column, level in zip(columns[1:], hierarchy.levels[1:], strict=True):
        try:
            expected = hierarchy.roll_up_many(tuple(table[columns[0]]), level.name)
        except SettingsError:
            continue
        yield column, (table[column] != np.array(expected, object)).to_numpy(bool)
