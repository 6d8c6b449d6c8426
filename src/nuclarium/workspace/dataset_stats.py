"""Numbers of a dataset by condition, as a table and as a figure."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nuclarium.core.errors import OutputError
from nuclarium.dataset.mark_stats import count_items, marks_table
from nuclarium.dataset.read import read_dataset
from nuclarium.dataset.stats import ALL, gather, table_of
from nuclarium.io.write import write_table
from nuclarium.report.dataset_figure import FigureRow, dataset_figure
from nuclarium.report.figures import write_png
from nuclarium.workspace.dataset import Advance, uncounted
from nuclarium.workspace.dataset_marks import format_marks, marks_figure

_PLUS_MINUS = "±"


def dataset_stats(
    dataset: Path,
    *,
    by: str = "condition",
    out: Path | None = None,
    figure: Path | None = None,
    advance: Advance = uncounted,
) -> pd.DataFrame:
    """Count images and nuclei by condition, with means and spreads; see `dataset.stats`.

    A dataset with boxes or classes has the columns of `mark_stats.marks_table` as well.

    Parameters
    ----------
    dataset : Path
    by : str
        Column that the rows are of, such as ``condition``, ``split`` or ``group``.
    out : Path, optional
        Table to write, ``.csv`` or ``.parquet``.
    figure : Path, optional
        PNG to write.
    advance : callable
        Called with 1 for every image that was counted.
    """
    if figure is not None and figure.suffix.lower() != ".png":
        raise OutputError(f"The figure must be a .png, but got {figure.name}. Change the ending.")
    opened = read_dataset(dataset)
    rows = gather(opened, by=by, advance=advance)
    table = table_of(rows, by=by)
    if opened.has_marks:
        names = [row.name for row in rows]
        columns = marks_table(opened, count_items(opened), names, by=by)
        table = pd.concat([table, columns], axis=1)
    if out is not None:
        write_table(out, table)
    if figure is not None:
        single = [row for row in rows if row.name != ALL or len(rows) == 1]
        unit = " and ".join(dict.fromkeys(row.unit for row in single))
        drawn = [FigureRow(row.name, row.n_images, row.counts, row.areas) for row in single]
        picture = dataset_figure(drawn, title=opened.title, area_unit=unit)
        if opened.has_marks:
            below = marks_figure(opened, table, width=picture.shape[1])
            picture = np.concatenate([picture, below])
        write_png(figure, picture)
    return table


def format_stats(table: pd.DataFrame) -> str:
    """Write the table as a person reads it: means ± standard deviation, median and quartiles.

    Where there are marks, their kinds, classes and places follow, with a column for each row.
    """
    marks = f"\n\n{format_marks(table)}" if "outlines" in table else ""
    return _format_sizes(table) + marks


def _format_sizes(table: pd.DataFrame) -> str:
    by = str(table.columns[0])
    header = [by, "images", "nuclei", "nuclei an image", "median (quartiles)"]
    header += ["area of a nucleus", "median (quartiles)"]
    lines = [header]
    for row in table.to_dict("records"):
        unit = row["area_unit"]
        lines.append(
            [
                str(row[by]),
                f"{row['images']:,}",
                f"{row['nuclei']:,}",
                _mean(row, "nuclei_per_image", ".2f"),
                _median(row, "nuclei_per_image", ".4g"),
                f"{_mean(row, 'area', ',.1f')} {unit}",
                f"{_median(row, 'area', ',.1f')} {unit}",
            ]
        )
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )


def _mean(row: Mapping[Hashable, Any], name: str, style: str) -> str:
    mean, sd = row[f"{name}_mean"], row[f"{name}_sd"]
    if mean != mean:
        return "–"
    spread = "–" if sd != sd else format(sd, style)
    return f"{format(mean, style)} {_PLUS_MINUS} {spread}"


def _median(row: Mapping[Hashable, Any], name: str, style: str) -> str:
    middle, low, high = (row[f"{name}_{part}"] for part in ("median", "q1", "q3"))
    if middle != middle:
        return "–"
    return f"{format(middle, style)} ({format(low, style)}–{format(high, style)})"
