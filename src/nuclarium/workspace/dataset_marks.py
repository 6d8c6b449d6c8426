"""The numbers of marks of a dataset as text and as a picture."""

from __future__ import annotations

import pandas as pd

from nuclarium.dataset.manifest import Dataset
from nuclarium.report.class_bars import ClassBar, class_figure
from nuclarium.report.figures import Rgb

_PLACES = ("hospitals", "patients", "slides")
_KINDS = ("outlines", "boxes", "points", "corrections")
_GREY, _BAR = (91, 102, 112), (127, 181, 181)


def format_marks(table: pd.DataFrame) -> str:
    """Write the columns of marks as a person reads them: a line a number, a column a row."""
    by = str(table.columns[0])
    lines = [["", *table[by].astype(str)]]

    def add(name: str, column: str, indent: str = "") -> None:
        lines.append([indent + name, *(f"{value:,}" for value in table[column])])

    add("fields", "images")
    for column in _PLACES:
        add(column, column)
    add("marks", "nuclei")
    for column in _KINDS:
        add(column, column, "  ")
    for level, columns in levels_of(table).items():
        lines.append([f"{level} classes", *[""] * len(table)])
        for column in columns:
            add(column.partition(":")[2], column, "  ")
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def levels_of(table: pd.DataFrame) -> dict[str, list[str]]:
    """Return the columns of classes by the level that they are of."""
    found: dict[str, list[str]] = {}
    for column in map(str, table.columns):
        level, colon, _ = column.partition(":")
        if colon:
            found.setdefault(level, []).append(column)
    return found


def marks_figure(dataset: Dataset, table: pd.DataFrame, *, width: int) -> Rgb:
    """Draw kinds and classes of all marks, a panel a level, in the colours of the hierarchy.

    Parameters
    ----------
    dataset : Dataset
    table : pandas.DataFrame
        As `dataset_stats` gives it; its last row is of all items.
    width : int
        Pixels of the picture.
    """
    last, hierarchy = table.iloc[-1], dataset.hierarchy
    panels = {}
    for level, columns in levels_of(table).items():
        colours = {} if hierarchy is None else hierarchy.level(level).colours
        names = [column.partition(":")[2] for column in columns]
        panels[f"Nuclei by class ({level})"] = [
            ClassBar(name, int(last[column]), colours.get(name, _GREY))
            for name, column in zip(names, columns, strict=True)
        ]
    panels["Nuclei by what marks them"] = [
        ClassBar(name, int(last[name]), _BAR) for name in ("outlines", "boxes", "points")
    ]
    return class_figure(panels, width=width)
